"""Whom platforms and files mean when they name people."""

from collections.abc import Collection

from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import Learner


def people_named(organization_id: int, names: Collection[str]) -> dict[str, int]:
    """Return by name the ids of people: a name is a unique user id or an address. Who is nobody is left out."""
    mine = Learner.objects.filter(organization_id=organization_id)
    by_id = dict(mine.filter(unique_user_id__in=names).values_list("unique_user_id", "id"))
    keys = {fold_key(name) for name in names}
    by_address = dict(mine.filter(email_key__in=keys).values_list("email_key", "id"))
    found = {name: by_id.get(name) or by_address.get(fold_key(name)) for name in names}
    return {name: learner_id for name, learner_id in found.items() if learner_id is not None}
