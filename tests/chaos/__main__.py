"""`python -m tests.chaos --kills 200 --seed 1`: storms until so many kills are done; exit 1 if any went wrong."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.storm import rage

KILLS_A_STORM = 25
"""A storm is checked when it is over: shorter ones tell sooner what went wrong."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--minutes", type=float, default=60.0, help="at most so long")
    options = parser.parse_args()
    deadline = time.monotonic() + options.minutes * 60
    done, wrong, seed = 0, 0, options.seed
    while done < options.kills and time.monotonic() < deadline:
        folder = Path(tempfile.mkdtemp(prefix="orgsync-chaos-"))
        # The database's own account must be able to pass.
        folder.chmod(0o711)
        left = deadline - time.monotonic()
        report = rage(folder, kills=min(KILLS_A_STORM, options.kills - done), seed=seed, seconds=left)
        done += sum(report.kills.values())
        wrong += len(report.wrongs)
        print(f"seed {seed}: {report.seconds:.0f} s, kills {report.kills}, in phases {report.phases},")
        print(f"  {report.inside} inside transactions; jobs {report.endings}; mails {report.mails} (+{report.doubles})")
        for line in report.wrongs:
            print(f"  WRONG {line}")
        if report.wrongs:
            print(f"  kept: {folder}")
        else:
            folder.rmdir()
        seed += 1
        sys.stdout.flush()
    print(f"{done} kills, {wrong} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
