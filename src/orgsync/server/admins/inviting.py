"""Invitations: a link in a mail, good for 30 days and for one person; only the hash of its key is stored."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from orgsync.server.admins.roles import AdminRefused, checked_grants, role_facts
from orgsync.server.audit import actors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import Fact, record, record_all
from orgsync.server.notify import outbox
from orgsync.server.notify.secretmail import INVITATION
from orgsync.server.orgs.access import Grants, may_manage, read_grants, stored_grants
from orgsync.server.orgs.models import Account, Admin, Invitation, Organization, Role

VALID_FOR: Final = timedelta(days=30)
_BODY: Final = """\
{who} invites you to help to administer {organization} in orgsync.

Open this link within {days} days; it is for you alone and works once:

  {base}/invitation/?key={key}

Whoever has the link can take your place: do not pass this mail on. If you did not expect it, ignore it, and nothing
happens.
"""


def invite(
    organization: Organization,
    email: str,
    role: Role,
    grants: Grants,
    *,
    by: Admin,
    now: datetime,
    learner_id: int | None = None,
) -> Invitation:
    """Invite somebody by mail; a new invitation takes an open one's place. Raises AdminRefused."""
    grants = checked_grants(organization.pk, role, grants)
    if by.organization_id != organization.pk or not may_manage(by, role, grants):
        raise AdminRefused(_("You may not invite somebody who has more rights than you."), "role")
    if Admin.objects.filter(organization=organization, account__email_key=_key(email)).exists():
        raise AdminRefused(_("This address is an admin already."), "email")
    with transaction.atomic():
        return write_invitation(
            organization, email, role, grants, by=by.account, now=now, learner_id=learner_id, is_by_file=False
        )


def write_invitation(
    organization: Organization,
    email: str,
    role: Role,
    grants: Grants,
    *,
    by: Account | None,
    now: datetime,
    learner_id: int | None,
    is_by_file: bool,
) -> Invitation:
    """Store an invitation whose right has been judged, and its mail, in the caller's transaction."""
    key = secrets.token_urlsafe(32)
    open_ones = Invitation.objects.filter(organization=organization, email_key=_key(email))
    replaced = list(open_ones.filter(accepted_at=None, ended_at=None).values_list("id", flat=True))
    open_ones.filter(id__in=replaced).update(ended_at=now)
    made = Invitation.objects.create(
        organization=organization,
        email=email.strip(),
        email_key=_key(email),
        role=role,
        grants=stored_grants(grants),
        is_by_file=is_by_file,
        learner_id=learner_id,
        digest=_digest(key),
        created_by=by,
        created_at=now,
        expires_at=now + VALID_FOR,
    )
    who = by.email if by is not None else _("A file of your HR system")
    outbox.add(
        organization,
        job_id=None,
        kind=INVITATION,
        recipients=[made.email],
        subject=f"[{organization.name}] Invitation to orgsync",
        body=_BODY.format(
            who=who, organization=organization.name, days=VALID_FOR.days, base=settings.BASE_URL, key=key
        ),
        now=now,
    )
    _note(organization, made, grants, replaced, now)
    return made


def withdraw(organization: Organization, invitation_id: int, *, by: Admin, now: datetime) -> bool:
    """Take an open invitation back; False when there is none such any more. Raises AdminRefused."""
    found = open_invitations(organization, now).filter(id=invitation_id).first()
    if found is None:
        return False
    if not may_manage(by, Role(found.role), read_grants(found.grants)):
        raise AdminRefused(_("You may not take back an invitation to more rights than you have."))
    with transaction.atomic():
        open_ones = Invitation.objects.filter(organization=organization, id=found.pk, accepted_at=None, ended_at=None)
        is_ended = open_ones.update(ended_at=now) == 1
        if is_ended:
            record(organization.pk, Action.INVITATION_ENDED, {"invitation": found.pk}, at=now)
    return is_ended


def find_invitation(key: str, *, now: datetime) -> Invitation | None:
    """Return the invitation that a link's key opens, while it does; the look-up is by hash."""
    # Global by design: the key is what names the organization.
    open_ones = Invitation.objects.select_related("organization", "created_by")
    return open_ones.filter(digest=_digest(key), accepted_at=None, ended_at=None, expires_at__gt=now).first()


def account_of(invitation: Invitation) -> Account | None:
    """Return the account that the invited address has already."""
    return Account.objects.filter(email_key=invitation.email_key).first()


def accept_new(invitation: Invitation, password: str, *, now: datetime) -> Account:
    """Make the account of an invited address and let it in; raise AdminRefused."""
    try:
        validate_password(password, Account(email=invitation.email, email_key=invitation.email_key))
    except ValidationError as error:
        raise AdminRefused(" ".join(error.messages), "password") from error
    with transaction.atomic():
        if account_of(invitation) is not None:
            raise AdminRefused(_("This address has an account by now: sign in, and open the link again."))
        account = Account.objects.create_user(invitation.email, password)
        accept(invitation, account, now=now)
    return account


def accept(invitation: Invitation, account: Account, *, now: datetime) -> None:
    """Let the invited account in, once; raise AdminRefused when the link has been used, or is somebody else's."""
    if account.email_key != invitation.email_key:
        raise AdminRefused(_("This invitation is for another address."))
    organization_id, role, grants = invitation.organization_id, Role(invitation.role), read_grants(invitation.grants)
    with transaction.atomic():
        mine = Invitation.objects.filter(organization_id=organization_id, id=invitation.pk)
        if mine.filter(accepted_at=None, ended_at=None, expires_at__gt=now).update(accepted_at=now) != 1:
            raise AdminRefused(_("This invitation is over. Ask for a new one."))
        values = {
            "role": role,
            "grants": invitation.grants,
            "is_by_file": invitation.is_by_file,
            "deactivated_at": None,
            **({} if invitation.learner_id is None else {"learner_id": invitation.learner_id}),
        }
        Admin.everyone.update_or_create(
            organization_id=organization_id,
            account=account,
            defaults=values,
            create_defaults={**values, "created_at": now},
        )
        told = {**role_facts(account.pk, role, grants), "invitation": invitation.pk}
        record(organization_id, Action.ROLE_GIVEN, told, at=now, by=actors.account(account.pk))


def open_invitations(organization: Organization, now: datetime) -> QuerySet[Invitation]:
    """Return the invitations that still can be accepted."""
    found = Invitation.objects.select_related("created_by").filter(organization=organization)
    return found.filter(accepted_at=None, ended_at=None, expires_at__gt=now)


def _note(organization: Organization, made: Invitation, grants: Grants, replaced: Sequence[int], now: datetime) -> None:
    told = {"invitation": made.pk, "role": made.role, "grants": stored_grants(grants), "learner": made.learner_id}
    ended = [Fact(Action.INVITATION_ENDED, {"invitation": number}) for number in replaced]
    record_all(organization.pk, [*ended, Fact(Action.ADMIN_INVITED, told)], at=now)


def _key(email: str) -> str:
    return email.strip().casefold()


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
