"""Any SQL database that SQLAlchemy reaches: one query, its rows streamed."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Final
from urllib.parse import quote

from orgsync.client.errors import BadUsage
from orgsync.client.extras import needed
from orgsync.client.sources.base import NothingThere, Pulled, SourceUnavailable, UnusableSource
from orgsync.client.sources.csvout import write_rows
from orgsync.client.sources.options import Options

sqlalchemy: Any = needed("sqlalchemy", extra="sql")

ROWS_AT_ONCE: Final = 5_000
_DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "oracle": "oracle+oracledb",
    "mssql": "mssql+pyodbc",
}
"""Which driver an address without one means; that of PostgreSQL comes with the extra, SQLite's with Python."""


def open_sql(options: Options) -> "Sql":
    return Sql(options)


class Sql:
    """The rows of one query. The database is only read: where it knows read-only transactions, this is one."""

    def __init__(self, options: Options) -> None:
        self._query = _query(options)
        self._url = _address(options)

    def pull(self, target: BinaryIO) -> Pulled:
        engine = self._engine()
        try:
            with engine.connect() as connection, closing(self._run(connection)) as result:
                columns = tuple(map(str, result.keys()))
                rows = write_rows(target, columns, _rows(result))
        except sqlalchemy.exc.DBAPIError as error:
            raise self._failed(error) from error
        finally:
            engine.dispose()
        return Pulled(rows, columns, self._url.render_as_string(hide_password=True))

    def _engine(self) -> Any:
        try:
            return sqlalchemy.create_engine(self._url, poolclass=sqlalchemy.pool.NullPool, hide_parameters=True)
        except ModuleNotFoundError as error:
            raise BadUsage(f"The driver for {self._url.drivername} is missing: pip install {error.name}") from error

    def _run(self, connection: Any) -> Any:
        options: dict[str, Any] = {"stream_results": True, "max_row_buffer": ROWS_AT_ONCE, "no_parameters": True}
        if self._url.get_backend_name() == "postgresql":
            options["postgresql_readonly"] = True
        # As the driver gets it: colons and percent signs of the query mean nothing to us.
        result = connection.execution_options(**options).exec_driver_sql(self._query)
        if not result.returns_rows:
            raise UnusableSource("The query returns no rows; it has to be a SELECT.")
        return result

    def _failed(self, error: Any) -> UnusableSource | SourceUnavailable:
        """Return what the database says, without query and values."""
        said = " ".join(str(error.orig).split())
        if error.connection_invalidated or isinstance(error, sqlalchemy.exc.OperationalError):
            return SourceUnavailable(f"{self._shown()}: {said}")
        return UnusableSource(f"{self._shown()} refuses the query: {said}")

    def _shown(self) -> str:
        return str(self._url.set(password=None, query={}).render_as_string())


def _rows(result: Any) -> Iterator[Sequence[object]]:
    for part in result.partitions(ROWS_AT_ONCE):
        yield from part


def _query(options: Options) -> str:
    if options.has("query") == options.has("query_file"):
        raise options.wrong("query", "say in query what to select, or in query_file where that stands.")
    path = options.path("query_file")
    if path is None:
        return options.text("query")
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise options.wrong("query_file", f"{path} cannot be read: {error}") from error


def _address(options: Options) -> Any:
    try:
        url = sqlalchemy.engine.make_url(options.secret("url"))
    except sqlalchemy.exc.ArgumentError as error:
        raise options.wrong("url", "it is no address of a database; write postgresql://user@host/name.") from error
    if options.has("password"):
        url = url.set(password=options.secret("password"))
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.get_backend_name() == "sqlite":
        return _existing(url, options)
    return url


def _existing(url: Any, options: Options) -> Any:
    """Return the address of a SQLite file that is there; SQLite would make an empty one."""
    path = options.base / Path(url.database or "").expanduser()
    if not path.is_file():
        raise NothingThere(f"No database is at {path}.")
    return url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
