"""Which issue kinds the code reports today: those whose name stands anywhere but in the catalogue itself."""

import re
from functools import cache
from pathlib import Path
from typing import Final

import orgsync
from orgsync.core import issues
from orgsync.core.issues import IssueKind

PACKAGE: Final = Path(orgsync.__file__).parent
CATALOGUE: Final = Path(issues.__file__)


@cache
def codes_in_use() -> frozenset[str]:
    """Return the codes of all kinds that some module of the package names."""
    words: set[str] = set()
    for module in PACKAGE.rglob("*.py"):
        if module != CATALOGUE:
            words.update(re.findall(r"\b[A-Z][A-Z_]+\b", module.read_text(encoding="utf-8")))
    named = {name: kind for name, kind in vars(issues).items() if isinstance(kind, IssueKind)}
    return frozenset(kind.code for name, kind in named.items() if name in words)
