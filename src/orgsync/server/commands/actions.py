"""What the admin commands do, once Django is set up; `ready.database_ready` hands this module out."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.core.guards import Limit, limits_of
from orgsync.core.model import Mode
from orgsync.server.commands.planview import show_plan
from orgsync.server.directory.models import Feed, Pool
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.setup import ensure_feed, ensure_pool, set_up_organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.tokens import make_token, revoke_token
from orgsync.server.uploads.decisions import approve_job, find_job, reject_job
from orgsync.server.uploads.models import UploadJob

FIRST_FEED = "Nightly HR"


class NotFound(OrgSyncError):
    """What a command names does not exist, or is not clear."""


class Actions:
    """The admin commands of one organization: the one of that name, or the only one."""

    def __init__(self, organization: str | None) -> None:
        self.name = organization

    def set_up(self, email: str, password: str) -> None:
        set_up_organization(self.name or "", email, password)

    def make_feed(self, name: str, mode: str) -> Feed:
        return ensure_feed(_organization(self.name), name, Mode(mode))

    def make_access_token(
        self,
        name: str,
        *,
        feed: str | None,
        mode: str | None,
        expires_days: int,
        scopes: Sequence[str],
        notify: str,
        emails_creator: bool,
    ) -> str:
        """Make a token of a feed (made too, when a mode is given) and return its text."""
        organization = _organization(self.name)
        _, text = make_token(
            organization,
            _feed(organization, feed, mode),
            name,
            scopes=scopes,
            expires_at=timezone.now() + timedelta(days=expires_days),
            created_by=_account(organization, None),
            notify_addresses=_addresses(notify),
            emails_creator=emails_creator,
        )
        return text

    def set_guard(self, feed: str, kind: str, numbers: Mapping[str, float | None]) -> Limit:
        """Give one guard of a feed its own numbers, without any back to the defaults; return what holds then."""
        found = _feed(_organization(self.name), feed, None)
        guards = {name: limits for name, limits in found.guards.items() if name != kind}
        if numbers:
            guards[kind] = dict(numbers)
        limit = limits_of(guards)[kind]
        Feed.objects.filter(organization_id=found.organization_id, id=found.pk).update(guards=guards)
        return limit

    def list_tokens(self) -> list[AccessToken]:
        tokens = AccessToken.objects.select_related("feed").filter(organization=_organization(self.name))
        return list(tokens.order_by("id"))

    def revoke_token(self, prefix: str) -> str:
        """Revoke the one token whose text begins like that, and return its name."""
        organization = _organization(self.name)
        active = AccessToken.objects.filter(organization=organization, prefix__startswith=prefix, revoked_at=None)
        found = list(active[:2])
        if len(found) != 1:
            raise NotFound(f"{'Several tokens begin' if found else 'No token in use begins'} with {prefix}.")
        revoke_token(organization, found[0].pk, now=timezone.now())
        return found[0].name

    def make_pool(self, header: str, name: str | None, seats: int | None) -> Pool:
        """Make the pool that a license header names, or change its seats and name."""
        return ensure_pool(_organization(self.name), header, name=name, seats=seats)

    def list_jobs(self, count: int) -> list[UploadJob]:
        """Return the latest jobs, the newest first."""
        jobs = UploadJob.objects.select_related("feed", "source").filter(organization=_organization(self.name))
        return list(jobs.order_by("-id")[:count])

    def approve(self, job: int, by: str | None) -> None:
        organization = _organization(self.name)
        approve_job(find_job(organization, job), by=_account(organization, by), now=timezone.now())

    def reject(self, job: int, by: str | None) -> None:
        organization = _organization(self.name)
        reject_job(find_job(organization, job), by=_account(organization, by), now=timezone.now())

    def print_plan(self, job: int, lines: int) -> None:
        show_plan(find_job(_organization(self.name), job), lines)


def _organization(name: str | None) -> Organization:
    """Return the organization of that name, or the only one."""
    known = Organization.objects.filter(name=name) if name else Organization.objects.all()
    found = list(known[:2])
    if not found:
        raise NotFound(f"There is no organization {name}." if name else "Set up first: orgsync admin setup …")
    if len(found) > 1:
        raise NotFound("There are several organizations; name one with --organization.")
    return found[0]


def _feed(organization: Organization, name: str | None, mode: str | None) -> Feed:
    if mode:
        return ensure_feed(organization, name or FIRST_FEED, Mode(mode))
    feeds = Feed.objects.filter(organization=organization)
    chosen = list(feeds.filter(name=name) if name else feeds[:2])
    if len(chosen) == 1:
        return chosen[0]
    if not chosen and not name:
        return ensure_feed(organization, FIRST_FEED, Mode.CHANGES)
    raise NotFound(
        f"There is no feed {name}; give --mode to make it." if name else "Name one of the feeds with --feed."
    )


def _account(organization: Organization, email: str | None) -> Account:
    admins = Admin.objects.select_related("account").filter(organization=organization)
    key = (email or "").strip().casefold()
    chosen = admins.filter(account__email_key=key) if email else admins.filter(role=Role.OWNER)
    found = chosen.order_by("id").first()
    if found is None:
        raise NotFound(f"{email or 'An owner'} is no admin of {organization.name}.")
    return found.account


def _addresses(text: str) -> list[str]:
    addresses = [part.strip() for part in text.split(",") if part.strip()]
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise NotFound(f"--notify: {address} is no e-mail address.") from error
    return addresses
