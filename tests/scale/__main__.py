"""Prove what `docs/design/scale.md` says: `python -m tests.scale hosts|organizations|pooler|standby|upgrade|cells`."""

import argparse
import shutil
import sys
import time
from collections.abc import Callable
from typing import Final

from tests.scale import cells, hosts, hoststorm, organizations, pooler, standby, upgrading

STORM: Final = 60
"""Disturbances after which everything is compared."""
BEFORE_LAST_MIGRATIONS: Final = "956dbce"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.scale", description=__doc__)
    parser.add_argument("what", choices=RUNS)
    parser.add_argument("--disturbances", type=int, default=200, help="hosts, pooler")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--minutes", type=float, default=60.0, help="hosts, pooler: at most so long")
    parser.add_argument("--polling", action="store_true", help="pooler: workers know no other address")
    parser.add_argument("--organizations", type=int, default=200)
    parser.add_argument("--asynchronous", action="store_true", help="standby: commits wait for nobody")
    parser.add_argument("--from", dest="commit", default=BEFORE_LAST_MIGRATIONS, help="upgrade: the commit that is old")
    options = parser.parse_args()
    if why := _why_not(options.what):
        print(f"Skipped: {options.what}. {why}")
        return 0
    return RUNS[options.what](options)


def _why_not(what: str) -> str:
    """Return why this machine cannot show it; empty when it can."""
    if not (shutil.which("psql") and list(organizations.Path("/usr/lib/postgresql").glob("*/bin/postgres"))):
        return "PostgreSQL is not installed as a system package."
    if what == "pooler" and pooler.PROGRAM is None:
        return pooler.MISSING
    return hosts.why_not() if what in {"hosts", "pooler", "standby"} else ""


def _storms(options: argparse.Namespace, queue_goes: str = "") -> int:
    deadline = time.monotonic() + options.minutes * 60
    done, wrong, seed = 0, 0, options.seed
    while done < options.disturbances and time.monotonic() < deadline:
        left, count = deadline - time.monotonic(), min(STORM, options.disturbances - done)
        report = hoststorm.storm(disturbances=count, seed=seed, seconds=left, queue_goes=queue_goes)
        done += sum(report.kills.values())
        wrong += len(report.wrongs)
        _tell(seed, report)
        seed += 1
    print(f"{done} disturbances, {wrong} things wrong")
    return 1 if wrong else 0


def _tell(seed: int, report: hoststorm.Report) -> None:
    print(f"seed {seed}: {report.seconds:.0f} s, {report.kills}, in phases {report.phases},")
    print(f"  {report.inside} inside transactions; jobs {report.endings}; mails {report.mails} (+{report.doubles});")
    print(f"  answers that were no acceptance {report.refused}")
    for line in report.wrongs:
        print(f"  WRONG {line}")
    sys.stdout.flush()


def _pooler(options: argparse.Namespace) -> int:
    return _storms(options, "pooler" if options.polling else "direct")


def _organizations(options: argparse.Namespace) -> int:
    organizations.measure(options.organizations)
    return 0


def _standby(options: argparse.Namespace) -> int:
    report, missing = standby.fail_over(is_synchronous=not options.asynchronous, seed=options.seed)
    _tell(options.seed, report)
    # Without waiting for the stand-by, losing something is what was to be shown.
    return 0 if options.asynchronous else int(bool(report.wrongs or missing))


def _upgrade(options: argparse.Namespace) -> int:
    report, errors = upgrading.upgrade(options.commit, seed=options.seed)
    _tell(options.seed, report)
    return int(bool(report.wrongs or errors))


def _cells(options: argparse.Namespace) -> int:
    wrongs = cells.try_cells(seed=options.seed)
    print("\n".join(wrongs) or "nothing wrong")
    return int(bool(wrongs))


RUNS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "hosts": _storms,
    "organizations": _organizations,
    "pooler": _pooler,
    "standby": _standby,
    "upgrade": _upgrade,
    "cells": _cells,
}

if __name__ == "__main__":
    sys.exit(main())
