"""What the commands on learning do, once Django is set up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.demo.colleagues import find_sociable, seed_colleagues
from orgsync.server.demo.learning import seed_learning
from orgsync.server.directory.models import Learner
from orgsync.server.learning.daysums import verify_sums
from orgsync.server.learning.signin.links import make_link
from orgsync.server.learning.signin.people import learner_who_may
from orgsync.server.orgs.models import Account, Organization


class LearnerUnknown(OrgSyncError):
    """Nobody who may sign in to learn has the address; nothing was made."""

    def __init__(self) -> None:
        super().__init__("Nobody who may sign in to learn has this e-mail address.")


@dataclass(frozen=True, slots=True)
class LearningActions:
    """The commands on what people of one organization learn; `account_of` finds who acts (None: the first owner)."""

    organization: Organization
    account_of: Callable[[str | None], Account]

    def add_samples(self) -> dict[str, int]:
        """Give the organization a sample catalogue with assignments and activity; return counts."""
        now = timezone.now()
        made = seed_learning(self.organization, self.account_of(None), now=now)
        return made | seed_colleagues(self.organization, now=now)

    def verify(self, *, repair: bool) -> dict[str, int]:
        """Return what of the sums of activity is wrong, by what and how often; with `repair` it is put right."""
        return verify_sums(self.organization.pk, repair=repair)

    def learner_link(self, address: str, hours: int) -> str:
        """Return a link that signs a learner in, once, in any browser; raise LearnerUnknown."""
        people = Learner.objects.filter(organization_id=self.organization.pk, email_key=fold_key(address.strip()))
        found = people.first()
        if found is None or learner_who_may(self.organization, found.id) is None:
            raise LearnerUnknown
        now = timezone.now()
        with transaction.atomic():
            link = make_link(self.organization, found.id, None, expires_at=now + timedelta(hours=hours))
            record(self.organization.pk, Action.LEARNER_LINK_MADE, {"learner": found.id}, at=now)
        return link

    def sample_learner(self) -> str:
        """Return the address of a learner who has colleagues."""
        return find_sociable(self.organization).primary_email_address
