"""Any web service that answers with JSON or CSV."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

from orgsync.client.sources.base import Pulled, UnusableSource
from orgsync.client.sources.celltext import flattened
from orgsync.client.sources.csvout import write_records
from orgsync.client.sources.jmes import found, searched
from orgsync.client.sources.options import Options
from orgsync.client.sources.paging import Paging, read_paging
from orgsync.client.sources.tabular import copy_table
from orgsync.client.sources.web import Web


def open_rest(options: Options) -> "JsonSource | CsvSource":
    if options.text("format") == "csv":
        return CsvSource(options, options.text("address"), options.text_table("params"))
    return JsonSource(
        options,
        options.text("address"),
        records=options.text("records"),
        params=options.text_table("params"),
        paging=read_paging(options.table("paging")),
    )


class Fields:
    """Which columns a record becomes: those of `fields` by JMESPath, or all that is in it, inner objects flattened."""

    def __init__(self, options: Options) -> None:
        self._paths = {
            name: searched(path, options, f"fields.{name}") for name, path in options.text_table("fields").items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._paths)

    def of(self, record: Mapping[str, Any]) -> dict[str, Any]:
        if not self._paths:
            return flattened(record)
        return {name: found(path, record) for name, path in self._paths.items()}


class JsonSource:
    """Records at a path of one or many JSON answers."""

    def __init__(
        self, options: Options, address: str, *, records: str, params: Mapping[str, str], paging: Paging
    ) -> None:
        self._web = Web(options, address)
        self._path = searched(records, options, "records")
        self._shown = records
        self._params = params
        self._paging = paging
        self._fields = Fields(options)

    def pull(self, target: BinaryIO) -> Pulled:
        with closing(self._web):
            rows, columns = write_records(target, map(self._fields.of, self._records()), first=self._fields.names)
        return Pulled(rows, columns, self._web.origin)

    def _records(self) -> Iterator[Mapping[str, Any]]:
        for answer in self._paging.pages(self._web, self._params):
            records = records_in(found(self._path, answer), answer, self._shown)
            self._paging.count(len(records))
            yield from records


class CsvSource:
    """A CSV that a web service hands out."""

    def __init__(self, options: Options, address: str, params: Mapping[str, str]) -> None:
        self._web = Web(options, address)
        self._params = params

    def pull(self, target: BinaryIO) -> Pulled:
        with closing(self._web), tempfile.TemporaryDirectory(prefix="orgsync-pull-") as folder:
            path = Path(folder, "download.csv")
            with path.open("w+b") as download:
                self._web.download(self._web.address, download, params=self._params)
            return copy_table(path, target, origin=self._web.origin)


def records_in(there: Any, answer: Any, path: str) -> list[Mapping[str, Any]]:
    """Return the records of an answer. Raise UnusableSource, which says where lists are, when there are none."""
    if isinstance(there, list) and all(isinstance(record, Mapping) for record in there):
        return there
    lists = [key for key, value in answer.items() if isinstance(value, list)] if isinstance(answer, Mapping) else []
    hint = f" The answer has lists at: {', '.join(lists)}." if lists else ""
    raise UnusableSource(f"There is no list of records at {path!r} of the answer.{hint} Set records to where they are.")
