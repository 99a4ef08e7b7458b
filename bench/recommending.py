"""`python -m bench.recommending`: how good recommendations are on a company with planted preferences, and how fast.

Everybody completes some content: partly what is popular everywhere, partly what their department, their title or their
team prefers. Two deeds of each person are held out. Who recommends well names these among five. Beside it stand what is
most popular and what is drawn at random, given the same chance: never what the person has already.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import click
import django

from bench.facts import machine_facts
from orgsync.server.embedded import embedded_database

RESULTS: Final = Path(__file__).with_name("results")


def show(found: dict[str, Any]) -> None:
    """Print the figures."""
    company = found["company"]
    click.echo(
        f"{company['people']:,} people, {company['contents']:,} contents, {found['progress_rows']:,} completions"
    )
    click.echo(f"scored in {found['score_seconds']} s into {found['affinities']:,} rows")
    click.echo(f"{found['milliseconds_a_person']} ms to choose for one person, popularity and chance included")
    click.echo(f"{'':12} precision@5  recall@5  NDCG@5")
    for name, one in found["quality"].items():
        click.echo(f"{name:12} {one['precision']:11.3f} {one['recall']:9.3f} {one['ndcg']:7.3f}")


@click.command()
@click.option("--people", type=click.IntRange(200), default=10_000, show_default=True)
@click.option("--contents", type=click.IntRange(50), default=500, show_default=True)
@click.option("--deeds", type=click.IntRange(4, 100), default=10, show_default=True, help="A person.")
@click.option("--sample", type=click.IntRange(10), default=1_000, show_default=True, help="People judged.")
@click.option("--results", type=click.Path(file_okay=False, path_type=Path), default=RESULTS)
def recommending(*, people: int, contents: int, deeds: int, sample: int, results: Path) -> None:
    """Measure recommendations on a database of their own."""
    asked = (people, contents, deeds, min(sample, people))
    facts = machine_facts()
    with tempfile.TemporaryDirectory(prefix="orgsync-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        with embedded_database(Path(folder)) as url:
            os.environ |= {
                "ORGSYNC_DATABASE_URL": url,
                "ORGSYNC_DATA_DIR": folder,
                "DJANGO_SETTINGS_MODULE": "orgsync.server.settings",
            }
            found = _measure_alone(asked)
    show(found)
    results.mkdir(parents=True, exist_ok=True)
    path = results / f"recommending-{people}.json"
    path.write_text(json.dumps(found | {"facts": facts}, indent=2) + "\n", encoding="utf-8")
    click.echo(f"Wrote {path}", err=True)


def _measure_alone(asked: tuple[int, int, int, int]) -> dict[str, Any]:
    django.setup()
    # Models can be imported only now.
    from django.core.management import call_command  # noqa: PLC0415

    from bench.planted import Company, measure  # noqa: PLC0415
    from orgsync.server.orgs.models import Organization  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    return measure(Organization.objects.create(name="Bench"), Company(*asked))


if __name__ == "__main__":
    sys.exit(recommending())
