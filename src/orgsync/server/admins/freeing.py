"""Let an admin in again who has lost their second factor: an operator's deed, after having made sure who asks."""

from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext as _

from orgsync.core.normalize import fold_key
from orgsync.server.admins.roles import AdminRefused
from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.orgs.models import Admin, Organization


def remove_factors(organization: Organization, address: str, *, now: datetime) -> int:
    """
    Remove all second factors of an admin and end their sessions; return how many factors there were.

    The password stays as it is. Every organization of the account finds it in its audit log. Raises AdminRefused.
    """
    key = fold_key(address.strip())
    admin = Admin.objects.filter(organization=organization, account__email_key=key).first()
    if admin is None:
        raise AdminRefused(_("No admin of this organization has this e-mail address."))
    with transaction.atomic():
        gone = Authenticator.objects.filter(user_id=admin.account_id)
        count: int = gone.count()
        gone.delete()
        for session in UserSession.objects.filter(user_id=admin.account_id):
            session.end()
        # Global by design: the account is the same everywhere.
        everywhere = Admin.objects.filter(account_id=admin.account_id).values_list("organization_id", flat=True)
        told = {"account": admin.account_id, "factor": "all"}
        for organization_id in sorted(everywhere):
            record(organization_id, Action.FACTOR_REMOVED, told, at=now, by=actors.COMMAND)
    return count
