"""Every migration runs beside the previous release: `docs/how-to/upgrade.md`."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from tests.server.upgrade.rules import find_breaches

LOADER = MigrationLoader(None)
OURS = sorted(key for key in LOADER.disk_migrations if apps.get_app_config(key[0]).name.startswith("orgsync."))
BEFORE_THE_FIRST_RELEASE = {"audit": 1, "directory": 14, "hooks": 1, "learning": 10, "notify": 3, "orgs": 8} | {
    "reports": 1,
    "tokens": 3,
    "uploads": 7,
}
"""The last migration of each app that nothing released runs beside. Until there is a release, raise a number here."""
BESIDE_RELEASES = [key for key in OURS if int(key[1][:4]) > BEFORE_THE_FIRST_RELEASE.get(key[0], 0)]

USES_OUR_CHOICES = {("uploads", "0001_initial")}
"""It names the values that fields may have by our enumerations, whose members are their texts."""


def name_of(key: tuple[str, str]) -> str:
    return ".".join(key)


@pytest.mark.django_db
def test_migrations_run_beside_the_previous_release() -> None:
    """
    None drops, renames, narrows, or asks for a column that older code does not write.
    """
    breaches = [
        f"{name_of(key)}: {breach}"
        for key in BESIDE_RELEASES
        for breach in find_breaches(LOADER.disk_migrations[key], LOADER.project_state(key, at_end=False))
    ]

    assert breaches == []


@pytest.mark.parametrize("key", OURS, ids=name_of)
def test_migration_stands_alone_and_knows_the_way_back(key: tuple[str, str]) -> None:
    """
    It uses no code that will be another one when it runs, and names its reverse.
    """
    migration = LOADER.disk_migrations[key]
    steps = [step for step in migration.operations if isinstance(step, migrations.RunPython | migrations.RunSQL)]
    file = Path(inspect.getfile(type(migration)))
    imported = [line for line in file.read_text().splitlines() if line.startswith(("import orgsync", "from orgsync"))]

    assert all(step.reversible for step in steps)
    assert imported == [] or key in USES_OUR_CHOICES


def state_with_a_table() -> ProjectState:
    fields = {"id": models.BigAutoField(primary_key=True), "name": models.TextField(null=True)}
    state = ProjectState()
    state.add_model(ModelState("shop", "Thing", list(fields.items())))
    return state


def breaches_of(*operations: Any) -> list[str]:
    migration = migrations.Migration("0002_next", "shop")
    migration.operations = list(operations)
    return list(find_breaches(migration, state_with_a_table()))


INDEX = models.Index(fields=["name"], name="thing_name")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("operation", "why"),
    [
        (migrations.RemoveField("thing", "name"), "one release after"),
        (migrations.RenameField("thing", "name", "title"), "one release after"),
        (migrations.RunSQL("ALTER TABLE thing DROP COLUMN name", ""), "one release after"),
        (migrations.AddField("thing", "size", models.IntegerField(default=0)), "db_default"),
        (migrations.AlterField("thing", "name", models.TextField()), "write NULL"),
        (migrations.AlterField("thing", "name", models.IntegerField(null=True)), "written anew"),
        (migrations.AddIndex("thing", INDEX), "AddIndexConcurrently"),
    ],
    ids=["remove", "rename", "sql", "add", "not-null", "type", "index"],
)
def test_rules_find_what_an_older_release_could_not_live_with(operation: Any, why: str) -> None:
    """
    Each kind of breach is named once, with what to do instead.
    """
    (breach,) = breaches_of(operation)

    assert why in breach


@pytest.mark.django_db
def test_rules_let_pass_what_older_code_does_not_notice() -> None:
    """
    New tables with whatever belongs to them, columns that may be left out, wider texts.
    """
    table = migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))])
    size = migrations.AddField("thing", "size", models.IntegerField(default=0, db_default=0))
    on_new = migrations.AddField("other", "size", models.IntegerField(default=0))

    assert breaches_of(table, on_new, size, migrations.AlterField("thing", "name", models.TextField(null=True))) == []
