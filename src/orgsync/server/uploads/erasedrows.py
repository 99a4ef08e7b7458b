"""What a job's file says of people who were erased, found before anything is planned."""

from dataclasses import dataclass, replace

import polars as pl

from orgsync.core.directory import Directory
from orgsync.core.issuerows import no_issues
from orgsync.core.issues import ERASED_PERSON
from orgsync.core.plan import Plan
from orgsync.core.planning.erased import refuse_erased, unknown_keys
from orgsync.core.rows import CheckedRows
from orgsync.server.directory.tombstones import erased_among, has_tombstones


@dataclass(frozen=True, slots=True)
class WithoutErased:
    """Rows of which none plans anything for an erased person, and what was found."""

    checked: CheckedRows
    issues: pl.DataFrame

    def settle(self, plan: Plan) -> Plan:
        """Return the plan without erased people among the rows that name nobody: who they are is known well enough."""
        erased = self.issues.filter(pl.col("code") == ERASED_PERSON.code)["row_number"].to_list()
        return replace(plan, unidentified_rows=tuple(row for row in plan.unidentified_rows if row not in set(erased)))


def without_erased(checked: CheckedRows, directory: Directory, *, organization_id: int) -> WithoutErased:
    """Refuse the rows that name people whom the organization has erased."""
    if not has_tombstones(organization_id):
        return WithoutErased(checked, no_issues())
    emails, ids = unknown_keys(checked, directory)
    erased_emails, erased_ids = erased_among(organization_id, emails.to_list(), ids.to_list())
    return WithoutErased(*refuse_erased(checked, erased_emails, erased_ids))
