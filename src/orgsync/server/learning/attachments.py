"""The bytes that statements came with."""

import uuid
from collections.abc import Collection, Mapping, Sequence

from orgsync.server.learning.models import Attachment


def keep_attachments(
    organization_id: int, hashes: Mapping[uuid.UUID, Collection[str]], files: Mapping[str, tuple[str, bytes]]
) -> None:
    """Keep for each stored statement what it names of `files` (type and bytes by hash); what is kept already stays."""
    Attachment.objects.bulk_create(
        [
            Attachment(
                organization_id=organization_id,
                statement_id=statement_id,
                sha2=sha2,
                content_type=kind,
                content=content,
            )
            for statement_id, named in hashes.items()
            for sha2, (kind, content) in files.items()
            if sha2 in named
        ],
        ignore_conflicts=True,
    )


def attachments_of(organization_id: int, statement_ids: Sequence[uuid.UUID]) -> list[Attachment]:
    """Return what came with the statements, each hash once."""
    found = Attachment.objects.filter(organization_id=organization_id, statement_id__in=statement_ids)
    return list({one.sha2: one for one in found.order_by("statement_id", "sha2")}.values())
