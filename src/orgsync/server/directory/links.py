"""Write what belongs to learners: memberships, licenses, permissions, claims. Always as sets.

A membership, a license and a claim are spans. Whatever ends or changes one (its reasons, its state) closes the span:
the row as it was goes to the table of the past with `until`, and the row as it is begins at the same moment. So the
directory of any moment can be read (`since` <= moment < `until`), and an undo finds what a job ended by `until_job_id`
and what it began by `since_job_id`. Only a place on the waiting list changes without a trace; the span that ends
keeps the last one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl
from django.db.backends.utils import CursorWrapper
from psycopg.sql import SQL, Composable, Identifier

from orgsync.server.directory.copying import copy_frame, staged
from orgsync.server.directory.misfit import check_count

_MATCHES: Final = """
     WHERE link.organization_id = {organization} AND link.learner_id = planned.learner_id
       AND link.{other} = planned.{other} AND link.{value} = planned.before
"""
_KEEP: Final = """
    INSERT INTO {past} ({kept}, until, until_job_id)
    SELECT {kept_links}, {at}, {job}
      FROM {table} AS link, planned_link AS planned
"""
# A trigger gives the version its number.
_TOUCH: Final = """
    UPDATE directory_learner AS learner SET version = learner.version
      FROM unnest(%s::bigint[]) AS begun (learner_id)
     WHERE learner.organization_id = %s AND learner.id = begun.learner_id
       AND learner.version <> pg_current_xact_id()::text::bigint
"""
_END: Final = "DELETE FROM {table} AS link USING planned_link AS planned"
_CHANGE: Final = "UPDATE {table} AS link SET {values} FROM planned_link AS planned"


@dataclass(frozen=True, slots=True)
class _LinkTable:
    """One table of links: what it is keyed by beside the learner, and the value that a plan moves."""

    name: str
    other: str
    value: str
    past: str = ""
    kept: Sequence[str] = ()
    """Columns of a span that go to the table of the past."""
    extra: Sequence[str] = ()
    """Further planned columns that a link takes over."""


_SPAN: Final = ("since", "since_job_id")
_MEMBERSHIPS: Final = _LinkTable(
    "directory_membership",
    "group_id",
    "reasons",
    past="directory_pastmembership",
    kept=("organization_id", "learner_id", "group_id", "reasons", *_SPAN),
)
_LICENSES: Final = _LinkTable(
    "directory_licenseassignment",
    "pool_id",
    "state",
    past="directory_pastlicense",
    kept=("organization_id", "learner_id", "pool_id", "state", "is_by_hand", "position", *_SPAN),
    extra=("position",),
)
_PERMISSIONS: Final = _LinkTable("directory_permissiongrant", "permission", "scope")
_CLAIMS: Final = "directory_claim"


@dataclass(frozen=True, slots=True)
class LinkWriter:
    """Writes links of one organization for one job (None: by hand), all at the moment `at`.

    The frames are those of `core.plan.Writes` with real ids. Each method raises WritesMisfit when a link is not in
    the state that the plan saw, and Django's IntegrityError when one that is to be made exists.
    """

    cursor: CursorWrapper
    organization_id: int
    job_id: int | None
    at: datetime
    first_new_id: int | None = None
    """From this id on people were made in the same transaction, and need not be touched."""

    def write_memberships(self, memberships: pl.DataFrame) -> None:
        nothing_is_null = memberships.with_columns(pl.col("before", "after").replace(0, None))
        self._write(_MEMBERSHIPS, nothing_is_null)

    def write_licenses(self, licenses: pl.DataFrame) -> None:
        if "is_by_hand" in licenses.columns:
            self._write(replace(_LICENSES, extra=(*_LICENSES.extra, "is_by_hand")), licenses)
        else:
            self._write(_LICENSES, licenses, is_by_hand=pl.lit(value=False))

    def write_permissions(self, permissions: pl.DataFrame) -> None:
        self._write(_PERMISSIONS, permissions)

    def write_claims(self, claims: pl.DataFrame, feed_id: int) -> None:
        """Begin the feed's claims that are new, and end those that are lost.

        New ones have the fingerprint, version and epoch that `claims` gives, if any.
        """
        lost = claims.filter(~pl.col("is_claimed")).select("learner_id")
        if not lost.is_empty():
            with staged(self.cursor, "planned_link", lost.sort("learner_id"), like=_CLAIMS):
                self.cursor.execute(_KEEP_CLAIMS, [self.at, self.job_id, self.organization_id, feed_id])
                self.cursor.execute(_DROP_CLAIMS, [self.organization_id, feed_id])
                check_count(_CLAIMS, expected=lost.height, found=self.cursor.rowcount)
        known = [name for name in ("fingerprint", "version", "epoch") if name in claims.columns]
        new = claims.filter("is_claimed").select("learner_id", *known).sort("learner_id")
        columns = {"organization_id": pl.lit(self.organization_id), "feed_id": pl.lit(feed_id), **self._span}
        copy_frame(self.cursor, _CLAIMS, new, shape=lambda part: part.with_columns(**columns))

    @property
    def _span(self) -> dict[str, pl.Expr]:
        return {"since": pl.lit(self.at.isoformat()), "since_job_id": pl.lit(self.job_id, pl.Int64)}

    def _write(self, table: _LinkTable, links: pl.DataFrame, **born_with: pl.Expr) -> None:
        """End, change and begin links, in that order, so that what is freed may be taken."""
        links = links.sort("learner_id", table.other)
        known = links.filter(pl.col("before").is_not_null())
        if not known.is_empty():
            sources = {"before": table.value, "after": table.value}
            with staged(self.cursor, "planned_link", known, like=table.name, sources=sources):
                self._move(table, known)
        self._begin(table, links.filter(pl.col("before").is_null()), **born_with)

    def _move(self, table: _LinkTable, known: pl.DataFrame) -> None:
        ended = known["after"].null_count()
        stays_put = known.filter(pl.col("before") == pl.col("after")).height
        if table.past:
            condition = "AND planned.after IS DISTINCT FROM planned.before"
            self._run(_KEEP, table, condition, expected=known.height - stays_put)
        if ended:
            self._run(_END, table, "AND planned.after IS NULL", expected=ended)
        if ended < known.height:
            self._run(_CHANGE, table, "AND planned.after IS NOT NULL", expected=known.height - ended)

    def _run(self, statement: str, table: _LinkTable, condition: str, *, expected: int) -> None:
        kept = [Identifier(column) for column in table.kept]
        self.cursor.execute(
            SQL(statement + _MATCHES + condition).format(
                table=Identifier(table.name),
                past=Identifier(table.past),
                other=Identifier(table.other),
                value=Identifier(table.value),
                values=self._changed_values(table),
                kept=SQL(", ").join(kept),
                kept_links=SQL(", ").join(SQL("link.{}").format(column) for column in kept),
                organization=self.organization_id,
                at=self.at,
                job=self.job_id,
            )
        )
        check_count(table.name, expected=expected, found=self.cursor.rowcount)

    def _changed_values(self, table: _LinkTable) -> Composable:
        values = [SQL("{} = planned.after").format(Identifier(table.value))]
        values += [SQL("{column} = planned.{column}").format(column=Identifier(column)) for column in table.extra]
        if table.past:
            span = "since = CASE WHEN planned.after = planned.before THEN link.since ELSE {} END"
            job = "since_job_id = CASE WHEN planned.after = planned.before THEN link.since_job_id ELSE {} END"
            values += [SQL(span).format(self.at), SQL(job).format(self.job_id)]
        return SQL(", ").join(values)

    def _begin(self, table: _LinkTable, begun: pl.DataFrame, **born_with: pl.Expr) -> None:
        def as_rows(part: pl.DataFrame) -> pl.DataFrame:
            columns = {"organization_id": pl.lit(self.organization_id), **born_with}
            columns |= self._span if table.past else {}
            return part.rename({"after": table.value}).drop("before").with_columns(**columns)

        copy_frame(self.cursor, table.name, begun, shape=as_rows)
        if table.past:
            self._touch(begun)

    def _touch(self, begun: pl.DataFrame) -> None:
        """Raise the versions of the people whose spans a job begins; triggers do it for every other write of a link."""
        people = begun["learner_id"].unique()
        if self.first_new_id is not None:
            people = people.filter(people < self.first_new_id)
        if self.job_id is not None and not people.is_empty():
            self.cursor.execute(_TOUCH, [people.sort().to_list(), self.organization_id])


_KEEP_CLAIMS: Final = """
    INSERT INTO directory_pastclaim (organization_id, learner_id, feed_id, since, since_job_id, until, until_job_id)
    SELECT claim.organization_id, claim.learner_id, claim.feed_id, claim.since, claim.since_job_id, %s, %s
      FROM directory_claim AS claim, planned_link AS planned
     WHERE claim.organization_id = %s AND claim.feed_id = %s AND claim.learner_id = planned.learner_id
"""
_DROP_CLAIMS: Final = """
    DELETE FROM directory_claim AS claim
     USING planned_link AS planned
     WHERE claim.organization_id = %s AND claim.feed_id = %s AND claim.learner_id = planned.learner_id
"""
