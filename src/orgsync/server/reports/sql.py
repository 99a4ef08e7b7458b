"""The SQL of reports: what people did or have, added up by slice, and by week or month."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from orgsync.server.orgs.access import People
from orgsync.server.reports.measures import Kind, Measure
from orgsync.server.reports.people import people_sql
from orgsync.server.reports.questions import Over, Question, Span
from orgsync.server.reports.sums import ANYTHING, parts_of, sums_sql

Statement = tuple[str, dict[str, Any]]

_LICENSES_NOW: Final = """
    SELECT learner_id, 1 AS value0 FROM directory_licenseassignment
     WHERE organization_id = %(organization)s AND state = 'active'
"""
_LICENSES_THEN: Final = """
    SELECT learner_id, 1 AS value0 FROM directory_licenseassignment
     WHERE organization_id = %(organization)s AND state = 'active' AND since < %(moment)s
     UNION ALL
    SELECT learner_id, 1 FROM directory_pastlicense
     WHERE organization_id = %(organization)s AND state = 'active' AND since < %(moment)s AND until >= %(moment)s
"""
_ASSIGNMENTS: Final = """
    SELECT learner_id, 1 AS value0{bucket}
      FROM (SELECT learner_id, state, since, due_on, until FROM learning_learnerassignment
             WHERE organization_id = %(organization)s
             UNION ALL
            SELECT learner_id, 'closed', since, due_on, until FROM learning_pastlearnerassignment
             WHERE organization_id = %(organization)s) AS given
     WHERE given.since < %(end)s AND ({condition})
"""
# A slice of people without a value is one, too: GROUP BY keeps what a join by equality would lose.
_SLICES: Final = """
    WITH {later} person AS {once} MATERIALIZED ({people})
    SELECT slice, sum(people) AS people, {totals}
      FROM (SELECT slice, count(*) AS people, {nothing} FROM person GROUP BY slice
            UNION ALL {added}) AS part
     GROUP BY slice
     ORDER BY 3 DESC, 2 DESC, slice
"""
_ADDED: Final = """
    SELECT person.slice, 0, {values}
      FROM ({deeds}) AS did JOIN person ON person.id = did.learner_id
     GROUP BY person.slice
"""
_COUNTED: Final = "SELECT slice, 0, {values} FROM person WHERE {which} GROUP BY slice"
_SERIES: Final = """
    WITH {later} person AS {once} MATERIALIZED ({people})
    SELECT person.slice, did.bucket, {value} AS value
      FROM ({deeds}) AS did JOIN person ON person.id = did.learner_id
     WHERE {wanted}
     GROUP BY person.slice, did.bucket
"""
_EACH_ONCE: Final = "SELECT DISTINCT * FROM ({deeds}) AS each"
_WANTED: Final = "(person.slice = ANY (%(wanted)s) OR %(wants_none)s AND person.slice IS NULL)"
_PEOPLE_LISTED: Final = """
    WITH {later} person AS ({people}),
    counted AS (
        SELECT person.id, {amount} AS value
          FROM person {joined}
         WHERE person.slice IS NOT DISTINCT FROM %(wanted)s
         GROUP BY person.id)
    SELECT counted.id, counted.value, named.preferred_first_name, named.preferred_last_name,
           named.primary_email_address
      FROM counted
      LEFT JOIN directory_learner AS named ON named.organization_id = %(organization)s AND named.id = counted.id
     WHERE %(after_id)s::bigint IS NULL OR (counted.value, counted.id) < (%(after_value)s::bigint, %(after_id)s::bigint)
     ORDER BY counted.value DESC, counted.id DESC
     LIMIT %(limit)s
"""


def slices_statement(
    organization_id: int, asked: Question, span: Span, people: People, measures: Sequence[Measure]
) -> Statement:
    """
    Return a query for `slice` (text, null where people have no value), `people`, and each of the measures.

    The highest value of the first measure comes first. Sums of activity are read once for all measures.
    """
    later, persons, values = people_sql(organization_id, asked, span, people)
    zeros = ["0"] * len(measures)
    sums = {place: measure for place, measure in enumerate(measures) if measure.kind is Kind.DAYS}
    others = [(place, measure) for place, measure in enumerate(measures) if measure.kind is not Kind.DAYS]
    added = [_added_one(measure, place, zeros, span) for place, measure in others]
    if sums:
        deeds = sums_sql(parts_of(span.first, span.last), [measure.value for measure in sums.values()])
        totals = {place: f"sum(did.value{number})" for number, place in enumerate(sums)}
        added.append(_ADDED.format(values=_columns(zeros, totals), deeds=deeds))
    text = _SLICES.format(
        later=later,
        once=_once(span),
        people=persons,
        nothing=_columns([f"0 AS value{place}" for place in range(len(measures))], {}),
        totals=", ".join(f"sum(value{place})" for place in range(len(measures))),
        added=" UNION ALL ".join(added),
    )
    return text, values | parts_of(span.first, span.last).values()


def series_statement(
    organization_id: int, asked: Question, span: Span, people: People, *, wanted: Sequence[str | None] | None
) -> Statement:
    """
    Return a query for `slice`, the first day of a week or month as `bucket`, and `value`, where there is any.

    `wanted` are slices, None among them for people who have no value; without it, all.
    """
    later, persons, values = people_sql(organization_id, asked, span, people)
    measure, parts = asked.measured, parts_of(span.first, span.last, has_months=asked.over is Over.MONTH)
    over, total = asked.over.value, "sum(did.value0)"
    if measure.kind is Kind.LEARNERS:
        total = "count(*)"
        deeds = _EACH_ONCE.format(deeds=sums_sql(parts, (), only=ANYTHING, over=over))
    elif measure.kind is Kind.DAYS:
        deeds = sums_sql(parts, [measure.value], over=over)
    else:
        bucket = f", date_trunc('{over}', given.until AT TIME ZONE %(zone)s)::date AS bucket"
        deeds = _ASSIGNMENTS.format(condition=measure.value, bucket=bucket)
    text = _SERIES.format(
        later=later,
        once=_once(span),
        people=persons,
        value=total,
        deeds=deeds,
        wanted="true" if wanted is None else _WANTED,
    )
    known = {"wanted": [key for key in wanted or () if key is not None], "wants_none": None in (wanted or ())}
    return text, values | parts.values() | known


def people_statement(
    organization_id: int,
    asked: Question,
    span: Span,
    people: People,
    *,
    wanted: str | None,
    after: tuple[int, int] | None,
    limit: int | None,
) -> Statement:
    """Return a query for the people of one slice with their value, the highest first, after `(value, id)`."""
    later, persons, values = people_sql(organization_id, asked, span, people)
    measure = asked.measured
    joined, amount = "", "1"
    if measure.kind is not Kind.PEOPLE:
        joined = f"LEFT JOIN ({_deeds(measure, span)}) AS did ON did.learner_id = person.id"
        amount = "coalesce(sum(did.value0), 0)"
        if measure.kind is Kind.LEARNERS:
            amount = "(count(did.learner_id) > 0)::int"
    text = _PEOPLE_LISTED.format(later=later, people=persons, joined=joined, amount=amount)
    value, last = after or (None, None)
    values |= parts_of(span.first, span.last).values()
    return text, {**values, "wanted": wanted, "after_value": value, "after_id": last, "limit": limit}


def _added_one(measure: Measure, place: int, zeros: Sequence[str], span: Span) -> str:
    """Return a query that adds up a measure which is not a sum of activity, in its column."""
    if measure.kind is Kind.PEOPLE:
        return _COUNTED.format(values=_columns(zeros, {place: "count(*)"}), which="true")
    if measure.kind is Kind.LEARNERS:
        return _COUNTED.format(values=_columns(zeros, {place: "count(*)"}), which=f"id IN ({_deeds(measure, span)})")
    return _ADDED.format(values=_columns(zeros, {place: "sum(did.value0)"}), deeds=_deeds(measure, span))


def _columns(zeros: Sequence[str], totals: Mapping[int, str]) -> str:
    return ", ".join(totals.get(place, zero) for place, zero in enumerate(zeros))


def _once(span: Span) -> str:
    """People of now are read twice, on several cores; those of a past day are worked out once."""
    return "" if span.moment else "NOT"


def _deeds(measure: Measure, span: Span) -> str:
    """Return a query for `learner_id` and, save for people who learned, `value0`."""
    if measure.kind is Kind.LICENSES:
        return _LICENSES_THEN if span.moment else _LICENSES_NOW
    if measure.kind is Kind.ASSIGNMENTS:
        return _ASSIGNMENTS.format(condition=measure.value, bucket="")
    parts = parts_of(span.first, span.last)
    return sums_sql(parts, (), only=ANYTHING) if measure.kind is Kind.LEARNERS else sums_sql(parts, [measure.value])
