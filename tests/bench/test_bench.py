"""The harness runs from end to end at a small size. How fast it is, is never tested."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_bench_measures_every_line(tmp_path: Path) -> None:
    """A small run ends well, prints a table and writes ratios and facts, without the machine's name."""
    command = [sys.executable, "-m", "bench", "--people", "100", "--repeats", "1", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "people-100.json").read_text(encoding="utf-8"))
    assert [line["name"] for line in written["lines"]] == [
        "orgsync --help",
        "offline check, imports not counted",
        "offline check, whole command",
        "first load",
        "first load",
        "same file again",
        "same file, after one edit by hand",
        "next-day file, 1 % changed",
        "rate of an upload",
        "answer to 50 clients while a load runs, p99",
        "changes file of 5 rows",
        "rate of the first load",
        *["first load of 50"] * 3,
    ]
    assert all(line["ratio"] > 0 for line in written["lines"])
    assert written["facts"].keys() == {
        *("cpus", "memory_bytes", "system", "architecture", "load_before", "versions", "commit")
    }
    assert all(line["name"] in done.stdout for line in written["lines"])
