"""Rules of groups, changed by people: each change is a job with plan, guards, approval and timeline like any other."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
from django.db import connection, transaction

from orgsync.core.columns import CUSTOM_PREFIX
from orgsync.core.directory import Directory
from orgsync.core.edits import check_edits
from orgsync.core.groupnames import NAME_LENGTH
from orgsync.core.grouprules.book import RuleEdit
from orgsync.core.grouprules.conditions import Condition, RuleError, attributes_of, groups_of
from orgsync.core.grouprules.parsing import to_json
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.core.normalize import fold_key
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from orgsync.core.planning.handrows import HAND_COLUMNS
from orgsync.server.audit import actors
from orgsync.server.directory.models import CustomAttribute, Group
from orgsync.server.directory.rulebook import read_book, read_rules, resolve
from orgsync.server.directory.snapshot import consistent_read, read_directory
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.uploads import audited, tasks
from orgsync.server.uploads.edits import check_may_edit, feed_by_hand
from orgsync.server.uploads.intake import insert_job
from orgsync.server.uploads.media import store_media
from orgsync.server.uploads.models import JobKind, JobRule, MediaKind, UploadJob
from orgsync.server.uploads.rulejobs import circle_in

SAMPLE: Final = 10


@dataclass(frozen=True, slots=True)
class RulePreview:
    """Who would be in a group by a rule, were it saved now."""

    count: int
    sample: tuple[tuple[str, str | None], ...]
    """Address and name of some who would be in."""
    joining: int
    leaving: int
    joining_sample: tuple[tuple[str, str | None], ...]
    leaving_sample: tuple[tuple[str, str | None], ...]


def save_rule(organization: Organization, name: str, condition: Condition, *, by: Account, now: datetime) -> UploadJob:
    """
    Queue the job that gives the group of that name the rule; a group that is not there is made by it.

    The job is planned for everybody and held like any other: until it is applied the group is as it was. Files no
    longer fill a group that has a rule; people who were put in by hand stay. To save the rule that a group has judges
    everybody anew. Raises RuleError for what the rule names and does not exist, for rules that ask about each other
    in a circle, and for a name that no group can have; EditRefused when `by` may not edit.
    """
    check_may_edit(organization, by)
    return _queue(organization, _checked(organization.pk, name, condition), by, now)


def delete_rule_group(organization: Organization, name: str, *, by: Account, now: datetime) -> UploadJob:
    """
    Queue the job that ends a rule group: everybody leaves, and the group goes.

    Raises RuleError when there is no rule group of that name, or another rule asks about it; EditRefused.
    """
    check_may_edit(organization, by)
    group = Group.objects.filter(organization=organization, name_key=fold_key(name.strip()), is_rule=True).first()
    if group is None:
        raise RuleError("", f"There is no rule group {name}.")
    with connection.cursor() as cursor:
        rules = read_rules(cursor, organization.pk)
    asking = [other for other, condition in rules.items() if group.pk in groups_of(condition)]
    if asking:
        names = Group.objects.filter(organization=organization, id__in=asking).order_by("name_key")
        shown = ", ".join(names.values_list("name", flat=True))
        raise RuleError("", f"The rules of these groups ask about {group.name}: {shown}. Change them first.")
    return _queue(organization, RuleEdit(group.name, group.name_key, None), by, now)


def preview_rule(organization: Organization, name: str, condition: Condition, *, now: datetime) -> RulePreview:
    """Return who would be in, join and leave the group by the rule, as the directory is now; raises as `save_rule`.

    Call it outside any transaction.
    """
    edit = _checked(organization.pk, name, condition)
    with consistent_read():
        with connection.cursor() as cursor:
            book = read_book(cursor, organization.pk, edit=edit)
        directory = read_directory(organization.pk, feed_id=None, rules=book)
    file = check_edits(_nobody(), license_keys=())
    plan = build_plan(file.checked, file.layout, directory, Policy(today=now.date(), by_hand=True))
    return _preview(plan, directory, edit)


def _checked(organization_id: int, name: str, condition: Condition) -> RuleEdit:
    """Return the edit with ids in it; raise RuleError."""
    shown = name.strip()
    if not 0 < len(shown) <= NAME_LENGTH:
        raise RuleError("", f"A group's name has 1 to {NAME_LENGTH} characters.")
    _check_attributes(organization_id, condition)
    edit = RuleEdit(shown, fold_key(shown), resolve(organization_id, condition))
    with connection.cursor() as cursor:
        book = read_book(cursor, organization_id, edit=edit)
    if circle := circle_in(book, organization_id):
        raise RuleError("", circle)
    return edit


def _check_attributes(organization_id: int, condition: Condition) -> None:
    asked = {name for name in attributes_of(condition) if name.startswith(CUSTOM_PREFIX)}
    known = CustomAttribute.objects.filter(organization_id=organization_id, name__in=asked)
    missing = sorted(asked - set(known.values_list("name", flat=True)))
    if missing:
        raise RuleError("attribute", f"There is no attribute {missing[0]}.")


def _queue(organization: Organization, edit: RuleEdit, by: Account, now: datetime) -> UploadJob:
    feed = feed_by_hand(organization)
    words = f"{'Delete the rule group' if edit.condition is None else 'Rule of'} {edit.group_name}"
    source = store_media([_nobody()], feed=feed, kind=MediaKind.SOURCE, file_name=words, now=now)
    with transaction.atomic():
        job = insert_job(
            UploadJob(
                organization=organization,
                feed=feed,
                requested_by=by,
                source=source,
                kind=JobKind.EDIT,
                status=JobStatus.QUEUED,
                mode=Mode.CHANGES,
                rows=RowPolicy.GOOD_ROWS,
            )
        )
        JobRule.objects.create(
            organization_id=organization.pk,
            job_id=job.pk,
            group_name=edit.group_name,
            group_key=edit.group_key,
            rule=None if edit.condition is None else to_json(edit.condition),
        )
        tasks.enqueue(job)
        audited.note_accepted(job, by=actors.account(by.pk))
    return job


def _nobody() -> bytes:
    """Return the file of an edit that names nobody."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(["existing_email_address", *HAND_COLUMNS])
    return text.getvalue().encode()


def _preview(plan: Plan, directory: Directory, edit: RuleEdit) -> RulePreview:
    known = [frame.select("group_id", "group_key") for frame in (directory.groups, plan.writes.new_groups)]
    ids = pl.concat(known).filter(group_key=edit.group_key)["group_id"]
    moved = plan.writes.memberships.filter(pl.col("group_id").is_in(ids.implode()))
    stays = directory.memberships.filter(pl.col("group_id").is_in(ids.implode())).join(
        moved, on="learner_id", how="anti"
    )
    inside = pl.concat([stays["learner_id"], moved.filter(pl.col("after") > 0)["learner_id"]])
    joining = moved.filter(pl.col("before") == 0)["learner_id"]
    leaving = moved.filter(pl.col("after") == 0)["learner_id"]
    samples = [_sample(people, directory) for people in (inside, joining, leaving)]
    return RulePreview(inside.len(), samples[0], joining.len(), leaving.len(), samples[1], samples[2])


def _sample(ids: pl.Series, directory: Directory) -> tuple[tuple[str, str | None], ...]:
    some = directory.learners.filter(pl.col("learner_id").is_in(ids.implode())).sort("learner_id").head(SAMPLE)
    name = pl.concat_str("preferred_first_name", "preferred_last_name", separator=" ", ignore_nulls=True)
    shown = some.select("primary_email_address", pl.when(name != "").then(name).alias("name"))
    return tuple((email, found) for email, found in shown.iter_rows())
