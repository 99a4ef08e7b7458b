"""How an organization wants its held jobs approved."""

from django.db import transaction
from django.utils import timezone

from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Organization


def set_approvals(organization: Organization, *, people: int | None = None, days: int | None = None) -> None:
    """Set how many people (1 or 2) approve a held job, and for how many days holds and approvals count.

    What is None stays. Jobs that are held already obey it too.
    """
    values = {
        **({} if people is None else {"needs_second_person": people == 2}),
        **({} if days is None else {"approval_days": days}),
    }
    if not values:
        return
    with transaction.atomic():
        Organization.objects.filter(id=organization.pk).update(**values)
        record(organization.pk, Action.APPROVALS_CHANGED, values, at=timezone.now())
    for name, value in values.items():
        setattr(organization, name, value)
