"""The company of `bench.reports`, and what is asked of it; imported once Django knows the database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

import click
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from orgsync.server.directory.models import Group
from orgsync.server.orgs.access import EVERYBODY
from orgsync.server.orgs.models import Organization
from orgsync.server.reports.answers import SET_MEMORY, answer
from orgsync.server.reports.questions import Over, Period, Question, span_of
from orgsync.server.reports.series import series_of
from orgsync.server.reports.sql import slices_statement

TABLES: Final = (
    *("directory_learner", "directory_learnerchange", "directory_membership"),
    *("learning_daysum", "learning_monthsum"),
)
_GROUP_COUNT: Final = 200
_JOINED: Final = """
    SELECT {by}, {what}
      FROM learning_daysum AS did JOIN directory_learner AS learner
        ON learner.organization_id = did.organization_id AND learner.id = did.learner_id {groups}
     WHERE did.organization_id = %(organization)s AND is_active AND day > current_date - %(days)s::int
     GROUP BY 1
"""
_PEOPLE: Final = """
    SELECT department_name, count(*) FROM directory_learner
     WHERE organization_id = %(organization)s AND is_active GROUP BY 1
"""
_GROUPS: Final = """
    JOIN directory_membership AS member
      ON member.organization_id = learner.organization_id AND member.learner_id = learner.id
"""
_BY_GROUP: Final = {"by": "member.group_id", "groups": _GROUPS}
_BY_OFFICE: Final = {"by": "learner.custom ->> 'attribute_office'"}
Asked = tuple[str, Callable[[], object], Callable[[], object]]
"""What is asked, the least SQL that answers it from the day sums, and the report."""


def fill(statements: Sequence[str], *, people: int, deeds: int) -> Organization:
    """Make the tables and fill them; statistics are made anew, as autovacuum would."""
    call_command("migrate", verbosity=0)
    organization = Organization.objects.create(name="Bench")
    now = timezone.now()
    for number in range(_GROUP_COUNT):
        Group.objects.create(organization=organization, name=f"G{number}", name_key=f"g{number}", created_at=now)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        for statement in statements:
            cursor.execute(statement, {"organization": organization.pk, "people": people, "deeds": deeds})
        for table in TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
            cursor.execute(f"SELECT count(*) FROM {table}")
            click.echo(f"{cursor.fetchone()[0]:,} rows in {table}", err=True)
    return organization


def backend_id() -> int:
    """Return the id of the process that answers this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def asked_lines(organization: Organization, *, plans: bool) -> Iterator[Asked]:
    """Yield what is measured. Beside a past day stands the SQL for people and days of now: nothing less answers."""
    for name, days, asked, bare in _lines():
        question = Question(**asked)
        if plans:
            _show_plan(name, organization, question)
        yield name, _bare(organization, bare, days), _report(organization, question)


def _lines() -> list[tuple[str, int, dict[str, Any], str]]:
    year, month = {"period": Period.LAST_365}, {"period": Period.LAST_30}
    today = timezone.now().date()
    past = {"period": Period.CHOSEN, "since": today - timedelta(days=290), "until": today - timedelta(days=200)}
    title, office, group = ({"slice": name} for name in ("work_title", "attribute_office", "group"))
    completions = _joined(by="work_title", what="sum(did.completions)")
    learned = _joined(what="count(DISTINCT did.learner_id)")
    by_month = _joined(by="(department_name, date_trunc('month', day::timestamp))")
    people = {"measure": "people"}
    return [
        ("hours by department, a month", 30, month, _joined()),
        ("hours by department, a year", 365, year, _joined()),
        ("hours by custom attribute, a year", 365, office | year, _joined(**_BY_OFFICE)),
        ("completions by title, a year", 365, {"measure": "completions"} | title | year, completions),
        ("hours by group, a month", 30, group | month, _joined(**_BY_GROUP)),
        ("hours by group, a year", 365, group | year, _joined(**_BY_GROUP)),
        ("people who learned by department, a month", 30, {"measure": "learners"} | month, learned),
        ("people who learned by department, a year", 365, {"measure": "learners"} | year, learned),
        ("people by department", 0, people, _PEOPLE),
        ("hours by department as of 200 days ago, 90 days", 90, past, _joined()),
        ("hours by custom attribute as of 200 days ago, 90 days", 90, office | past, _joined(**_BY_OFFICE)),
        ("hours by group as of 200 days ago, 90 days", 90, group | past, _joined(**_BY_GROUP)),
        ("people by department as of 200 days ago", 90, people | past, _PEOPLE),
        ("hours by department, a year, month by month", 365, {"over": Over.MONTH} | year, by_month),
    ]


def _joined(by: str = "department_name", what: str = "sum(did.seconds)", groups: str = "") -> str:
    return _JOINED.format(by=by, what=what, groups=groups)


def _bare(organization: Organization, statement: str, days: int) -> Callable[[], object]:
    def run() -> object:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SET_MEMORY)
            cursor.execute(statement, {"organization": organization.pk, "days": days})
            return cursor.fetchall()

    return run


def _report(organization: Organization, question: Question) -> Callable[[], object]:
    def run() -> object:
        report = answer(organization, question, EVERYBODY, now=timezone.now())
        return series_of(organization, report, EVERYBODY, most=6) if report.has_series else report

    return run


def _show_plan(name: str, organization: Organization, question: Question) -> None:
    text, values = slices_statement(
        organization.pk, question, span_of(organization, question, timezone.now()), EVERYBODY, [question.measured]
    )
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {text}", values)
        click.echo(f"--- {name}\n" + "\n".join(line for (line,) in cursor.fetchall()), err=True)
