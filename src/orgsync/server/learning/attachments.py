"""The bytes that statements came with."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from django.db import connection

from orgsync.server.learning.models import Attachment

# A file goes to the database once, however many statements it belongs to.
_KEEP: Final = """
    INSERT INTO learning_attachment (organization_id, statement_id, sha2, content_type, content)
    SELECT %(organization)s, named.statement_id, file.sha2, file.content_type, file.content
      FROM unnest(%(statements)s::uuid[], %(named)s::text[]) AS named (statement_id, sha2)
      JOIN unnest(%(hashes)s::text[], %(types)s::text[], %(contents)s::bytea[]) AS file (sha2, content_type, content)
        ON file.sha2 = named.sha2
        ON CONFLICT DO NOTHING
"""


def keep_attachments(
    organization_id: int, hashes: Mapping[uuid.UUID, Collection[str]], files: Mapping[str, tuple[str, bytes]]
) -> None:
    """Keep for each stored statement what it names of `files` (type and bytes by hash); what is kept already stays."""
    if not files:
        return
    pairs = [(statement_id, sha2) for statement_id, named in hashes.items() for sha2 in named]
    values: dict[str, Any] = {
        "organization": organization_id,
        "statements": [statement_id for statement_id, _ in pairs],
        "named": [sha2 for _, sha2 in pairs],
        "hashes": list(files),
        "types": [kind for kind, _ in files.values()],
        "contents": [content for _, content in files.values()],
    }
    with connection.cursor() as cursor:
        cursor.execute(_KEEP, values)


def attachments_of(organization_id: int, statement_ids: Sequence[uuid.UUID]) -> list[Attachment]:
    """Return what came with the statements, each hash once."""
    found = Attachment.objects.filter(organization_id=organization_id, statement_id__in=statement_ids)
    return list({one.sha2: one for one in found.order_by("statement_id", "sha2")}.values())
