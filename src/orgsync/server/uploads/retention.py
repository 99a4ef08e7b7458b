"""How long stored files are kept, what attempts that were lost have left, and what applications no longer use."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection, transaction

from orgsync.server.uploads.models import Media
from orgsync.server.uploads.rewriting import delete_objects

LEFT_OVER_AFTER: Final = timedelta(days=1)
ENDED_TOKENS_STAY: Final = timedelta(days=1)
"""So that whoever calls with one is told that it has expired, not that it is unknown."""
DELETED_AGAIN_FOR: Final = timedelta(days=7)
"""For so long after its row says that a file is removed its bytes are deleted again: the last sweep may have been
cut off between the two."""

# Never a file of a job that is yet to run, runs, or waits for a person's word.
_UNUSED: Final = """
    NOT EXISTS (SELECT FROM uploads_uploadjob AS job
                 WHERE job.organization_id = media.organization_id
                   AND media.id IN (job.source_id, job.result_id, job.plan_id, job.approved_plan_id)
                   AND job.status IN ('CREATED', 'QUEUED', 'PROCESSING', 'HELD'))
"""
_FIND_OLD: Final = f"""
    SELECT media.id
      FROM uploads_media AS media JOIN orgs_organization AS organization ON organization.id = media.organization_id
     WHERE media.removed_at IS NULL
       AND media.created_at < %(now)s - interval '1 day'
           * CASE media.kind WHEN 'source' THEN organization.source_days ELSE organization.result_days END
       AND {_UNUSED}
     ORDER BY media.id
       FOR UPDATE OF media SKIP LOCKED
"""  # noqa: S608
# Looked at once more, now that the rows are locked: whoever starts a job for a file locks it too.
_REMOVE_OLD: Final = f"""
    UPDATE uploads_media AS media SET removed_at = %(now)s
     WHERE media.id = ANY (%(found)s) AND {_UNUSED}
"""  # noqa: S608
_FIND_REMOVED: Final = "SELECT storage_key FROM uploads_media WHERE removed_at BETWEEN %s AND %s"
# The results that a held job once showed have been handed out, although the job names others by now.
_FIND_LEFT_OVER: Final = """
    SELECT media.id, media.storage_key
      FROM uploads_media AS media
     WHERE media.kind IN ('plan', 'result')
       AND media.removed_at IS NULL
       AND media.created_at < %s
       AND NOT EXISTS (SELECT FROM uploads_uploadjob AS job
                        WHERE job.organization_id = media.organization_id
                          AND media.id IN (job.result_id, job.plan_id, job.approved_plan_id))
       AND NOT EXISTS (SELECT FROM uploads_uploadjob AS job
                        WHERE job.organization_id = media.organization_id
                          AND job.held_at IS NOT NULL
                          AND media.file_name = 'results-' || job.public_id || '.csv')
"""
# What a token has sent goes on naming it.
_FORGET_TOKENS: Final = """
    DELETE FROM tokens_accesstoken AS token
     WHERE token.application_id IS NOT NULL
       AND token.expires_at < %s
       AND NOT EXISTS (SELECT FROM uploads_media AS media
                        WHERE media.organization_id = token.organization_id AND media.token_id = token.id)
       AND NOT EXISTS (SELECT FROM uploads_uploadjob AS job
                        WHERE job.organization_id = token.organization_id AND job.token_id = token.id)
"""


def remove_old_files(now: datetime) -> int:
    """Remove the bytes of files older than their organization keeps them; return how many. Their rows stay.

    Rows first, bytes after: a file that a row speaks of is always there. Bytes whose deletion was cut off go with a
    later sweep.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_FIND_OLD, {"now": now})
        found = [media_id for (media_id,) in cursor.fetchall()]
        cursor.execute(_REMOVE_OLD, {"now": now, "found": found})
        removed = int(cursor.rowcount)
    delete_objects(_lately_removed(now))
    return removed


def remove_left_over(now: datetime) -> int:
    """Remove plans and results that no job names and that are older than a day, rows and all; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FIND_LEFT_OVER, [now - LEFT_OVER_AFTER])
        found = cursor.fetchall()
    delete_objects(key for _, key in found)
    # Global by design: these rows belong to nothing.
    Media.objects.filter(id__in=[media_id for media_id, _ in found]).delete()
    return len(found)


def forget_application_tokens(now: datetime) -> int:
    """Delete tokens of applications, of all organizations, that ended a day ago and sent nothing; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_TOKENS, [now - ENDED_TOKENS_STAY])
        return int(cursor.rowcount)


def _lately_removed(now: datetime) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_FIND_REMOVED, [now - DELETED_AGAIN_FOR, now])
        return [key for (key,) in cursor.fetchall()]
