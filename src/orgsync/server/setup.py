"""First-run set-up: an organization, its first owner, its first license pool. Used by pages and command line."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from orgsync.core.columns import pool_key
from orgsync.core.errors import OrgSyncError
from orgsync.core.model import Mode
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import Fact, record, record_all
from orgsync.server.directory.models import Feed, Pool
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory, raise_revision
from orgsync.server.orgs.models import Account, Admin, Organization, Role

FIRST_POOL = "license_english_status"


class SetupRefused(OrgSyncError):
    """Something given cannot be used; `field` names it."""

    def __init__(self, field: str, reason: str) -> None:
        self.field = field
        self.reason = reason
        super().__init__(f"{field}: {reason}")


@transaction.atomic
def set_up_organization(name: str, email: str, password: str) -> Organization:
    """
    Make an organization with its owner and the pool of `license_english_status`.

    An account that exists keeps its password and becomes owner here too. Raises SetupRefused.
    """
    if not name.strip():
        raise SetupRefused("organization", "Give it a name.")
    if Organization.objects.filter(name=name.strip()).exists():
        raise SetupRefused("organization", f"There is an organization {name.strip()} already.")
    account = _account(email, password)
    organization = Organization.objects.create(name=name.strip())
    Admin.objects.create(organization=organization, account=account, role=Role.OWNER)
    Pool.objects.create(organization=organization, key=FIRST_POOL, name="English")
    role = {"account": account.pk, "role": Role.OWNER.value}
    facts = [Fact(Action.ORGANIZATION_SET_UP), Fact(Action.ROLE_GIVEN, role)]
    record_all(organization.pk, facts, at=organization.created_at)
    return organization


def ensure_feed(organization: Organization, name: str, mode: Mode) -> Feed:
    """Return the feed of that name, made with `mode` when it does not exist; its mode is left alone otherwise."""
    last = Feed.objects.filter(organization=organization).count()
    with transaction.atomic():
        feed, is_new = Feed.objects.get_or_create(
            organization=organization, name=name.strip(), defaults={"mode": mode, "rank": last}
        )
        if is_new:
            record(organization.pk, Action.FEED_MADE, {"feed": feed.pk, "mode": mode.value}, at=timezone.now())
    return feed


def ensure_pool(organization: Organization, header: str, *, name: str | None, seats: int | None) -> Pool:
    """
    Make the pool that a license header names, or give the one there another name or number of seats.

    `seats` None means without limit. Raises SetupRefused for a header that is none of a license, and DirectoryBusy
    when a sync is being applied for longer than a moment: seats are part of what a plan is made for.
    """
    key = pool_key(header)
    if key is None:
        raise SetupRefused("header", f"{header} is no license header; write [<budget group>_]license_<type>_status.")
    with transaction.atomic():
        lock_directory(organization.pk, wait=PAGE_PATIENCE)
        pool, _ = Pool.objects.update_or_create(
            organization=organization,
            key=key,
            defaults={"seats": seats} | ({"name": name} if name else {}),
            create_defaults={"seats": seats, "name": name or header},
        )
        raise_revision(organization.pk)
        record(organization.pk, Action.POOL_CHANGED, {"pool": pool.pk, "seats": seats}, at=timezone.now())
    return pool


def _account(email: str, password: str) -> Account:
    try:
        validate_email(email.strip())
    except ValidationError as error:
        raise SetupRefused("email", "That is no e-mail address.") from error
    known = Account.objects.filter(email_key=email.strip().casefold()).first()
    if known is not None:
        return known
    try:
        validate_password(password)
    except ValidationError as error:
        raise SetupRefused("password", " ".join(error.messages)) from error
    return Account.objects.create_user(email, password)
