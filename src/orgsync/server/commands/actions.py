"""What the admin commands do, once Django is set up; `ready.database_ready` hands this module out."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.core.guards import Limit, limits_of
from orgsync.core.model import Mode
from orgsync.core.normalize import fold_key
from orgsync.server.admins.freeing import remove_factors
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record_look
from orgsync.server.audit.queries import csv_lines, entry_line, find_entries
from orgsync.server.audit.verify import Verdict, verify_log
from orgsync.server.commands.groupactions import GroupActions
from orgsync.server.commands.guardview import GuardLine, guard_lines
from orgsync.server.commands.learningactions import LearningActions
from orgsync.server.commands.peopleactions import PeopleActions
from orgsync.server.commands.planview import show_plan
from orgsync.server.configuring import change_settings
from orgsync.server.directory.asof_csv import people_as_of
from orgsync.server.directory.erasing import find_person
from orgsync.server.directory.feeds import release_feed, set_guard, set_patience
from orgsync.server.directory.models import Erasure, Feed, Learner, Pool
from orgsync.server.orgs.blackouts import Blackout, add_blackout, blackouts_of, remove_blackout
from orgsync.server.orgs.limits import set_organization_guard
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.sandbox import make_sandbox, reset_sandbox
from orgsync.server.setup import ensure_feed, ensure_pool, set_up_organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.tokens.queries import tokens_made
from orgsync.server.tokens.tokens import make_token, revoke_token
from orgsync.server.uploads.decisions import approve_job, find_job, reject_job
from orgsync.server.uploads.erase import erase_person, lift
from orgsync.server.uploads.models import UploadJob
from orgsync.server.uploads.undoing import start_undo

FIRST_FEED = "Nightly HR"
RETENTION = (
    *("source_days", "result_days", "mail_text_days", "timeline_days", "anonymize_after_days", "purge_after_days"),
    "audit_days",
)


class NotFound(OrgSyncError):
    """What a command names does not exist, or is not clear."""


class Actions:
    """The admin commands of one organization: the one of that name, or the only one."""

    def __init__(self, organization: str | None) -> None:
        self.name = organization

    @property
    def people(self) -> PeopleActions:
        """The commands on people and on the claims of feeds."""
        organization = _organization(self.name)
        return PeopleActions(organization, partial(_account, organization))

    @property
    def learning(self) -> LearningActions:
        """The commands on what people learn."""
        organization = _organization(self.name)
        return LearningActions(organization, partial(_account, organization))

    @property
    def groups(self) -> GroupActions:
        """The commands on groups and their rules."""
        organization = _organization(self.name)
        return GroupActions(organization, partial(_account, organization))

    def set_up(self, email: str, password: str) -> None:
        set_up_organization(self.name or "", email, password)

    def remove_factors(self, address: str) -> int:
        """Remove the second factors of an admin; return how many there were."""
        return remove_factors(_organization(self.name), address, now=timezone.now())

    def make_sandbox(self, name: str, by: str | None, people: int) -> str:
        """Make a sandbox that an admin of this organization owns; return its name."""
        return make_sandbox(name, _account(_organization(self.name), by), people=people).name

    def reset_sandbox(self, by: str | None, people: int | None) -> None:
        """Empty the sandbox, and fill it with so many people unless that is None."""
        organization = _organization(self.name)
        reset_sandbox(organization, _account(organization, by), people=people)

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

    def set_guard(self, feed: str | None, kind: str, numbers: Mapping[str, float | None]) -> Limit:
        """Give one guard of a feed, or of all, its own numbers, without any back to the defaults; return what holds."""
        organization = _organization(self.name)
        if feed is None:
            return limits_of(set_organization_guard(organization, kind, numbers))[kind]
        return limits_of(organization.guards, set_guard(_feed(organization, feed, None), kind, numbers))[kind]

    def list_guards(self, feed: str | None) -> list[GuardLine]:
        """Return every guard with the limits that hold for a feed, or for feeds without their own."""
        organization = _organization(self.name)
        return guard_lines(organization, _feed(organization, feed, None) if feed else None)

    def list_blackouts(self) -> list[Blackout]:
        return blackouts_of(_organization(self.name))

    def add_blackout(self, first: date, last: date, why: str) -> Blackout:
        return add_blackout(_organization(self.name), first, last, why)

    def remove_blackout(self, first: date) -> list[Blackout]:
        return remove_blackout(_organization(self.name), first)

    def list_tokens(self) -> list[AccessToken]:
        """Return the tokens that people made; those of applications are theirs."""
        return list(tokens_made(_organization(self.name)).select_related("feed").order_by("id"))

    def revoke_token(self, prefix: str) -> str:
        """Revoke the one token whose text begins like that, and return its name."""
        organization = _organization(self.name)
        active = tokens_made(organization).filter(prefix__startswith=prefix, revoked_at=None)
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

    def set_approvals(self, people: int | None, days: int | None) -> tuple[int, int]:
        """Set how held jobs are approved, where it is given; return how many people it takes, and for how many days."""
        organization = _organization(self.name)
        values = {"needs_second_person": None if people is None else people == 2, "approval_days": days}
        change_settings(organization, {name: value for name, value in values.items() if value is not None})
        return 2 if organization.needs_second_person else 1, organization.approval_days

    def approve(self, job: int, by: str | None, *, additions_only: bool = False) -> bool:
        """Approve a held job; return False when it takes a second person."""
        organization = _organization(self.name)
        account, now = _account(organization, by), timezone.now()
        return approve_job(find_job(organization, job), by=account, now=now, additions_only=additions_only)

    def reject(self, job: int, by: str | None, why: str = "") -> None:
        organization = _organization(self.name)
        reject_job(find_job(organization, job), by=_account(organization, by), now=timezone.now(), why=why)

    def print_plan(self, job: int, lines: int, *, since_approval: bool = False) -> None:
        show_plan(find_job(_organization(self.name), job), lines, since_approval=since_approval)

    def undo(self, job: int, by: str, people: Sequence[str]) -> int:
        """Queue the undo of a job, for the people of these addresses or for everybody; return the new job's id."""
        organization = _organization(self.name)
        chosen = [_learner(organization, email) for email in people]
        undo = start_undo(find_job(organization, job), by=_account(organization, by), now=timezone.now(), chosen=chosen)
        return undo.public_id

    def release(self, feed: str) -> bool:
        """Take back the hold that an undo has put on a feed; return False when there is none."""
        return release_feed(_feed(_organization(self.name), feed, None))

    def people_as_of(self, moment: datetime | None) -> Iterator[bytes]:
        """Yield everybody as CSV, as they were at the moment or as they are now."""
        yield from people_as_of(_organization(self.name).pk, moment or timezone.now())

    def list_audit(self, *, since: datetime | None, action: str | None, last: int | None) -> Iterator[dict[str, Any]]:
        """Yield the entries of the audit log as plain values."""
        found = find_entries(_organization(self.name).pk, since=since, action=action, last=last)
        yield from map(entry_line, found)

    def export_audit(self, *, since: datetime | None, action: str | None, last: int | None) -> Iterator[str]:
        """Yield the audit log as lines of CSV; that it was exported becomes an entry of its own."""
        organization = _organization(self.name)
        record_look(organization.pk, Action.AUDIT_EXPORTED)
        yield from csv_lines(find_entries(organization.pk, since=since, action=action, last=last))

    def verify_audit(self, *, anchor: tuple[int, bytes] | None) -> Iterator[tuple[str, Verdict]]:
        """Yield what is found of the organization's audit log, or of every organization's when none is named."""
        known = [_organization(self.name)] if self.name else list(Organization.objects.order_by("name"))
        for organization in known:
            yield organization.name, verify_log(organization.pk, anchor=anchor)

    def set_retention(self, days: Mapping[str, int | None]) -> dict[str, int | None]:
        """Change how many days things are kept, None for without an end; return all of them."""
        organization = _organization(self.name)
        change_settings(organization, days)
        return {name: getattr(organization, name) for name in RETENTION}

    def set_patience(self, feed: str, missing_files: int | None, late_after_hours: int | None) -> Feed:
        """Change how long a feed may be silent, on a person and altogether; return the feed as it is then."""
        found = _feed(_organization(self.name), feed, None)
        set_patience(found, missing_files=missing_files, late_after_hours=late_after_hours)
        found.refresh_from_db()
        return found

    def find_to_erase(self, email: str) -> Learner | None:
        """Return whom an erasure would take out, None for somebody who is no longer in the directory."""
        person = find_person(_organization(self.name).pk, email)
        return Learner.objects.filter(organization_id=person.organization_id, id=person.learner_id).first()

    def erase(self, email: str, by: str) -> Erasure:
        organization = _organization(self.name)
        return erase_person(organization, email, by=_account(organization, by), now=timezone.now())

    def list_erasures(self) -> list[Erasure]:
        return list(Erasure.objects.filter(organization=_organization(self.name)).order_by("id"))

    def lift_erasure(self, erasure_id: int, by: str) -> None:
        organization = _organization(self.name)
        lift(organization, erasure_id, by=_account(organization, by), now=timezone.now())


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


def _learner(organization: Organization, email: str) -> int:
    people = Learner.objects.filter(organization_id=organization.pk, email_key=fold_key(email.strip()))
    found = people.values_list("id", flat=True).first()
    if found is None:
        raise NotFound(f"There is no learner {email} in {organization.name}.")
    return int(found)


def _addresses(text: str) -> list[str]:
    addresses = [part.strip() for part in text.split(",") if part.strip()]
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise NotFound(f"--notify: {address} is no e-mail address.") from error
    return addresses
