"""A forgotten password: a link by mail, through the outbox like every other mail."""

from datetime import datetime
from typing import Final

from django.db import transaction

from orgsync.server.notify import outbox
from orgsync.server.notify.secretmail import PASSWORD_RESET
from orgsync.server.orgs.models import Account, Admin

_BODY: Final = """\
Somebody, most likely you, asked for a new password for {email}.

Open this link to set one; it works once, and for three days:

  {link}

Whoever has the link can set your password: do not pass this mail on. If you did not ask, ignore it: nothing has
changed. A second factor stays as it is.
"""


def send_reset_link(account: Account, link: str, *, now: datetime) -> bool:
    """Mail the link to the account's own address; False for one that may come in nowhere, which gets no mail."""
    admins = Admin.objects.select_related("organization").filter(account=account, account__is_active=True)
    admin = admins.order_by("id").first()
    if admin is None:
        return False
    with transaction.atomic():
        outbox.add(
            admin.organization,
            job_id=None,
            kind=PASSWORD_RESET,
            recipients=[account.email],
            subject="A new password for orgsync",
            body=_BODY.format(email=account.email, link=link),
            now=now,
        )
    return True
