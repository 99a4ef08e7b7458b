"""Rules of groups, changed by people: each change is a job with plan, guards, approval and timeline like any other."""

from collections.abc import Callable
from datetime import datetime

from django.db import connection, transaction

from orgsync.core.columns import CUSTOM_PREFIX
from orgsync.core.groupnames import NAME_LENGTH
from orgsync.core.grouprules.book import RuleEdit
from orgsync.core.grouprules.conditions import Condition, RuleError, attributes_of, groups_of
from orgsync.core.grouprules.parsing import to_json
from orgsync.core.normalize import fold_key
from orgsync.server.audit.actors import Actor
from orgsync.server.directory.models import CustomAttribute, Feed, Group
from orgsync.server.directory.rulebook import read_book, read_rules, resolve
from orgsync.server.directory.rulepreview import RulePreview, people_by_rule
from orgsync.server.orgs.access import Permission
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads import tasks
from orgsync.server.uploads.atonce import run_at_once
from orgsync.server.uploads.editrights import check_may_edit
from orgsync.server.uploads.models import JobRule, UploadJob
from orgsync.server.uploads.nobodyjobs import insert_job_of_nobody, job_of_nobody
from orgsync.server.uploads.rulejobs import circle_in


def save_rule(
    organization: Organization,
    name: str,
    condition: Condition,
    *,
    by: Account,
    now: datetime,
    asks_first: bool = False,
) -> UploadJob:
    """
    Queue the job that gives the group of that name the rule; a group that is not there is made by it.

    The job is planned for everybody and held like any other: until it is applied the group is as it was. Files no
    longer fill a group that has a rule; people who were put in by hand stay. To save the rule that a group has judges
    everybody anew. With `asks_first` a plan that moves anybody waits for a confirmation. Raises RuleError for what the
    rule names and does not exist, for rules that ask about each other in a circle, and for a name that no group can
    have; EditRefused when `by` may not edit.
    """
    check_may_edit(organization, by, Permission.EDIT_GROUPS)
    edit = _checked(organization.pk, name, condition)
    return _queue(organization, edit, by, now, words=f"Rule of {edit.group_name}", asks_first=asks_first)


def end_rule(organization: Organization, group: Group, *, by: Account, now: datetime) -> UploadJob:
    """
    Queue the job that ends the rule of a group: who is in by the rule alone leaves, the group stays.

    It waits for a confirmation when anybody leaves. Raises RuleError when the group has no rule; EditRefused.
    """
    check_may_edit(organization, by, Permission.EDIT_GROUPS)
    if not group.is_rule:
        raise RuleError("", f"{group.name} has no rule.")
    edit = RuleEdit(group.name, group.name_key, None, keeps_group=True)
    return _queue(organization, edit, by, now, words=f"End the rule of {group.name}", asks_first=True)


def remove_group(organization: Organization, group: Group, *, by: Account, now: datetime) -> UploadJob:
    """
    Queue the job that removes a group, with a rule or without: everybody leaves, and the group goes.

    It waits for a confirmation when anybody leaves. Raises RuleError when a rule asks about the group; EditRefused.
    """
    check_may_edit(organization, by, Permission.EDIT_GROUPS)
    _check_nobody_asks(organization, group)
    edit = RuleEdit(group.name, group.name_key, None)
    return _queue(organization, edit, by, now, words=f"Remove the group {group.name}", asks_first=True)


def end_group_at_once(
    organization: Organization,
    group: Group,
    feed: Feed,
    *,
    token: AccessToken,
    by: Actor,
    clock: Callable[[], datetime],
) -> UploadJob:
    """
    Remove a group for a token that may, before this returns; return the job, DONE, FAILED or HELD.

    Raises RuleError when a rule asks about the group, DirectoryBusy. Call it outside any transaction.
    """
    _check_nobody_asks(organization, group)
    job = job_of_nobody(organization, feed, f"SCIM: Remove the group {group.name}", now=clock())
    job.token, job.scim = token, {}
    edit = RuleEdit(group.name, group.name_key, None)
    return run_at_once(job, by=by, clock=clock, begin=lambda made: _keep_rule(made, edit))


def delete_rule_group(organization: Organization, name: str, *, by: Account, now: datetime) -> UploadJob:
    """
    Queue the job that ends a rule group: everybody leaves, and the group goes.

    Raises RuleError when there is no rule group of that name, or another rule asks about it; EditRefused.
    """
    check_may_edit(organization, by, Permission.EDIT_GROUPS)
    group = Group.objects.filter(organization=organization, name_key=fold_key(name.strip()), is_rule=True).first()
    if group is None:
        raise RuleError("", f"There is no rule group {name}.")
    _check_nobody_asks(organization, group)
    edit = RuleEdit(group.name, group.name_key, None)
    return _queue(organization, edit, by, now, words=f"Delete the rule group {group.name}", asks_first=False)


def _check_nobody_asks(organization: Organization, group: Group) -> None:
    with connection.cursor() as cursor:
        rules = read_rules(cursor, organization.pk)
    asking = [other for other, condition in rules.items() if group.pk in groups_of(condition)]
    if asking:
        names = Group.objects.filter(organization=organization, id__in=asking).order_by("name_key")
        shown = ", ".join(names.values_list("name", flat=True))
        raise RuleError("", f"The rules of these groups ask about {group.name}: {shown}. Change them first.")


def preview_rule(organization: Organization, name: str | None, condition: Condition) -> RulePreview:
    """Return who would be in, join and leave the group by the rule, as the directory is now; raises as `save_rule`.

    None stands for a group that has no name yet. Call it outside any transaction.
    """
    edit = _checked(organization.pk, name, condition)
    assert edit.condition is not None  # nosec B101 - what is checked is the condition given
    group = Group.objects.filter(organization=organization, name_key=edit.group_key).first()
    return people_by_rule(organization.pk, edit.condition, None if group is None else group.pk)


def _checked(organization_id: int, name: str | None, condition: Condition) -> RuleEdit:
    """Return the edit with ids in it; raise RuleError."""
    shown = "" if name is None else name.strip()
    if name is not None and not 0 < len(shown) <= NAME_LENGTH:
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


def _queue(
    organization: Organization, edit: RuleEdit, by: Account, now: datetime, *, words: str, asks_first: bool
) -> UploadJob:
    with transaction.atomic():
        job = insert_job_of_nobody(organization, words, by=by, now=now, asks_first=asks_first)
        _keep_rule(job, edit)
        tasks.enqueue(job)
    return job


def _keep_rule(job: UploadJob, edit: RuleEdit) -> None:
    JobRule.objects.create(
        organization_id=job.organization_id,
        job_id=job.pk,
        group_name=edit.group_name,
        group_key=edit.group_key,
        rule=None if edit.condition is None else to_json(edit.condition),
        keeps_group=edit.keeps_group,
    )
