"""What other programs were seen to do with 10,000 people, on a machine whose speed is known by its `COPY`."""

from collections.abc import Mapping
from typing import Final

COPY_SECONDS: Final = 11 / 1_000_000
"""Seconds that `COPY` of one person into one table with two unique keys took on that machine."""

RATES: Final[Mapping[str, int]] = {
    "Moodle's command line upload": 66,
    "django-import-export, the faster way": 3_970,
    "LDAP add": 1_260,
}
"""People a second."""
