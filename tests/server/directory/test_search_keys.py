"""The migration that fills the keys of people who were there before them."""

from importlib import import_module

import pytest
from directory_world import MONDAY, TUESDAY, World, make_writes, new_person
from django.apps import apps
from django.db import connection

from orgsync.server.directory.models import Learner

MIGRATION = import_module("orgsync.server.directory.migrations.0005_fill_learner_search_keys")


def test_names_are_folded_and_versions_stay(committed_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slice by slice; what feeds remember of a row stays good, because nobody has changed."""
    people = [new_person(row, name, preferred_last_name=f"GROẞ {name}") for row, name in enumerate("abc", 2)]
    committed_world.apply(make_writes(creates=people))
    committed_world.apply(make_writes(changes=[(2, 3, "work_title", None, "Cook")]), at=TUESDAY)
    mine = Learner.objects.filter(organization_id=committed_world.id).order_by("id")
    mine.update(last_name_key="", first_name_key="x")
    versions = list(mine.values_list("version", flat=True))
    monkeypatch.setattr(MIGRATION, "SLICE", 2)

    with connection.schema_editor(atomic=False) as editor:
        MIGRATION.fill_keys(apps, editor)

    assert list(mine.values_list("last_name_key", flat=True)) == ["gross a", "gross b", "gross c"]
    assert set(mine.values_list("first_name_key", flat=True)) == {""}
    assert list(mine.values_list("changed_at", flat=True)) == [MONDAY, TUESDAY, MONDAY]
    assert list(mine.values_list("version", flat=True)) == versions
