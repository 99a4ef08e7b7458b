"""Files of content and of activity, looked at first with what is wrong in place, then applied."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import Field

from orgsync.server.api.authentication import ApiRequest
from orgsync.server.api_v1.calls import MakerRequest
from orgsync.server.api_v1.operations import Resource
from orgsync.server.api_v1.refusals import conflict, existing
from orgsync.server.api_v1.shapes import Body, Id, Shape, iso
from orgsync.server.learning.activityfile import ActivityFile, read_activity_file
from orgsync.server.learning.contentfile import ContentFile, read_contents
from orgsync.server.learning.keptfiles import (
    KeptFile,
    apply_activity_file,
    apply_content_file,
    keep_file,
    kept_file,
)
from orgsync.server.learning.models import ActivityImport, ContentImport
from orgsync.server.orgs.access import Permission, may_for_all
from orgsync.server.tokens.scopes import Scope

resource = Resource("imports", "CSV files of content and activity: sent, looked at, applied.")
_CONTENT: Final[dict[str, Any]] = {"permission": Permission.MANAGE_CONTENT}
_ACTIVITY: Final[dict[str, Any]] = {"permission": Permission.UPLOAD}
SHOWN: Final = 100


class FileBody(Body):
    """A file that is sent."""

    csv: str = Field(min_length=1, max_length=900_000, description="The file's text, header first.")
    file_name: str = Field("", max_length=200)


class BadRow(Shape):
    """A row that cannot be used."""

    row: int
    problems: dict[str, str] = Field(description="By column.")


class ImportShape(Shape):
    """What a file would do now."""

    id: int
    file_name: str
    made_at: str
    fault: str = Field(description="Why nothing of it can be read; empty: it can.")
    unknown: list[str] = Field(description="Headers that mean nothing.")
    new: int
    changed: int
    unchanged: int
    bad: int
    bad_rows: list[BadRow] = Field(description=f"The first {SHOWN}.")
    applied_at: str | None


class AppliedShape(Shape):
    """What a file has done."""

    count: int = Field(description="Rows that were written or recorded; rows in error are left out.")


@resource.post("/content-imports", Scope.DIRECTORY_WRITE, ImportShape, status=201, **_CONTENT)
def send_content_file(request: MakerRequest, body: FileBody) -> dict[str, Any]:
    """Take in a file of content and say what it would do; nothing is changed."""
    made = _kept(request, ContentImport, body, made_by=request.admin.account)
    return _content_json(request, made)


@resource.get("/content-imports/{int:import_id}", Scope.DIRECTORY_READ, ImportShape, **_CONTENT)
def show_content_import(request: MakerRequest, import_id: Id) -> dict[str, Any]:
    """Say what a file of content would do now."""
    return _content_json(request, _import_of(request, ContentImport, import_id))


@resource.post("/content-imports/{int:import_id}/apply", Scope.DIRECTORY_WRITE, AppliedShape, **_CONTENT)
def apply_content_import(request: MakerRequest, import_id: Id) -> dict[str, Any]:
    """Write the rows of a file that can be used."""
    found, by, now = _import_of(request, ContentImport, import_id), request.admin.account, datetime.now(UTC)
    file = _contents(request, found)
    _check_readable(file)
    return {"count": apply_content_file(request.organization, found, file, by=by, now=now)}


@resource.post("/activity-imports", Scope.XAPI_WRITE, ImportShape, status=201, **_ACTIVITY)
def send_activity_file(request: MakerRequest, body: FileBody) -> dict[str, Any]:
    """Take in a file of activity and say what it would record; nothing is recorded."""
    return _activity_json(request, _kept(request, ActivityImport, body))


@resource.get("/activity-imports/{int:activity_import_id}", Scope.XAPI_WRITE, ImportShape, **_ACTIVITY)
def show_activity_import(request: MakerRequest, activity_import_id: Id) -> dict[str, Any]:
    """Say what a file of activity would record now."""
    return _activity_json(request, _import_of(request, ActivityImport, activity_import_id))


@resource.post("/activity-imports/{int:activity_import_id}/apply", Scope.XAPI_WRITE, AppliedShape, **_ACTIVITY)
def apply_activity_import(request: MakerRequest, activity_import_id: Id) -> dict[str, Any]:
    """Record the rows of a file that can be used; the file is gone then, because it names people."""
    found, now = _import_of(request, ActivityImport, activity_import_id), datetime.now(UTC)
    file = read_activity_file(request.organization, bytes(found.source), now=now)
    _check_readable(file)
    return {"count": apply_activity_file(request.organization, found, file, now=now)}


def _kept(request: ApiRequest, kind: type[KeptFile], body: FileBody, **about: Any) -> KeptFile:
    now = datetime.now(UTC)
    return keep_file(kind, request.organization, body.file_name, body.csv.encode(), now=now, **about)


def _import_of(request: ApiRequest, kind: type[KeptFile], import_id: int) -> KeptFile:
    return existing(kept_file(kind, request.organization, import_id))


def _contents(request: MakerRequest, one: ContentImport) -> ContentFile:
    may_curate = may_for_all(request.admin, Permission.CURATE_CONTENT)
    return read_contents(request.organization, bytes(one.source), may_curate=may_curate)


def _content_json(request: MakerRequest, one: ContentImport) -> dict[str, Any]:
    file = _contents(request, one)
    counts = {name: file.count(name) for name in ("new", "changed", "unchanged")}
    return _import_json(one, file, counts) | {"applied_at": iso(one.applied_at)}


def _activity_json(request: ApiRequest, one: ActivityImport) -> dict[str, Any]:
    file = read_activity_file(request.organization, bytes(one.source), now=datetime.now(UTC))
    counts = {"new": len(file.new_rows), "changed": 0, "unchanged": file.known_count}
    return _import_json(one, file, counts) | {"applied_at": None}


def _import_json(
    one: ContentImport | ActivityImport, file: ContentFile | ActivityFile, counts: Mapping[str, int]
) -> dict[str, Any]:
    bad = [{"row": row.number, "problems": dict(row.problems)} for row in file.bad_rows]
    facts = {"id": one.pk, "file_name": one.file_name, "made_at": iso(one.made_at), "fault": file.fault}
    return {**facts, **counts, "unknown": list(file.unknown), "bad": len(bad), "bad_rows": bad[:SHOWN]}


def _check_readable(file: ContentFile | ActivityFile) -> None:
    if file.fault:
        raise conflict(file.fault)
