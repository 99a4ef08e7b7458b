"""A small organization with a feed, a token and upload jobs, for tests of what happens to jobs."""

import hashlib
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.directory.models import Feed
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads.models import Media, MediaKind, UploadJob

NOW = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
_numbers = itertools.count(1)


def make_organization(name: str = "Acme", **fields: Any) -> Organization:
    return Organization.objects.create(name=name, **fields)


def make_admin(organization: Organization, email: str, role: Role = Role.ADMIN) -> Account:
    account = Account.objects.create(email=email, email_key=email.casefold())
    Admin.objects.create(organization=organization, account=account, role=role)
    return account


def make_token(
    organization: Organization, creator: Account | None = None, addresses: Sequence[str] = (), **fields: Any
) -> AccessToken:
    number = next(_numbers)
    feed = Feed.objects.create(organization=organization, name=f"Nightly HR {number}")
    digest = hashlib.sha256(str(number).encode()).digest()
    return AccessToken.objects.create(
        organization=organization,
        feed=feed,
        name="nightly",
        prefix="os_abc",
        digest=digest,
        created_by=creator,
        notify_addresses=list(addresses),
        **fields,
    )


def make_media(token: AccessToken, kind: MediaKind = MediaKind.SOURCE, **fields: Any) -> Media:
    public_id = f"media-{next(_numbers)}"
    defaults = {"storage_key": public_id, "size": 10, "sha256": b"", "content_sha256": b"", "file_name": "good.csv"}
    return Media.objects.create(
        organization=token.organization,
        feed=token.feed,
        token=token,
        kind=kind,
        public_id=public_id,
        **defaults | fields,
    )


def make_job(token: AccessToken, status: JobStatus = JobStatus.QUEUED, **fields: Any) -> UploadJob:
    defaults = {"is_automatic": True, "mode": Mode.CHANGES, "rows": RowPolicy.GOOD_ROWS}
    if "source" not in fields:
        fields["source"] = make_media(token)
    return UploadJob.objects.create(
        organization=token.organization,
        public_id=next(_numbers),
        feed=token.feed,
        token=token,
        status=status,
        **defaults | fields,
    )
