"""What people wrote to one another, without one person."""

from functools import reduce
from operator import or_

from django.db.models import Q

from orgsync.core.forgetting import Keys, is_named_in
from orgsync.server.learning.models import Share
from orgsync.server.orgs.models import Organization


def forget_notes(organization: Organization, keys: Keys) -> int:
    """Empty the notes of shares that name the person by an address or id; return how many there were.

    Shares of the person's own go with every other row of theirs.
    """
    may_name = reduce(or_, (Q(note__icontains=word) for word in keys.words), Q(pk__in=[]))
    shares = Share.objects.filter(may_name, organization_id=organization.pk)
    naming = [one.id for one in shares if is_named_in(one.note, keys)]
    return Share.objects.filter(organization_id=organization.pk, id__in=naming).update(note="")
