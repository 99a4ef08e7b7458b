"""Whom single sign-on lets in: admins that are there, by a verified address; where it is wished, new readers."""

from datetime import datetime
from enum import StrEnum

from django.db import transaction

from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.server.admins.roles import role_facts
from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.models import Learner
from orgsync.server.learning.signin.people import learner_who_may
from orgsync.server.orgs.models import Account, Admin, Role, SingleSignOn


class Reason(StrEnum):
    """Why somebody was not let in; the value is what the audit log says."""

    NO_ADDRESS = "no_verified_address"
    STRANGER = "no_admin"
    ELSEWHERE = "admin_elsewhere"
    NOT_OURS = "other_sign_in"
    NO_LEARNER = "no_learner"


class NotAdmitted(OrgSyncError):
    """Who came from the provider is not let in; nothing was changed."""

    def __init__(self, reason: Reason, account: Account | None = None) -> None:
        self.reason = reason
        self.account = account
        super().__init__(reason.value)


def admit(sign_on: SingleSignOn, linked: Account | None, address: str, *, now: datetime) -> Account:
    """
    Return the account of who came; raise NotAdmitted.

    `linked` is the account of an earlier sign-in; `address` is one that the provider has verified, else empty.
    An account with power in another organization is not let in: their own provider, or the password, speaks for it.
    """
    account = linked or _account(sign_on, address, now)
    roles = Admin.objects.filter(account=account, account__is_active=True)
    if not roles.filter(organization_id=sign_on.organization_id).exists():
        raise NotAdmitted(Reason.STRANGER, account)
    # Global by design: what counts is what the account may do anywhere.
    if roles.exclude(organization_id=sign_on.organization_id).exclude(role=Role.READ_ONLY).exists():
        raise NotAdmitted(Reason.ELSEWHERE, account)
    return account


def admit_learner(sign_on: SingleSignOn, address: str) -> Learner:
    """Return the learner with the verified address, if they may sign in; raise NotAdmitted. No account plays a part."""
    if not address:
        raise NotAdmitted(Reason.NO_ADDRESS)
    key = fold_key(address.strip())
    found = Learner.objects.filter(organization_id=sign_on.organization_id, email_key=key).first()
    learner = found and learner_who_may(sign_on.organization, found.id)
    if learner is None:
        raise NotAdmitted(Reason.NO_LEARNER)
    return learner


def note_refusal(sign_on: SingleSignOn, refused: NotAdmitted, *, now: datetime) -> None:
    """Record that somebody was not let in."""
    told = {"reason": refused.reason.value, "account": refused.account and refused.account.pk}
    with transaction.atomic():
        record(sign_on.organization_id, Action.SIGN_ON_REFUSED, told, at=now, by=actors.NOBODY)


def _account(sign_on: SingleSignOn, address: str, now: datetime) -> Account:
    if not address:
        raise NotAdmitted(Reason.NO_ADDRESS)
    key = fold_key(address.strip())
    account = Account.objects.filter(email_key=key).first()
    is_welcome = sign_on.makes_admins and key.rpartition("@")[2] in sign_on.domains
    if account is None and is_welcome:
        return _new_reader(sign_on, address.strip(), now)
    if account is None:
        raise NotAdmitted(Reason.STRANGER)
    return account


def _new_reader(sign_on: SingleSignOn, address: str, now: datetime) -> Account:
    with transaction.atomic():
        account = Account.objects.create_user(address, None)
        Admin.objects.create(
            organization_id=sign_on.organization_id, account=account, role=Role.READ_ONLY, created_at=now
        )
        told = {**role_facts(account.pk, Role.READ_ONLY, {}), "by": "single_sign_on"}
        record(sign_on.organization_id, Action.ROLE_GIVEN, told, at=now, by=actors.account(account.pk))
    return account
