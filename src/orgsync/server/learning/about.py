"""Everything that is stored about one person, read from the very list of tables that erasing empties."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.utils.translation import gettext_lazy as _
from psycopg.sql import SQL, Identifier, Literal

from orgsync.core.columns import ATTRIBUTE_NAMES
from orgsync.server.directory.models import Learner
from orgsync.server.directory.persontables import PERSON_TABLES
from orgsync.server.orgs.models import Organization

# Secrets, and what belongs to the machinery: hashes of links and cookies, keys of the audit log.
HIDDEN: Final = frozenset({"digest", "browser", "key", "organization_id", "place", "version"})
WITHHELD: Final = frozenset({"audit_personkey"})
"""A key that says nothing of anybody; whoever had it could read what the audit log veils."""
_ROWS: Final = SQL("SELECT to_jsonb(row)::text FROM {} AS row WHERE organization_id = %s AND {} = %s")
_MAILS: Final = """
    SELECT kind, subject, created_at, sent_at FROM notify_outboxmail
     WHERE organization_id = %s AND lower(recipient) = lower(%s) ORDER BY id DESC
"""
_KINDS: Final = (
    (
        _("Changes of what is known about you"),
        _(
            "Each value with the one before, when it changed, and by which file or person. It is kept as long as "
            "you are here, and %(timeline)d days after you have left."
        ),
        ("directory_learnerchange", "directory_override"),
    ),
    (
        _("Groups and licenses"),
        _("Which groups you are and were in, and which licenses you hold and held."),
        (
            "directory_membership",
            "directory_pastmembership",
            "directory_licenseassignment",
            "directory_pastlicense",
            "directory_learnerinvitation",
        ),
    ),
    (
        _("What you are to learn"),
        _("What was assigned to you, until when, and what became of it."),
        ("learning_learnerassignment", "learning_pastlearnerassignment", "learning_assignment"),
    ),
    (
        _("What you did"),
        _(
            "What you opened, completed, liked and shared, when, and for how long: from these pages, and from the "
            "platforms that tell us. Reports count it; colleagues hear of it as you have set."
        ),
        ("learning_activity", "learning_progress", "learning_daysum", "learning_monthsum"),
    ),
    (
        _("What platforms told us"),
        _(
            "What learning platforms said of you, word for word, and what they keep with us to go on where you "
            "stopped. It goes when you have left and your record is anonymised."
        ),
        ("learning_statement", "learning_document"),
    ),
    (
        _("You and your colleagues"),
        _("Whom you follow, what you shared with whom, with your words, and what was shared with you."),
        ("learning_follow", "learning_share", "learning_sharedwith", "learning_learnerchoices"),
    ),
    (
        _("Sign-ins"),
        _(
            "Where you are signed in: until you sign out, at most %(session)d days. A link by mail is kept for "
            "half an hour."
        ),
        ("learning_learnersession", "learning_signinlink"),
    ),
    (
        _("Mails to you"),
        _("That a mail was sent, and when. Texts are removed once they are sent, or after %(mail)d days."),
        ("mails",),
    ),
    (
        _("Administration"),
        _("Where your record comes from, and rights or invitations that you have as an admin."),
        (
            "directory_claim",
            "directory_pastclaim",
            "directory_permissiongrant",
            "orgs_invitation",
            "directory_notduplicate",
        ),
    ),
)
"""Titles, words and tables; the words name the days for which things are kept."""
_COUNT: Final = SQL("SELECT {}, count(*) FROM {} WHERE organization_id = %(organization)s AND {} = %(learner)s")
_COUNT_MAILS: Final = SQL("""
    SELECT 'mails', count(*) FROM notify_outboxmail
     WHERE organization_id = %(organization)s AND lower(recipient) = lower(%(address)s)
""")


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing that is stored."""

    title: str
    words: str
    """What it is, where it comes from, how long it is kept."""
    count: int
    facts: Sequence[tuple[str, str]] = ()


def everything_about(organization: Organization, learner: Learner) -> dict[str, Any]:
    """Return every row about the person by table, and the mails that were sent to them, without their texts."""
    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table, column in PERSON_TABLES.items():
            if table in WITHHELD:
                continue
            cursor.execute(_ROWS.format(Identifier(table), Identifier(column)), [organization.pk, learner.id])
            rows = [_open(json.loads(row)) for (row,) in cursor.fetchall()]
            if rows:
                found[table] = rows
        cursor.execute(_MAILS, [organization.pk, learner.primary_email_address])
        names = ("kind", "subject", "created_at", "sent_at")
        found["mails"] = [dict(zip(names, line, strict=True)) for line in cursor.fetchall()]
    return found


def sections_about(organization: Organization, learner: Learner) -> list[Section]:
    """Return the same in words, counted and not read."""
    counts = _counts(organization, learner)
    days = {"timeline": organization.timeline_days, "mail": organization.mail_text_days}
    days["session"] = organization.learner_session_days
    return [
        Section(str(_("Who you are")), _who_words(organization), 1, _facts(learner)),
        *(
            Section(str(title), str(words) % days, sum(counts[table] for table in tables))
            for title, words, tables in _KINDS
        ),
    ]


def _counts(organization: Organization, learner: Learner) -> dict[str, int]:
    """Return how many rows each table of the kinds has of the person, in one statement."""
    columns = {table: PERSON_TABLES[table] for *_, tables in _KINDS for table in tables if table in PERSON_TABLES}
    parts = [_COUNT.format(Literal(table), Identifier(table), Identifier(column)) for table, column in columns.items()]
    values: dict[str, Any] = {"organization": organization.pk, "learner": learner.id}
    values["address"] = learner.primary_email_address
    with connection.cursor() as cursor:
        cursor.execute(SQL(" UNION ALL ").join([*parts, _COUNT_MAILS]), values)
        return dict(cursor.fetchall())


def _who_words(organization: Organization) -> str:
    return _("What %(name)s knows about you from its HR system, or entered by hand.") % {"name": organization.name}


def _facts(learner: Learner) -> list[tuple[str, str]]:
    """Return the values that the person has, by the names of the columns."""
    names = ("primary_email_address", "unique_user_id", *ATTRIBUTE_NAMES)
    values: Mapping[str, Any] = {name: getattr(learner, name) for name in names} | learner.custom
    return [
        (name.removeprefix("attribute_").replace("_", " "), str(value))
        for name, value in values.items()
        if value not in {None, ""}
    ]


def _open(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in HIDDEN}
