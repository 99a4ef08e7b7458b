"""The table on standard output and the JSON beside it."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.facts import Facts
from bench.lines import Line


def show_table(lines: Sequence[Line], facts: Facts, *, people: int) -> None:
    """Print one row a line: seconds, what it stands beside, its seconds, the ratio."""
    table = Table(title=f"{people:,} people")
    table.add_column("what")
    table.add_column("seconds", justify="right")
    table.add_column("beside")
    table.add_column("seconds", justify="right")
    table.add_column("ratio", justify="right")
    table.add_column("peak", justify="right")
    for line in lines:
        table.add_row(
            line.name,
            f"{line.seconds:.3f}",
            line.floor,
            f"{line.floor_seconds:.3f}",
            f"{line.ratio:.1f} ×{' as fast' if line.is_speed else ''}",
            _peak(line),
        )
    console = Console(width=140)
    console.print(table)
    console.print(_facts_line(facts))


def _peak(line: Line) -> str:
    return f"{line.peak_bytes / 1e9:.2f} GB" if line.peak_bytes else ""


def write_json(folder: Path, lines: Sequence[Line], facts: Facts, *, people: int) -> Path:
    """Write lines and facts to `people-<N>.json` in the folder, replacing an older one; return the path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"people-{people}.json"
    shown = [
        {**asdict(line), "seconds": round(line.seconds, 4), "floor_seconds": round(line.floor_seconds, 4)}
        | {"ratio": round(line.ratio, 2)}
        for line in lines
    ]
    path.write_text(json.dumps({"people": people, "facts": facts, "lines": shown}, indent=2) + "\n", encoding="utf-8")
    return path


def _facts_line(facts: Facts) -> str:
    gib = facts["memory_bytes"] / 2**30
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    machine = f"{facts['cpus']} CPUs, {gib:.0f} GiB, {facts['system']} {facts['architecture']}"
    return f"{machine}, load before {facts['load_before']}; {versions}"
