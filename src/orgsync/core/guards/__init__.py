"""Guards: limits on the effects of a plan. What trips one is held for a person, never applied by itself."""

from orgsync.core.guards.admins import ADMIN_CHANGE
from orgsync.core.guards.case import DAYS, EDIT, FILE, SWEEP, UNDO, Case, FeedHistory, HoldReason
from orgsync.core.guards.catalogue import GUARDS, Check, Guard, limits_of, reasons_to_hold
from orgsync.core.guards.limits import Limit, Overrides
from orgsync.core.guards.measures import EFFECTS, SPARED_IN_FIRST_FILE, no_effects
from orgsync.core.guards.shape import fill_of

__all__ = [
    "ADMIN_CHANGE",
    "DAYS",
    "EDIT",
    "EFFECTS",
    "FILE",
    "GUARDS",
    "SPARED_IN_FIRST_FILE",
    "SWEEP",
    "UNDO",
    "Case",
    "Check",
    "FeedHistory",
    "Guard",
    "HoldReason",
    "Limit",
    "Overrides",
    "fill_of",
    "limits_of",
    "no_effects",
    "reasons_to_hold",
]
