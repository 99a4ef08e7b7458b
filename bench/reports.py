"""`python -m bench.reports`: how fast reports are beside the bare SQL, over people and activity made by COPY.

The activity is a year's: on some days a person does a few things, no two of these days in one month, so that sums of
months are as many as those of days: the worst case for them. No report reads the activity itself, so only its sums are
made; that they are what the activity adds up to is for the tests to say. Beside the seconds stand those of the
processor, of all the processes that answer together: on a busy machine they are what can be compared.
"""

import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

import click

from bench.facts import machine_facts
from bench.spent import Spent, spent_by
from orgsync.server.embedded import embedded_database

RESULTS: Final = Path(__file__).with_name("results")
_PEOPLE: Final = """
    INSERT INTO directory_learner (organization_id, id, primary_email_address, email_key, unique_user_id, is_active,
                                   is_protected, department_name, work_title, country_code, custom, created_at)
    SELECT %(organization)s, n, 'p' || n || '@example.com', 'p' || n || '@example.com', 'E' || n, n %% 50 <> 0, false,
           'Department ' || n %% 40, 'Title ' || n %% 900, (ARRAY['PT', 'DE', 'US', 'IN'])[1 + n %% 4],
           jsonb_build_object('attribute_office', 'Office ' || n %% 120), now() - interval '400 days'
      FROM generate_series(1, %(people)s) AS n
"""
_CHANGES: Final = """
    INSERT INTO directory_learnerchange (organization_id, learner_id, at, attribute, before, after)
    SELECT %(organization)s, n, now() - interval '1 day' * (n %% 300), 'department_name',
           'Department ' || (n + 1) %% 40, 'Department ' || n %% 40
      FROM generate_series(1, %(people)s, 5) AS n
"""
_MEMBERSHIPS: Final = """
    INSERT INTO directory_membership (organization_id, learner_id, group_id, reasons, since)
    SELECT %(organization)s, n, group_id, 1, now() - interval '399 days'
      FROM generate_series(1, %(people)s) AS n,
           LATERAL (VALUES (1 + n %% 200), (1 + (n + 1 + n / 200 %% 199) %% 200)) AS its (group_id)
     ORDER BY n, group_id
"""
_SUMS: Final = """
    INSERT INTO learning_daysum (organization_id, day, learner_id, views, seconds, starts, completions, likes, shares)
    SELECT %(organization)s, day, learner_id, count(*) FILTER (WHERE n %% 4 < 2), 600 * count(*), 0,
           count(*) FILTER (WHERE n %% 4 = 3), 0, 0
      FROM (SELECT n, 1 + n / %(deeds)s AS learner_id,
                   current_date - (((n / %(deeds)s) * 37 + (n %% %(deeds)s) * 2 / 5 * 61) %% 365) AS day
              FROM generate_series(0, %(people)s * %(deeds)s - 1) AS n) AS deed
     GROUP BY day, learner_id ORDER BY day, learner_id
"""
_MONTHS: Final = """
    INSERT INTO learning_monthsum
           (organization_id, month, learner_id, views, seconds, starts, completions, likes, shares)
    SELECT organization_id, date_trunc('month', day::timestamp)::date AS month, learner_id, sum(views), sum(seconds),
           sum(starts), sum(completions), sum(likes), sum(shares)
      FROM learning_daysum GROUP BY organization_id, month, learner_id ORDER BY organization_id, month, learner_id
"""
FILL: Final = (_PEOPLE, _CHANGES, _MEMBERSHIPS, _SUMS, _MONTHS)


@click.command()
@click.option("--people", type=click.IntRange(min=10), default=100_000, show_default=True)
@click.option("--deeds", type=click.IntRange(5, 100), default=10, show_default=True, help="Activity rows a person.")
@click.option("--repeats", type=click.IntRange(1, 20), default=5, show_default=True)
@click.option("--plans", is_flag=True, help="Show how the database does it.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=RESULTS)
def bench(*, people: int, deeds: int, repeats: int, plans: bool, results: Path) -> None:
    """Measure slices of hours, completions and people, of today and as of a past day."""
    facts = machine_facts()
    with tempfile.TemporaryDirectory(prefix="orgsync-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        with embedded_database(Path(folder)) as url:
            os.environ |= {"ORGSYNC_DATABASE_URL": url, "ORGSYNC_DATA_DIR": folder}
            lines = _measure(people, deeds, repeats, plans=plans)
    click.echo(f"{'':<58}{'p50':>8}{'p95':>8}{'CPU':>8}  × the bare SQL")
    for line in lines:
        shown = f"{line['p50']:>8.3f}{line['p95']:>8.3f}{line['cpu']:>8.3f}{line['ratio']:>8.2f}"
        click.echo(f"{line['name']:<58}{shown}{line['cpu_ratio']:>8.2f} of CPU")
    results.mkdir(exist_ok=True)
    written = results / f"reports-{people}.json"
    written.write_text(json.dumps({"people": people, "facts": facts, "lines": lines}, indent=1) + "\n")
    click.echo(f"Wrote {written}", err=True)


def _measure(people: int, deeds: int, repeats: int, *, plans: bool) -> list[dict[str, Any]]:
    import django  # noqa: PLC0415  after the database's address is known

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgsync.server.settings")
    django.setup()
    from bench.reports_world import asked_lines, backend_id, fill  # noqa: PLC0415

    organization, backend = fill(FILL, people=people, deeds=deeds), backend_id()
    lines = []
    for name, bare, whole in asked_lines(organization, plans=plans):
        # In turn, so that both meet the same machine.
        bare(), whole()
        pairs = [(spent_by(bare, backend), spent_by(whole, backend)) for _ in range(repeats)]
        floors, reports = ([pair[side] for pair in pairs] for side in (0, 1))
        lines.append({"name": name, **figures(floors, reports)})
        click.echo(f"measured: {name}", err=True)
    return lines


def figures(floors: list[Spent], reports: list[Spent]) -> dict[str, float]:
    """Return seconds and ratios of a report that was asked several times beside its bare SQL."""
    seconds = sorted(one.seconds for one in reports)
    p50, cpu = statistics.median(seconds), statistics.median(one.cpu for one in reports)
    return {
        "p50": p50,
        "p95": seconds[min(len(seconds) - 1, round(0.95 * len(seconds)))],
        "cpu": cpu,
        "ratio": p50 / statistics.median(one.seconds for one in floors),
        "cpu_ratio": cpu / max(0.01, statistics.median(one.cpu for one in floors)),
    }


if __name__ == "__main__":
    bench()
