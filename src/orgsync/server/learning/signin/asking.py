"""Asking for a link by mail. Whether an address is known shows neither in the answer nor in how long it takes."""

import hmac
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac

from orgsync.core.normalize import fold_key
from orgsync.server import queue
from orgsync.server.learning.models import SignInTry, TryKind
from orgsync.server.learning.signin.links import mail_links
from orgsync.server.learning.signin.secret import digest_of
from orgsync.server.learning.tasks import send_sign_in_links
from orgsync.server.sealing import seal, unseal

WINDOW: Final = timedelta(minutes=15)
MOST_FOR_ADDRESS: Final = 3
"""Mails to one address within the window; further asks are answered as ever and send nothing."""
MOST_FROM_CLIENT: Final = {TryKind.ASK: 60, TryKind.MISS: 10}
"""From one network address within the window: an office shares one, so that asks are many and misses few."""
KEPT_FOR: Final = timedelta(days=1)
_PURPOSE: Final = "learner sign-in"


def has_to_wait(client: str, kind: TryKind, *, now: datetime) -> bool:
    """Tell whether so many tries came from a network address that it gets no answer for a while."""
    lately = SignInTry.objects.filter(client=_hash("client", client), kind=kind, at__gt=now - WINDOW)
    return lately.count() >= MOST_FROM_CLIENT[kind]


def ask(address: str, client: str, browser: str, *, now: datetime) -> None:
    """
    Note an ask for a link and queue what comes of it: a mail to whoever may sign in, to nobody else.

    `browser` is the secret in the cookie of the browser that asks: the link will sign in there alone.
    """
    key = fold_key(address.strip())
    who = _hash("address", key)
    with transaction.atomic():
        is_enough = SignInTry.objects.filter(who=who, at__gt=now - WINDOW).count() >= MOST_FOR_ADDRESS
        made = SignInTry.objects.create(
            kind=TryKind.ASK,
            at=now,
            client=_hash("client", client),
            who=who,
            browser=digest_of(browser),
            sealed=None if is_enough else seal(key.encode(), _PURPOSE),
        )
        queue.defer(send_sign_in_links, try_id=made.pk)


def note_miss(client: str, *, now: datetime) -> None:
    """Note that a link was opened that does not exist."""
    SignInTry.objects.create(kind=TryKind.MISS, at=now, client=_hash("client", client))


def answer(try_id: int, *, now: datetime) -> int:
    """Write the mails that an ask leads to, once; return how many."""
    with transaction.atomic():
        asked = SignInTry.objects.select_for_update().filter(id=try_id, sealed__isnull=False).first()
        if asked is None:
            return 0
        key = unseal(bytes(asked.sealed or b""), _PURPOSE).decode()
        SignInTry.objects.filter(id=try_id).update(sealed=None)
        return mail_links(key, bytes(asked.browser or b""), now=now)


def forget_tries(now: datetime) -> int:
    """Delete the tries of earlier days; return how many."""
    return SignInTry.objects.filter(at__lt=now - KEPT_FOR).delete()[0]


def _hash(what: str, value: str) -> bytes:
    secret = salted_hmac("orgsync.sign-in-try", what, algorithm="sha256").digest()
    return hmac.digest(secret, value.encode(), "sha256")
