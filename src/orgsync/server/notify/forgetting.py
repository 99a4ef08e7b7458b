"""Mails without one person, and mails whose texts have been kept for long enough."""

from datetime import datetime
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import Q

from orgsync.core.forgetting import Keys, is_named_in
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.tasks import MAX_ATTEMPTS
from orgsync.server.orgs.models import Admin, Organization

GONE = "This mail named a person who was erased."
FORGET_TEXTS = """
    UPDATE notify_outboxmail AS mail
       SET body = ''
      FROM orgs_organization AS organization
     WHERE organization.id = mail.organization_id
       AND mail.body <> ''
       AND mail.created_at < %s - organization.mail_text_days * interval '1 day'
       AND (mail.sent_at IS NOT NULL OR mail.attempts >= %s)
"""


def forget_mails(organization: Organization, keys: Keys) -> int:
    """Delete mails to the person and empty the texts of those that name them; return how many there were.

    A mail to an admin of the organization who has the same address stays.
    """
    admins = Admin.objects.filter(organization=organization, account__email_key__in=keys.emails)
    others = keys.emails - set(admins.values_list("account__email_key", flat=True))
    mails = OutboxMail.objects.filter(organization=organization)
    theirs = reduce(or_, (Q(recipient__iexact=email) for email in others), Q(pk__in=[]))
    deleted, _ = mails.filter(theirs).delete()
    may_name = reduce(or_, (Q(body__icontains=word) | Q(subject__icontains=word) for word in keys.words), Q(pk__in=[]))
    naming = [mail for mail in mails.filter(may_name) if is_named_in(f"{mail.subject}\n{mail.body}", keys)]
    for mail in naming:
        mail.subject, mail.body = GONE, ""
    OutboxMail.objects.bulk_update(naming, ["subject", "body"])
    return deleted + len(naming)


def forget_texts(now: datetime) -> int:
    """Empty the texts of mails older than their organization keeps them; return how many.

    A mail that is still to be sent keeps its text.
    """
    with connection.cursor() as cursor:
        cursor.execute(FORGET_TEXTS, [now, MAX_ATTEMPTS])
        return int(cursor.rowcount)
