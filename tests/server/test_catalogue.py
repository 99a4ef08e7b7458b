"""The database's own catalogue says whether every table keeps organizations apart and loads fast."""

from collections.abc import Callable
from typing import Final

import pytest
from django.core.management import call_command
from django.db import connection

GLOBAL_TABLES: Final = {
    "orgs_organization": "the organization itself",
    "orgs_account": "an account may belong to several organizations",
    "orgs_factortry": "a second factor belongs to an account",
    "learning_signintry": "whoever asks for a link to sign in has named no organization yet",
}
FOREIGN_PREFIXES: Final = (
    *("django_", "auth_", "procrastinate_"),
    # Sign-in: accounts, their addresses, second factors, sessions and failed tries are global by design.
    *("account_", "mfa_", "socialaccount_", "usersessions_", "axes_"),
)

CONFIGURATION: Final = {
    "directory_customattribute",
    "directory_erasure",
    "directory_feed",
    "directory_group",
    "directory_pool",
    "hooks_delivery",
    "hooks_webhook",
    "learning_assignment",
    "learning_activityimport",
    "learning_attachment",
    "learning_content",
    "learning_contentimport",
    "learning_recommendationrule",
    "notify_outboxmail",
    "orgs_admin",
    "orgs_invitation",
    "orgs_singlesignon",
    "reports_savedreport",
    "tokens_accesstoken",
    "tokens_application",
    "uploads_erasurerequest",
    "uploads_media",
    "uploads_uploadjob",
}
"""Few rows an organization, written one by one: these may have a surrogate key `id` and foreign keys."""

GLOBAL_KEYS: Final = {
    ("tokens_accesstoken", ("digest",)): "a bearer token is looked up before we know whose it is",
    ("tokens_application", ("client_id",)): "an application is looked up before we know whose it is",
    ("directory_learnerinvitation", ("digest",)): "the link of an invitation names no organization",
    ("orgs_invitation", ("digest",)): "the link of an invitation names no organization",
    ("orgs_singlesignon", ("public_id",)): "the address to which a provider sends people back names no organization",
}

TABLES = """
    SELECT relname FROM pg_class
     WHERE relnamespace = current_schema::regnamespace AND relkind IN ('r', 'p')
"""
COLUMNS = """
    SELECT attribute.attrelid::regclass::text, attribute.attname, attribute.attnotnull
      FROM pg_attribute AS attribute JOIN pg_class AS class ON class.oid = attribute.attrelid
     WHERE class.relnamespace = current_schema::regnamespace AND class.relkind IN ('r', 'p')
       AND attribute.attnum > 0 AND NOT attribute.attisdropped
"""
INDEXES = """
    SELECT indrelid::regclass::text,
           ARRAY(SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS part (number, place)
                   JOIN pg_attribute ON attrelid = indrelid AND attnum = part.number ORDER BY part.place)
      FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
     WHERE relnamespace = current_schema::regnamespace
"""
FOREIGN_KEYS = "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"


def query(sql: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def is_ours(table: object) -> bool:
    return str(table) not in GLOBAL_TABLES and not str(table).startswith(FOREIGN_PREFIXES)


def tables_without_organization() -> list[str]:
    owned = {table for table, column, is_required in query(COLUMNS) if column == "organization_id" and is_required}
    return sorted(str(table) for (table,) in query(TABLES) if is_ours(table) and table not in owned)


def indexes_across_organizations() -> list[tuple[str, tuple[str, ...]]]:
    found = [(str(table), tuple(columns)) for table, columns in query(INDEXES) if is_ours(table)]  # type: ignore[arg-type]
    return sorted(
        (table, columns)
        for table, columns in found
        if columns[:1] != ("organization_id",)
        and not (table in CONFIGURATION and columns == ("id",))
        and (table, columns) not in GLOBAL_KEYS
    )


def bulk_tables_with_foreign_keys() -> list[str]:
    return sorted({str(table) for (table,) in query(FOREIGN_KEYS) if is_ours(table) and table not in CONFIGURATION})


def test_every_table_names_its_organization(db: None) -> None:
    """Whatever belongs to an organization carries its id, never NULL."""
    assert tables_without_organization() == []


def test_every_index_leads_with_the_organization(db: None) -> None:
    """No look-up and no unique key reaches across organizations."""
    assert indexes_across_organizations() == []


def test_no_table_that_a_load_fills_has_foreign_keys(db: None) -> None:
    """They would cost two thirds of a large load; the set-based check takes their place."""
    assert bulk_tables_with_foreign_keys() == []


def test_no_exception_outlives_its_table(db: None) -> None:
    """The lists above name only tables that exist."""
    tables = {table for (table,) in query(TABLES)}

    assert CONFIGURATION | GLOBAL_TABLES.keys() | {table for table, _ in GLOBAL_KEYS} <= tables


@pytest.mark.parametrize(
    ("change", "look", "found"),
    [
        ("CREATE TABLE stray (id bigint)", tables_without_organization, ["stray"]),
        ("CREATE TABLE stray (organization_id bigint)", tables_without_organization, ["stray"]),
        (
            "CREATE INDEX ON directory_learner (work_title)",
            indexes_across_organizations,
            [("directory_learner", ("work_title",))],
        ),
        (
            "ALTER TABLE directory_claim ADD UNIQUE (learner_id, organization_id)",
            indexes_across_organizations,
            [("directory_claim", ("learner_id", "organization_id"))],
        ),
        (
            "ALTER TABLE directory_membership ADD FOREIGN KEY (group_id) REFERENCES directory_group (id)",
            bulk_tables_with_foreign_keys,
            ["directory_membership"],
        ),
    ],
)
def test_a_table_that_breaks_a_rule_is_found(
    db: None, change: str, look: Callable[[], list[object]], found: list[object]
) -> None:
    """The rules above can fail."""
    with connection.cursor() as cursor:
        cursor.execute(change)

    assert look() == found


def test_the_migrations_are_those_of_the_models(db: None) -> None:
    """No model has changed without a migration."""
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
