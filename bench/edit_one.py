"""Change one value of one person as a page does: planned, applied, logged. The organization's name is the argument."""

import sys

import django

django.setup()

from orgsync.core.edits import Edit  # noqa: E402 - Django must be set up first
from orgsync.server.directory.models import Learner  # noqa: E402
from orgsync.server.orgs.models import Account, Organization  # noqa: E402
from orgsync.server.uploads.edits import edit_people  # noqa: E402

LEARNER = 7
OWNER = "owner@example.com"

organization = Organization.objects.get(name=sys.argv[1])
person = Learner.objects.get(organization_id=organization.pk, id=LEARNER)
owner = Account.objects.get(email_key=OWNER)
edit = Edit(LEARNER, person.primary_email_address, values={"work_title": "By hand"})
print(edit_people(organization, [edit], owner).status)
