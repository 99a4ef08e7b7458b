"""What a job that changes a rule does differently: the rule comes with it, and everybody is judged anew."""

from typing import Any

from django.db import connection

from orgsync.core.errors import OrgSyncError
from orgsync.core.grouprules.book import RuleBook, RuleCircle, RuleEdit, in_order
from orgsync.core.grouprules.parsing import parse_rule, to_json
from orgsync.core.normalize import fold_key
from orgsync.core.plan import Writes
from orgsync.server.directory.models import Group
from orgsync.server.directory.rulebook import read_book
from orgsync.server.uploads.models import JobKind, JobRule, UploadJob

CIRCLE = "rule_circle"
"""Code of the reason for which such a job fails when other rules have changed since it was asked for."""


class RuleLost(OrgSyncError):
    """The job's rule no longer fits the rules that there are; the attempt must not be committed."""

    def __init__(self, job: UploadJob) -> None:
        self.job_id = job.pk
        super().__init__(f"The rule of job {job.public_id} asks, through others, about its own group.")


def book_of(job: UploadJob) -> RuleBook:
    """Return the rules that the job's plan is made with, in the current transaction's look.

    What was left by "additions now" is planned for everybody: whom a rule kept in a group then, nothing touches now.
    An edit that would close a circle is left out; `circle_of` says so.
    """
    with connection.cursor() as cursor:
        book = read_book(cursor, job.organization_id, edit=edit_of(job), checks_everybody=job.rest_of_id is not None)
    return book if circle_in(book, job.organization_id) is None else RuleBook(book.rules)


def edit_of(job: UploadJob) -> RuleEdit | None:
    """Return what the job does to a rule: its own edit, or the contrary of that of the job which it undoes."""
    if job.kind == JobKind.UNDO:
        return None if job.chosen else _contrary(job)
    if job.kind != JobKind.EDIT or (stored := _stored(job.organization_id, job.pk)) is None:
        return None
    return _edit(stored, stored.rule, keeps_group=stored.keeps_group)


def _contrary(job: UploadJob) -> RuleEdit | None:
    """Return what takes the undone job's rule back, unless the group has got another rule since."""
    undone = None if job.undoes_id is None else _stored(job.organization_id, job.undoes_id)
    if undone is None:
        return None
    group = Group.objects.filter(organization_id=job.organization_id, name_key=undone.group_key)
    if group.values_list("rule", flat=True).first() != undone.rule:
        return None
    return _edit(undone, undone.rule_before, keeps_group=not undone.makes_group)


def _stored(organization_id: int, job_id: int) -> JobRule | None:
    return JobRule.objects.filter(organization_id=organization_id, job_id=job_id).first()


def _edit(stored: JobRule, rule: Any, *, keeps_group: bool) -> RuleEdit:
    condition = None if rule is None else parse_rule(rule)
    return RuleEdit(stored.group_name, stored.group_key, condition, keeps_group=condition is None and keeps_group)


def circle_of(job: UploadJob) -> str | None:
    """Say in words why the job's edit cannot be planned, if so: rules would ask about each other in a circle."""
    edit = edit_of(job)
    if edit is None:
        return None
    with connection.cursor() as cursor:
        book = read_book(cursor, job.organization_id, edit=edit)
    return circle_in(book, job.organization_id)


def circle_in(book: RuleBook, organization_id: int) -> str | None:
    """Say in words which circle the book's rules form with its edit; None when there is none."""
    if book.edit is None or book.edit.condition is None:
        return None
    groups = Group.objects.filter(organization_id=organization_id)
    found = groups.filter(name_key=book.edit.group_key)
    edited = dict.fromkeys(found.values_list("id", flat=True), book.edit.condition)
    try:
        in_order({**book.rules, **edited})
    except RuleCircle as circle:
        names = dict(groups.filter(id__in=circle.groups).values_list("id", "name"))
        return RuleCircle(circle.groups, names).problem
    return None


def note_rule(job: UploadJob, writes: Writes) -> None:
    """Keep, in the transaction that applies the job, what it did to a rule, for an undo. Raises RuleLost."""
    applied = writes.rule
    if applied is None:
        if circle_of(job) is not None:
            raise RuleLost(job)
        return
    before, after = (None if one is None else to_json(one) for one in (applied.before, applied.after))
    makes_group = applied.group_id < 0 or applied.group_id in writes.restored_groups["group_id"]
    values = {"rule": after, "rule_before": before, "makes_group": makes_group}
    named = {"group_name": applied.group_name, "group_key": fold_key(applied.group_name)}
    JobRule.objects.update_or_create(
        organization_id=job.organization_id, job_id=job.pk, defaults=values, create_defaults=values | named
    )
