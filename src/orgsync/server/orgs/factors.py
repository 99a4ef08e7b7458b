"""Codes of a second factor: how often somebody may guess, and that each opens once, on however many machines."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from django.utils.crypto import salted_hmac

from orgsync.server.orgs.models import Account, FactorTry

WINDOW: Final = timedelta(minutes=15)
MOST_WRONG: Final = 10
"""Wrong codes for one account within the window, from wherever: who guesses has the password already."""
GOOD_FOR: Final = timedelta(minutes=5)
"""Longer than an app's code is good for; within it the same code opens nothing again."""
KEPT_FOR: Final = timedelta(days=1)


def take_turn(account: Account) -> None:
    """Let one try of an account wait for the other, until the caller's transaction ends."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def may_try(account: Account, *, now: datetime) -> bool:
    """Return whether an account may try another code now."""
    return FactorTry.objects.filter(account=account, used=b"", at__gt=now - WINDOW).count() < MOST_WRONG


def was_used(account: Account, code: str, *, now: datetime) -> bool:
    """Return whether this code has opened the door a moment ago."""
    return FactorTry.objects.filter(account=account, used=_hash(account, code), at__gt=now - GOOD_FOR).exists()


def note(account: Account, code: str | None, *, now: datetime) -> None:
    """Note a try: the code that was right, or None for a wrong one."""
    FactorTry.objects.create(account=account, at=now, used=b"" if code is None else _hash(account, code))


def forget_tries(now: datetime) -> int:
    """Delete the tries of earlier days; return how many."""
    return FactorTry.objects.filter(at__lt=now - KEPT_FOR).delete()[0]


def _hash(account: Account, code: str) -> bytes:
    secret = salted_hmac("orgsync.second-factor", str(account.pk), algorithm="sha256").digest()
    return hmac.digest(secret, "".join(code.split()).encode(), "sha256")
