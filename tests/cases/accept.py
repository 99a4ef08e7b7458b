"""Write the expected files of cases from what the core does: `python -m tests.cases.accept NAME…`.

For a person who has looked at them: what is accepted here is what every later run is held to.
"""

import sys

from tests.cases.core_run import run_core
from tests.cases.story import read_case, write_expected


def main(names: list[str]) -> None:
    """Accept the cases named, and show each."""
    for name in names:
        case = read_case(name)
        ending = run_core(case)
        write_expected(case, ending)
        print(f"== {name}: {ending.counts}")
        for path in sorted(case.folder.iterdir()):
            print(f"-- {path.name}\n{path.read_bytes().decode('utf-8', 'replace')}")


if __name__ == "__main__":
    main(sys.argv[1:])
