"""The epoch of a job: everything by which the rows of its file are interpreted, as one number.

What belongs to one person (values, memberships, licenses, overrides) is not in it: the person's version tells that.
"""

from importlib.metadata import version
from typing import Any, Final

from django.db import connection

from orgsync.core.checking import OpenedFile
from orgsync.core.columns import COLUMNS
from orgsync.core.fingerprint import epoch_of, layout_parts
from orgsync.server.directory.models import Group, Pool
from orgsync.server.orgs.catalogue import FILE_POLICIES
from orgsync.server.tokens.scopes import Scope
from orgsync.server.uploads.models import UploadJob

# Versions are numbers of transactions, which mean something in one cluster of databases only. Its own identifier is
# for monitoring roles; which transaction made the database, and under which number, anybody may ask.
_CLUSTER: Final = "SELECT oid::text, xmin::text, datname FROM pg_database WHERE datname = current_database()"


def epoch_of_job(job: UploadJob, file: OpenedFile) -> int:
    """Return the epoch in which the rows of this file mean what they mean now."""
    return epoch_of([*_parts(job), *layout_parts(file.layout, file.raw.headers)])


def epoch_before_file(job: UploadJob) -> int:
    """Return the epoch as far as it does not depend on the file: with the same bytes it says as much."""
    return epoch_of(_parts(job))


def _parts(job: UploadJob) -> list[Any]:
    organization = job.organization
    mine: dict[str, Any] = {"organization_id": organization.pk}
    return [
        *(version("orgsync"), COLUMNS, _cluster()),
        *((name, getattr(organization, name)) for name in FILE_POLICIES),
        *(job.mode, Scope.PERMISSIONS_WRITE.value in (job.token.scopes if job.token else [])),
        job.feed_id,
        *Pool.objects.filter(**mine).order_by("id").values_list("id", "key"),
        *Group.objects.filter(**mine, is_rule=True).order_by("id").values_list("id", "name_key", "rule"),
        *Group.objects.filter(**mine, renamed_at__isnull=False).order_by("id").values_list("id", "name_key"),
    ]


def _cluster() -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_CLUSTER)
        found: tuple[Any, ...] = cursor.fetchone()
    return found
