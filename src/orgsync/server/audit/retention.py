"""Take old entries off the beginning of a log; what remains still verifies."""

from datetime import datetime

from django.db import connection, transaction

from orgsync.server.audit.actions import Action
from orgsync.server.audit.actors import SYSTEM
from orgsync.server.audit.log import lock_head, record
from orgsync.server.audit.models import AuditEntry

SET_CHECKPOINT = "UPDATE audit_audithead SET kept_from = %s, kept_after = %s WHERE organization_id = %s"


def trim_log(organization_id: int, *, before: datetime, at: datetime) -> int:
    """
    Remove the entries that are older than `before`, up to the first that is not; return how many.

    Head and a new entry note where the log begins now, so that a beginning that somebody else cut off is found.
    """
    with transaction.atomic():
        head = lock_head(organization_id)
        kept = AuditEntry.objects.filter(organization_id=organization_id, at__gte=before)
        first = kept.order_by("number").values_list("number", "previous").first()
        number, previous = first or (head.number + 1, head.hash)
        if number <= head.kept_from:
            return 0
        with connection.cursor() as cursor:
            cursor.execute(SET_CHECKPOINT, [number, bytes(previous), organization_id])
        AuditEntry.objects.filter(organization_id=organization_id, number__lt=number).delete()
        noted = {"kept_from": number, "kept_after": bytes(previous).hex(), "removed": number - head.kept_from}
        record(organization_id, Action.AUDIT_TRIMMED, noted, at=at, by=SYSTEM)
        return int(number - head.kept_from)
