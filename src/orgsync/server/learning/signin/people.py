"""Who may sign in as a learner: asked with every page, so that whoever leaves is out at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.db import connection

from orgsync.server.directory.models import Learner, LicenseAssignment, LicenseState
from orgsync.server.orgs.models import Organization

# Global by design: whoever asks has named no organization yet. Each organization is looked up by its own index.
_FIND: Final = """
    SELECT organization.id, learner.id, learner.primary_email_address, coalesce(learner.preferred_first_name, '')
      FROM orgs_organization AS organization
      JOIN directory_learner AS learner
        ON learner.organization_id = organization.id AND learner.email_key = %(key)s
     WHERE organization.learners_sign_in AND learner.is_active
       AND (NOT organization.learners_need_license
            OR EXISTS (SELECT FROM directory_licenseassignment AS license
                        WHERE license.organization_id = organization.id AND license.learner_id = learner.id
                          AND license.state = 'active'))
     ORDER BY organization.id
"""


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who may sign in, and where a mail reaches them."""

    organization_id: int
    learner_id: int
    address: str
    first_name: str


def find_by_address(email_key: str) -> Sequence[Known]:
    """Return everybody who may sign in with a folded address: one person in each organization at most."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND, {"key": email_key})
        return [Known(*line) for line in cursor.fetchall()]


def learner_who_may(organization: Organization, learner_id: int) -> Learner | None:
    """Return the learner while they may sign in: active, and licensed where the organization wants that."""
    if not organization.learners_sign_in:
        return None
    mine = {"organization_id": organization.pk}
    found = Learner.objects.filter(**mine, id=learner_id, is_active=True).first()
    if found is None or not organization.learners_need_license:
        return found
    licenses = LicenseAssignment.objects.filter(**mine, learner_id=learner_id, state=LicenseState.ACTIVE)
    return found if licenses.exists() else None
