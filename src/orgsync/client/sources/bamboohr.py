"""BambooHR: the company directory, a saved report, or an ad-hoc report of named fields."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from orgsync.client.sources.base import Pulled
from orgsync.client.sources.celltext import flattened
from orgsync.client.sources.csvout import write_records
from orgsync.client.sources.options import Options
from orgsync.client.sources.rest import records_in
from orgsync.client.sources.signin import Fixed, basic
from orgsync.client.sources.web import Web

DEFAULT_FIELDS: Final = (
    "employeeNumber",
    "workEmail",
    "preferredName",
    "firstName",
    "lastName",
    "jobTitle",
    "department",
    "division",
    "location",
    "country",
    "supervisorEId",
    "supervisorEmail",
    "hireDate",
    "terminationDate",
    "status",
    "workPhone",
    "mobilePhone",
)
"""What an ad-hoc report asks for when no fields are named."""


def open_bamboohr(options: Options) -> "BambooHR":
    return BambooHR(options)


class BambooHR:
    """One company's employees; the key is sent as the user, as BambooHR wants it."""

    def __init__(self, options: Options) -> None:
        company = options.text("company")
        base = options.text("address") or f"https://{quote(company, safe='')}.bamboohr.com"
        signed = Fixed(basic(options.secret("api_key"), "x"))  # the password may be anything
        self._options = options
        self._what = options.text("what")
        self._web = Web(options, f"{base.rstrip('/')}/api/v1/{self._path()}", signed=signed)

    def pull(self, target: BinaryIO) -> Pulled:
        with closing(self._web):
            answer = self._ask()
            records = records_in(answer.get("employees") if isinstance(answer, Mapping) else None, answer, "employees")
            first = tuple(_field_ids(answer))
            rows, columns = write_records(target, map(flattened, records), first=first)
        return Pulled(rows, columns, self._web.origin, tuple(self._notes(columns)))

    def _path(self) -> str:
        if self._what == "directory":
            return "employees/directory"
        if self._what == "report":
            if not self._options.has("report"):
                raise self._options.wrong("report", 'is missing: the number of the saved report, for what = "report".')
            return f"reports/{self._options.whole('report')}"
        return "reports/custom"

    def _ask(self) -> Any:
        if self._what == "directory":
            return self._web.json(self._web.address)[0]
        if self._what == "report":
            return self._web.json(self._web.address, params={"format": "JSON", "fd": "yes"})[0]
        asked = {"title": "orgsync", "fields": list(self._fields())}
        params = {"format": "JSON", "onlyCurrent": str(self._options.flag("only_current")).lower()}
        return self._web.json(self._web.address, params=params, body=asked)[0]

    def _fields(self) -> tuple[str, ...]:
        return self._options.texts("fields") or DEFAULT_FIELDS

    def _notes(self, columns: tuple[str, ...]) -> Iterator[str]:
        """Say what BambooHR leaves out in silence: fields that it does not know or that the key may not see."""
        missing = [field for field in self._fields() if field not in columns]
        if self._what == "custom" and missing:
            yield f"BambooHR left out {', '.join(missing)}: it does not know them, or the key may not see them."


def _field_ids(answer: Any) -> Iterator[str]:
    """Yield the keys of the records in the order of the report; `id` comes first where records have it."""
    described = answer.get("fields") if isinstance(answer, Mapping) else None
    yield "id"
    for field in described or ():
        name = str(field.get("id", "")) if isinstance(field, Mapping) else ""
        if name and name != "id":
            yield name
