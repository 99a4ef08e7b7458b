"""How long the audit log is kept."""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from orgsync.server.audit.retention import trim_log

_FIND_OLD: Final = """
    SELECT organization.id, organization.audit_days
      FROM orgs_organization AS organization
      JOIN audit_audithead AS head ON head.organization_id = organization.id
      JOIN audit_auditentry AS first
        ON first.organization_id = organization.id AND first.number = head.kept_from
     WHERE first.at < %s - organization.audit_days * interval '1 day'
     ORDER BY organization.id
"""


def trim_audit_logs(now: datetime) -> int:
    """Remove the entries that are older than their organization keeps them; return how many.

    Each log is a chain and a transaction of its own; one whose first entry is young enough is not touched.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIND_OLD, [now])
        old = cursor.fetchall()
    return sum(trim_log(organization_id, before=now - timedelta(days=days), at=now) for organization_id, days in old)
