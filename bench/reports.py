"""`python -m bench.reports`: how fast reports are beside the bare SQL, over people and activity made by COPY.

The activity is a year's: on some days a person does a few things. It goes straight into the tables, without the indexes
of the activity, which no report reads; that the day sums are what the activity adds up to is for the tests to say.
"""

import json
import os
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from bench import timing
from bench.facts import machine_facts
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
    SELECT %(organization)s, n, 1 + (n * k) %% 200, 1, now() - interval '399 days'
      FROM generate_series(1, %(people)s) AS n, generate_series(1, 2) AS k
        ON CONFLICT DO NOTHING
"""
_ACTIVITY: Final = """
    INSERT INTO learning_activity
           (organization_id, id, learner_id, content_id, verb, at, day, seconds, source, stored_at)
    SELECT %(organization)s, lpad(to_hex(n), 32, '0')::uuid, learner_id, 1 + (n * 13) %% 500,
           (ARRAY['viewed', 'viewed', 'progressed', 'completed'])[1 + n %% 4], at, at::date, 600, 'xapi', at
      FROM (SELECT n, 1 + n / %(deeds)s AS learner_id,
                   now() - interval '1 day' * (((n / %(deeds)s) * 37 + (n %% %(deeds)s) * 2 / 5 * 61) %% 365) AS at
              FROM generate_series(0, %(people)s * %(deeds)s - 1) AS n) AS deed
"""
_SUMS: Final = """
    INSERT INTO learning_daysum (organization_id, day, learner_id, views, seconds, starts, completions, likes, shares)
    SELECT organization_id, day, learner_id, count(*) FILTER (WHERE verb = 'viewed'), sum(seconds), 0,
           count(*) FILTER (WHERE verb = 'completed'), 0, 0
      FROM learning_activity GROUP BY organization_id, day, learner_id ORDER BY organization_id, day, learner_id
"""
_BARE: Final = """
    SELECT department_name, sum(seconds)
      FROM learning_daysum JOIN directory_learner AS learner
        ON learner.organization_id = learning_daysum.organization_id AND learner.id = learner_id
     WHERE learning_daysum.organization_id = %(organization)s AND is_active AND day > current_date - %(days)s::int
     GROUP BY department_name
"""


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
    for line in lines:
        click.echo(f"{line['name']:<58}{line['seconds']:>8.3f} s{line['ratio']:>8.2f} × the bare SQL")
    results.mkdir(exist_ok=True)
    written = results / f"reports-{people}.json"
    written.write_text(json.dumps({"people": people, "facts": facts, "lines": lines}, indent=1) + "\n")
    click.echo(f"Wrote {written}", err=True)


def _measure(people: int, deeds: int, repeats: int, *, plans: bool) -> list[dict[str, Any]]:
    import django  # noqa: PLC0415  after the database's address is known

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgsync.server.settings")
    django.setup()
    from bench.reports_world import asked_lines, fill  # noqa: PLC0415

    organization = fill((_PEOPLE, _CHANGES, _MEMBERSHIPS, _ACTIVITY, _SUMS), people=people, deeds=deeds)
    lines = []
    for name, days, ask in asked_lines(organization, _BARE, plans=plans):
        bare, whole = ask
        floor, seconds = _median(bare, repeats), _median(whole, repeats)
        lines.append({"name": f"{name}, {days} days", "seconds": seconds, "ratio": seconds / floor})
        click.echo(f"measured: {name}", err=True)
    return lines


def _median(do: Callable[[], object], repeats: int) -> float:
    do()
    return statistics.median(timing.seconds(do) for _ in range(repeats))


if __name__ == "__main__":
    bench()
