"""How PostgreSQL is to plan the statements of a job, whatever its server is set to."""

from typing import Final

from django.db.backends.utils import CursorWrapper

# With the defaults, joins over everybody spill to disk at 4 MB, and a look by key is taken for so dear that a million
# rows are read to find some thousand.
_SETTINGS: Final = "SELECT set_config('work_mem', '64MB', true), set_config('random_page_cost', '1.1', true)"


def plan_for_sets(cursor: CursorWrapper) -> None:
    """Set that for the rest of the transaction."""
    cursor.execute(_SETTINGS)
