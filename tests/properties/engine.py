"""The engine from bytes to a directory in memory: the real reader, checks and planner."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from orgsync.core.checking import CheckedFile, check_file
from orgsync.core.directory import REASON_FILE, Directory
from orgsync.core.model import Mode
from orgsync.core.plan import Plan, Policy
from orgsync.core.planning.build import build_plan
from tests.factories import make_directory
from tests.properties.model import Person, Row

COLUMNS: Final = ("primary_email_address", "unique_user_id", "work_title", "groups", "license_english_status")
TODAY: Final = date(2026, 3, 2)


def empty_directory() -> Directory:
    return make_directory(pools=[{"id": 1, "key": "license_english_status"}])


def content_of(rows: Sequence[Row]) -> bytes:
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    writer.writerows((row.email, f"E{row.number}", row.title, ", ".join(row.groups), "active") for row in rows)
    return target.getvalue().encode()


def plan_bytes(content: bytes, directory: Directory, mode: Mode) -> tuple[CheckedFile, Plan]:
    """Check and plan a file; raise UnreadableFile for one that is none."""
    file = check_file(content, license_keys=directory.pools["pool_key"].to_list())
    return file, build_plan(file.checked, file.layout, directory, Policy(mode=mode, today=TODAY))


def people_of(directory: Directory) -> dict[int, Person]:
    """Return a directory as the model has it."""
    names = dict(directory.groups.select("group_id", "group_name").iter_rows())
    licensed = set(directory.licenses.filter(pl.col("state") == "active")["learner_id"])
    groups: dict[int, set[str]] = {}
    for learner_id, group_id, reasons in directory.memberships.iter_rows():
        assert reasons == REASON_FILE
        groups.setdefault(learner_id, set()).add(names[group_id])
    return {
        int(line["unique_user_id"][1:]): Person(
            is_active=line["is_active"],
            is_claimed=line["is_claimed_here"],
            is_licensed=line["learner_id"] in licensed,
            title=line["work_title"],
            groups=groups.get(line["learner_id"], set()),
        )
        for line in directory.learners.iter_rows(named=True)
    }
