"""Run a case through the server: a real organization, a stored file, a job, the pipeline on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from django.db import connection, transaction
from psycopg.sql import SQL, Identifier

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.core.grouprules.parsing import to_json
from orgsync.core.grouprules.where import parse_where
from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import (
    Claim,
    CustomAttribute,
    Feed,
    Group,
    Learner,
    LearnerInvitation,
    LicenseAssignment,
    Membership,
    Override,
    PermissionGrant,
    Pool,
)
from orgsync.server.directory.rulebook import resolve
from orgsync.server.learning.models import Assignment, Content, LearnerAssignment
from orgsync.server.orgs.models import Account, Admin, Organization, Role
from orgsync.server.tokens.models import AccessToken
from orgsync.server.uploads import transitions
from orgsync.server.uploads.intake import start_job
from orgsync.server.uploads.media import read_verified, store_media
from orgsync.server.uploads.models import AppliedEffect, Media, MediaKind, UploadJob
from orgsync.server.uploads.pipeline import process
from orgsync.server.uploads.reporting import read_plan
from tests.cases.before import custom_of, override_target, read_audience, read_due, read_standing
from tests.cases.state import (
    by_name,
    license_words,
    read_license,
    reason_mask,
    reason_text,
    shown_person,
    standing_words,
    tidy,
)
from tests.cases.story import TODAY, Case, Ending, Json, file_messages, plan_lines

NOW: Final = datetime.combine(TODAY, time(4, 30), tzinfo=UTC)
COUNTS: Final = ("updated", "deleted", "warning", "total", "error", "created", "unchanged", "skipped")


def run_server(case: Case) -> Ending:
    """Return the ending of the case in an organization of its own, which is gone afterwards."""
    with _organization(case) as organization:
        feed = _seed(organization, case)
        job = _process(case, feed)
        counts = {name: getattr(job, f"{name}_count") for name in COUNTS}
        return Ending(
            plan=plan_lines(read_plan(job.plan)) if job.plan else [],
            results=read_verified(job.result) if job.result else b"",
            directory=read_state(organization, feed),
            held=[f"{reason['code']}: {reason['message']}" for reason in job.hold_reasons],
            failed=job.reason_code if job.status == JobStatus.FAILED else "",
            messages=file_messages([message for message in job.messages if message["code"] != job.reason_code]),
            counts=counts if job.result else {},
        )


@contextmanager
def _organization(case: Case) -> Iterator[Organization]:
    ids = [person["email"] for person in case.people]
    organization = Organization.objects.create(
        name=case.name, next_learner_id=len(ids) + 1, **case.section("organization")
    )
    try:
        yield organization
    finally:
        forget(organization)


@transaction.atomic
def forget(organization: Organization) -> None:
    """Delete everything that belongs to an organization."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
        cursor.execute(_TABLES)
        # In any order: foreign keys are checked at the end of the transaction.
        for (table,) in cursor.fetchall():
            cursor.execute(
                SQL("DELETE FROM {} WHERE organization_id = %s").format(Identifier(table)), [organization.pk]
            )
        cursor.execute("DELETE FROM orgs_organization WHERE id = %s", [organization.pk])


_TABLES: Final = """
    SELECT class.relname FROM pg_class AS class JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid
     WHERE class.relkind = 'r' AND attribute.attname = 'organization_id'
       AND class.relname NOT LIKE 'audit%'
"""


def _seed(organization: Organization, case: Case) -> Feed:
    settings = {"mode": Mode.CHANGES} | case.section("feed")
    feed = Feed.objects.create(organization=organization, name="Nightly HR", **settings)
    other = Feed.objects.create(organization=organization, name="Contractors", **case.section("other_feed"))
    ids = {person["email"]: number for number, person in enumerate(case.people, 1)}
    people = case.people
    Learner.objects.bulk_create([_learner(organization, dict(person), ids) for person in people])
    Claim.objects.bulk_create(
        Claim(organization_id=organization.pk, learner_id=ids[person["email"]], feed_id=claiming.pk)
        for person in people
        for claiming, name in ((feed, "here"), (other, "elsewhere"))
        if name in person.get("claimed_by", ["here"])
    )
    for person in people:
        if person.get("is_admin"):
            _link_admin(organization, person["email"], ids)
    CustomAttribute.objects.bulk_create(
        CustomAttribute(organization=organization, name=name, created_at=NOW) for name in custom_of(case)
    )
    _seed_groups(organization, case, ids)
    _seed_licenses(organization, case, ids)
    _seed_rules(organization, case)
    _seed_overrides(organization, case, ids)
    _seed_assignments(organization, case, ids)
    AppliedEffect.objects.bulk_create(
        AppliedEffect(
            organization_id=organization.pk,
            job_id=number,
            kind=code,
            target=target,
            count=count,
            feed_id=feed.pk,
            at=NOW - timedelta(days=1),
        )
        for number, (code, target, count) in enumerate(case.before.get("week", []), 1)
    )
    return feed


def _learner(organization: Organization, person: Json, ids: dict[str, int]) -> Learner:
    email, manager = person.pop("email"), person.pop("manager", None)
    for name in ("claimed_by", "is_admin", "overrides"):
        person.pop(name, None)
    custom = {name: person.pop(name) for name in list(person) if name.startswith("attribute_")}
    keys = {"id": ids[email], "primary_email_address": email, "email_key": fold_key(email)}
    manager_id = ids[manager] if manager else None
    return Learner(
        organization_id=organization.pk, created_at=NOW, custom=custom, manager_id=manager_id, **keys, **person
    )


def _link_admin(organization: Organization, email: str, ids: dict[str, int]) -> None:
    account = Account.objects.create(email=email, email_key=f"{organization.pk}-{email}")
    Admin.objects.create(organization=organization, account=account, role=Role.ADMIN, learner_id=ids[email])


def _seed_groups(organization: Organization, case: Case, ids: dict[str, int]) -> None:
    for name, members in case.section("groups").items():
        is_rule = name in case.before.get("rule_groups", [])
        group = Group.objects.create(
            organization=organization, name=name, name_key=fold_key(name), is_rule=is_rule, created_at=NOW
        )
        links = {"organization_id": organization.pk, "group_id": group.pk, "since": NOW}
        Membership.objects.bulk_create(
            Membership(**links, learner_id=ids[who], reasons=reason_mask(why)) for who, why in members.items()
        )


def _seed_rules(organization: Organization, case: Case) -> None:
    for name, text in case.section("rules").items():
        rule = to_json(resolve(organization.pk, parse_where(text)))
        Group.objects.filter(organization=organization, name=name).update(rule=rule)


def _seed_overrides(organization: Organization, case: Case, ids: dict[str, int]) -> None:
    groups = dict(Group.objects.filter(organization=organization).values_list("name", "id"))
    Override.objects.bulk_create(
        Override(
            organization_id=organization.pk,
            learner_id=ids[person["email"]],
            target=override_target(text, groups),
            at=NOW,
        )
        for person in case.people
        for text in person.get("overrides", [])
    )


def _seed_assignments(organization: Organization, case: Case, ids: dict[str, int]) -> None:
    mine: Any = {"organization_id": organization.pk}
    groups = dict(Group.objects.filter(**mine).values_list("name", "id"))
    for title, one in case.section("assignments").items():
        content = Content.objects.create(
            **mine, key=title, title=title, title_key=fold_key(title), created_at=NOW, kind=one.get("kind", "course")
        )
        audience, due = read_audience(one["to"], groups, ids), read_due(one.get("due", ""))
        assignment = Assignment.objects.create(
            **mine,
            content_id=content.pk,
            audience=audience.kind,
            group_id=audience.group_id,
            learner_id=audience.learner_id,
            attribute=audience.attribute,
            value=audience.value,
            due=due.kind,
            due_on=due.on,
            due_days=due.days,
            made_at=NOW,
            begun_at=NOW,
        )
        for who, words in one.get("people", {}).items():
            state, due_on = read_standing(words)
            LearnerAssignment.objects.create(
                **mine,
                learner_id=ids[who],
                assignment_id=assignment.pk,
                content_id=content.pk,
                state=state,
                due_on=due_on,
                since=NOW - timedelta(days=9),
                until=None if state == "open" else NOW - timedelta(days=2),
            )


def _seed_licenses(organization: Organization, case: Case, ids: dict[str, int]) -> None:
    for key, settings in case.section("pools").items():
        name, seats = settings.get("name", key), settings.get("seats")
        pool = Pool.objects.create(organization=organization, key=key, name=name, seats=seats)
        links = {"organization_id": organization.pk, "pool_id": pool.pk, "since": NOW}
        for who, words in settings.get("holders", {}).items():
            state, is_by_hand, position = read_license(words)
            LicenseAssignment.objects.create(
                **links, learner_id=ids[who], state=state, is_by_hand=is_by_hand, position=position
            )
    LearnerInvitation.objects.bulk_create(
        LearnerInvitation(
            organization_id=organization.pk, learner_id=ids[who], invited_at=NOW, sent_at=NOW, expires_at=NOW
        )
        for who in case.before.get("invited", [])
    )
    PermissionGrant.objects.bulk_create(
        PermissionGrant(organization_id=organization.pk, learner_id=ids[who], permission=permission, scope=scope)
        for who, given in case.section("permissions").items()
        for permission, scope in given.items()
    )


def _process(case: Case, feed: Feed) -> UploadJob:
    """Take the file the way of an upload: stored, queued by intake, started, processed."""
    asked = case.section("upload")
    media = store_media([case.upload], feed=feed, kind=MediaKind.SOURCE, file_name="people.csv", now=NOW)
    Media.objects.filter(id=media.pk).update(
        asked_mode=asked.get("mode", ""),
        asked_rows=RowPolicy(asked["rows"]) if "rows" in asked else "",
        asked_dry_run=asked.get("dry_run", False),
        expected_rows=asked.get("row_count"),
    )
    token = AccessToken.objects.create(
        organization=feed.organization,
        feed=feed,
        name="nightly",
        prefix="os_case",
        digest=case.name.encode(),
        scopes=case.before.get("scopes", ["sync"]),
    )
    job = start_job(Media.objects.select_related("organization", "feed").get(id=media.pk), requested_by=token)
    number = transitions.start(job.pk, worker="cases", now=NOW)
    assert number == 1
    process(job.pk, number, now=NOW, clock=lambda: NOW)
    return UploadJob.objects.select_related("plan", "result").get(id=job.pk)


def read_state(organization: Organization, feed: Feed) -> Json:
    """Read an organization's directory back in the form of `directory.json`."""
    mine: Any = {"organization_id": organization.pk}
    people = list(Learner.objects.filter(**mine).order_by("id"))
    emails = {person.id: person.primary_email_address for person in people}
    claims: dict[int, list[str]] = {}
    for learner_id, feed_id in Claim.objects.filter(**mine).order_by("feed_id").values_list("learner_id", "feed_id"):
        claims.setdefault(learner_id, []).append("here" if feed_id == feed.pk else "elsewhere")
    groups = list(Group.objects.filter(**mine).order_by("id"))
    members: Json = {group.pk: {} for group in groups}
    for who, group_id, mask in Membership.objects.filter(**mine).values_list("learner_id", "group_id", "reasons"):
        members[group_id][emails[who]] = reason_text(mask)
    permissions: Json = {}
    for grant in PermissionGrant.objects.filter(**mine):
        permissions.setdefault(emails[grant.learner_id], {})[grant.permission] = grant.scope
    return tidy(
        [_shown(person, emails, claims.get(person.id, [])) for person in people],
        by_name({group.name: by_name(members[group.pk]) for group in groups}),
        [group.name for group in groups if group.is_rule],
        _pools(organization, emails),
        {who: by_name(given) for who, given in by_name(permissions).items()},
        _assigned(organization, emails),
    )


def _assigned(organization: Organization, emails: dict[int, str]) -> Json:
    mine: Any = {"organization_id": organization.pk}
    titles = dict(Content.objects.filter(**mine).values_list("id", "title"))
    assigned: Json = {}
    for one in LearnerAssignment.objects.filter(**mine):
        words = standing_words(one.state, one.due_on and one.due_on.isoformat())
        assigned.setdefault(titles[one.content_id], {})[emails[one.learner_id]] = words
    return assigned


def _shown(person: Learner, emails: dict[int, str], claims: list[str]) -> Json:
    assert person.email_key == fold_key(person.primary_email_address)
    names = ("primary_email_address", "is_active", "unique_user_id", "pending_manager_id", "pending_manager_email")
    values = {name: getattr(person, name) for name in (*names, *ATTRIBUTE_NAMES)}
    values |= {name: values[name] and values[name].isoformat() for name in ("start_date", "end_date")}
    # A manager who is not there would be shown as nobody.
    manager = emails[person.manager_id] if person.manager_id is not None else None
    return shown_person(values | person.custom, manager=manager, claims=claims)


def _pools(organization: Organization, emails: dict[int, str]) -> Json:
    pools: Json = {}
    for pool in Pool.objects.filter(organization=organization).order_by("key"):
        assigned = LicenseAssignment.objects.filter(organization_id=organization.pk, pool_id=pool.pk)
        holders = {
            emails[one.learner_id]: license_words(one.state, is_by_hand=one.is_by_hand, position=one.position)
            for one in assigned
        }
        pools[pool.key] = {"seats": pool.seats, "holders": by_name(holders)}
    return pools
