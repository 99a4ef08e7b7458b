"""What the commands on learning do, once Django is set up."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.core.normalize import fold_key
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.demo.colleagues import find_sociable
from orgsync.server.directory.models import Learner
from orgsync.server.learning.signin.links import make_link
from orgsync.server.learning.signin.people import learner_who_may
from orgsync.server.orgs.models import Organization


class LearnerUnknown(OrgSyncError):
    """Nobody who may sign in to learn has the address; nothing was made."""

    def __init__(self) -> None:
        super().__init__("Nobody who may sign in to learn has this e-mail address.")


@dataclass(frozen=True, slots=True)
class LearningActions:
    """The commands on what people of one organization learn."""

    organization: Organization

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
