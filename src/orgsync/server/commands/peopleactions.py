"""What the commands on people and on the claims of feeds do, once Django is set up."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from orgsync.core.columns import ATTRIBUTE_NAMES, CUSTOM_PREFIX
from orgsync.core.edits import Edit
from orgsync.core.errors import OrgSyncError
from orgsync.core.model import JobStatus
from orgsync.core.normalize import fold_key
from orgsync.server.commands.planview import show_plan
from orgsync.server.commands.wanted import Wanted
from orgsync.server.directory.claims import count_overlaps, hand_over, set_rank
from orgsync.server.directory.duplicates import MEANINGS, find_duplicates, mark_different
from orgsync.server.directory.models import Feed, Group, Learner, Pool
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads.edits import edit_people
from orgsync.server.uploads.merging import merge_people
from orgsync.server.uploads.models import UploadJob

KEYS: Final = ("primary_email_address", "unique_user_id", "manager")
"""What may be overridden beside attributes."""


class NotKnown(OrgSyncError):
    """A command names something that the organization does not have; nothing was changed."""


class EditFailed(OrgSyncError):
    """An edit was refused; nothing was changed."""


@dataclass(frozen=True, slots=True)
class PeopleActions:
    """The commands on people of one organization; `account_of` finds who acts (None: the first owner)."""

    organization: Organization
    account_of: Callable[[str | None], Account]

    def edit(self, addresses: Sequence[str], wanted: Wanted, *, by: str | None, note: str) -> UploadJob:
        """Change one person at once, or plan the change of several; raise EditFailed when it was refused."""
        account = self.account_of(by)
        self._check_attributes([*wanted.values, *(name for name in wanted.keeps if name not in KEYS)])
        lifts = [self._target(target) for target in wanted.lifts]
        licenses = {self._pool(key).key: is_granted for key, is_granted in wanted.licenses.items()}
        people = [self.learner(address) for address in addresses]
        edits = [
            Edit(
                person.id,
                person.primary_email_address,
                values=wanted.values,
                new_address=wanted.new_address,
                new_user_id=wanted.new_user_id,
                manager=self._manager(wanted.manager),
                joins=wanted.joins,
                leaves=wanted.leaves,
                licenses=licenses,
                is_protected=wanted.is_protected,
                keeps=wanted.keeps,
                lifts=lifts,
            )
            for person in people
        ]
        return _shown(edit_people(self.organization, edits, account, note=note))

    def merge(self, kept: str, other: str, *, take: Sequence[str], by: str | None) -> UploadJob:
        account = self.account_of(by)
        return _shown(merge_people(self.organization, self.learner(kept), self.learner(other), account, take=take))

    def list_duplicates(self, *, after: tuple[int, int], count: int) -> list[str]:
        """Return a line for each pair: both ids and addresses, and in what they are alike."""
        return [
            "\t".join(
                [
                    f"{pair.learner.id},{pair.other.id}",
                    pair.learner.primary_email_address,
                    pair.other.primary_email_address,
                    " ".join(MEANINGS[likeness] for likeness in pair.likenesses),
                ]
            )
            for pair in find_duplicates(self.organization, after=after, limit=count)
        ]

    def mark_different(self, one: str, other: str, *, by: str | None) -> bool:
        account, people = self.account_of(by), [self.learner(address) for address in (one, other)]
        return mark_different(self.organization, *people, by=account, now=timezone.now())

    def order_feed(self, name: str, rank: int) -> list[Feed]:
        """Give a feed another rank; return all feeds, the highest first."""
        set_rank(self.feed(name), rank, now=timezone.now())
        return list(Feed.objects.filter(organization=self.organization).order_by("rank", "id"))

    def hand_over(self, to: str, source: str | None) -> int:
        giving = self.feed(source) if source is not None else None
        return hand_over(self.organization, to=self.feed(to), source=giving, now=timezone.now())

    def list_overlaps(self) -> list[tuple[str, str, int]]:
        return count_overlaps(self.organization)

    def feed(self, name: str) -> Feed:
        found = Feed.objects.filter(organization=self.organization, name=name).first()
        if found is None:
            raise NotKnown(f"There is no feed {name} in {self.organization.name}.")
        return found

    def learner(self, address: str) -> Learner:
        people = Learner.objects.filter(organization_id=self.organization.pk, email_key=fold_key(address.strip()))
        found = people.first()
        if found is None:
            raise NotKnown(f"Nobody in {self.organization.name} has the address {address}.")
        return found

    def _manager(self, address: str | None) -> str | None:
        return self.learner(address).primary_email_address if address else address

    def _check_attributes(self, names: Sequence[str]) -> None:
        for name in names:
            if name not in ATTRIBUTE_NAMES and not name.startswith(CUSTOM_PREFIX):
                raise NotKnown(f"There is no attribute {name}; a custom one begins with {CUSTOM_PREFIX}.")

    def _target(self, text: str) -> str:
        """Return the target of an override: names of groups and headers of pools become their ids."""
        kind, _, name = text.partition(":")
        if kind == "group" and name:
            group = Group.objects.filter(organization=self.organization, name_key=fold_key(name.strip())).first()
            if group is None:
                raise NotKnown(f"There is no group {name} in {self.organization.name}.")
            return f"group:{group.pk}"
        if kind == "license" and name:
            return f"license:{self._pool(name).pk}"
        if text not in KEYS:
            self._check_attributes([text])
        return text

    def _pool(self, key: str) -> Pool:
        found = Pool.objects.filter(organization=self.organization, key=key).first()
        if found is None:
            raise NotKnown(f"There is no license pool {key} in {self.organization.name}.")
        return found


def _shown(job: UploadJob) -> UploadJob:
    """Print the plan of an edit; raise EditFailed, with every reason, when it was refused."""
    if job.status == JobStatus.FAILED:
        told = [message["message"] for message in job.messages if message["row"] is not None]
        raise EditFailed(" ".join(dict.fromkeys(told)) or job.reason)
    show_plan(job, lines=3)
    return job
