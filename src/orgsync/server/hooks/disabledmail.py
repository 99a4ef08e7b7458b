"""The mail that says that a webhook was switched off."""

from datetime import datetime

from django.conf import settings

from orgsync.server.hooks.models import Webhook
from orgsync.server.notify import outbox
from orgsync.server.notify.recipients import Told, admin_addresses
from orgsync.server.notify.texts import contact_lines
from orgsync.server.orgs.contacts import contacts_of
from orgsync.server.orgs.models import Organization


def tell_disabled(organization: Organization, webhook: Webhook, *, is_gone: bool, now: datetime) -> None:
    """Put the mails to the admins into the outbox; in the transaction that switches the webhook off."""
    why = "It answered 410: it wants to hear nothing any more." if is_gone else "It has failed for five days."
    outbox.add(
        organization,
        job_id=None,
        kind="webhook",
        recipients=admin_addresses(organization.pk, Told.FAILED),
        subject=f"[{organization.name}] A webhook was switched off",
        body=f"""\
The webhook {webhook.pk} of {organization.name} was switched off. {why}

What it was not told is kept for 30 days. Mend the other side, switch the webhook on again, and replay it here
(sign-in needed):
{settings.BASE_URL}/admin/settings/webhooks/{webhook.pk}/
{contact_lines(contacts_of(organization))}""",
        now=now,
    )
