"""The company of `bench.reports`, and what is asked of it; imported once Django knows the database."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

import click
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from orgsync.server.directory.models import Group
from orgsync.server.orgs.access import EVERYBODY
from orgsync.server.orgs.models import Organization
from orgsync.server.reports.answers import answer
from orgsync.server.reports.questions import Period, Question, span_of
from orgsync.server.reports.sql import slices_statement

TABLES: Final = (
    *("directory_learner", "directory_learnerchange", "directory_membership"),
    *("learning_activity", "learning_daysum"),
)
_GROUPS: Final = 200
_UNREAD: Final = ("activity_by_learner", "activity_by_content", "activity_by_time")
Asked = tuple[str, int, tuple[Callable[[], object], Callable[[], object]]]


def fill(statements: Sequence[str], *, people: int, deeds: int) -> Organization:
    """Make the tables and fill them; statistics are made anew, as autovacuum would."""
    call_command("migrate", verbosity=0)
    organization = Organization.objects.create(name="Bench")
    now = timezone.now()
    for number in range(_GROUPS):
        Group.objects.create(organization=organization, name=f"G{number}", name_key=f"g{number}", created_at=now)
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
        for index in _UNREAD:
            cursor.execute(f"DROP INDEX {index}")
        for statement in statements:
            cursor.execute(statement, {"organization": organization.pk, "people": people, "deeds": deeds})
        for table in TABLES:
            cursor.execute(f"VACUUM (ANALYZE) {table}")
            cursor.execute(f"SELECT count(*) FROM {table}")
            click.echo(f"{cursor.fetchone()[0]:,} rows in {table}", err=True)
    return organization


def asked_lines(organization: Organization, bare: str, *, plans: bool) -> Iterator[Asked]:
    """Yield what is measured: a name, the days, and the bare SQL beside the report."""
    today = timezone.now().date()
    past = {"period": Period.CHOSEN, "since": today - timedelta(days=290), "until": today - timedelta(days=200)}
    year = {"period": Period.LAST_365}
    lines: list[tuple[str, int, dict[str, Any]]] = [
        ("hours by department", 90, {"measure": "hours"}),
        ("hours by department", 365, {"measure": "hours", **year}),
        ("completions by title", 365, {"measure": "completions", "slice": "work_title", **year}),
        ("hours by custom attribute", 365, {"measure": "hours", "slice": "attribute_office", **year}),
        ("hours by group", 365, {"measure": "hours", "slice": "group", **year}),
        ("people who learned by department", 365, {"measure": "learners", **year}),
        ("people by department", 90, {"measure": "people"}),
        ("hours by department as of 200 days ago", 90, {"measure": "hours", **past}),
        (
            "people by custom attribute as of 200 days ago",
            90,
            {"measure": "people", "slice": "attribute_office", **past},
        ),
        ("hours by group as of 200 days ago", 90, {"measure": "hours", "slice": "group", **past}),
    ]
    for name, days, asked in lines:
        question = Question(**asked)
        if plans:
            _show_plan(name, organization, question)
        yield name, days, (_bare(organization, bare, days), _report(organization, question))


def _bare(organization: Organization, statement: str, days: int) -> Callable[[], object]:
    def run() -> object:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"organization": organization.pk, "days": days})
            return cursor.fetchall()

    return run


def _report(organization: Organization, question: Question) -> Callable[[], object]:
    return lambda: answer(organization, question, EVERYBODY, now=timezone.now())


def _show_plan(name: str, organization: Organization, question: Question) -> None:
    text, values = slices_statement(
        organization.pk, question, span_of(organization, question, timezone.now()), EVERYBODY
    )
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {text}", values)
        click.echo(f"--- {name}\n" + "\n".join(line for (line,) in cursor.fetchall()), err=True)
