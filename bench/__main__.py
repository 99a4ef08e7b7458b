"""`python -m bench`: measure, print a table, write `bench/results/people-<N>.json`."""

import tempfile
from pathlib import Path

import click

from bench.facts import machine_facts
from bench.lines import Line, measure_all
from bench.report import show_table, write_json

RESULTS = Path(__file__).with_name("results")


@click.command()
@click.option("--people", type=click.IntRange(min=50), default=10_000, show_default=True, help="People on day 1.")
@click.option("--repeats", type=click.IntRange(1, 20), default=5, show_default=True, help="Runs of the short lines.")
@click.option(
    "--results",
    type=click.Path(file_okay=False, path_type=Path),
    default=RESULTS,
    help="Folder for the JSON; bench/results by default.",
)
def bench(*, people: int, repeats: int, results: Path) -> None:
    """Measure a first load, the same file again, a next day, an offline check and the start-up."""
    facts = machine_facts()
    lines: list[Line] = []
    with tempfile.TemporaryDirectory(prefix="orgsync-bench-", ignore_cleanup_errors=True) as folder:
        for line in measure_all(Path(folder), people=people, repeats=repeats):
            click.echo(f"measured: {line.name}", err=True)
            lines.append(line)
    show_table(lines, facts, people=people)
    click.echo(f"Wrote {write_json(results, lines, facts, people=people)}", err=True)


if __name__ == "__main__":
    bench()
