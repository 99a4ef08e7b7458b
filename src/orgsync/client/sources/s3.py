"""Files at an s3:// address; keys come from the table, or from the environment and the machine's role."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orgsync.client.address import is_this_machine
from orgsync.client.extras import needed
from orgsync.client.sources.base import SourceRefused, SourceUnavailable
from orgsync.client.sources.options import Options
from orgsync.client.sources.places import Entry, fits, split_pattern

needed("obstore", extra="s3")
import obstore  # noqa: E402
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError  # noqa: E402
from obstore.store import S3Store  # noqa: E402


class S3Place:
    """Objects of one bucket."""

    def __init__(self, options: Options) -> None:
        address = urlsplit(options.text("path"))
        self._bucket = address.netloc
        if not self._bucket or not address.path.strip("/"):
            raise options.wrong("path", "write s3://bucket/folder/file.csv.")
        folder, self._pattern = split_pattern(address.path.lstrip("/"))
        self._prefix = folder or None
        self._store = S3Store(self._bucket, **_settings(options))

    @property
    def origin(self) -> str:
        return f"s3://{self._bucket}/{self._pattern}"

    def entries(self) -> list[Entry]:
        try:
            return [
                Entry(found["path"], found["last_modified"].timestamp())
                for page in obstore.list(self._store, self._prefix)
                for found in page
                if fits(found["path"], self._pattern)
            ]
        except BaseError as error:
            raise self._failed(error) from error

    def fetch(self, entry: Entry, folder: Path) -> Path:
        local = folder / Path(entry.name).name
        try:
            with local.open("wb") as file:
                for piece in obstore.get(self._store, entry.name).stream():
                    file.write(piece)
        except BaseError as error:
            raise self._failed(error) from error
        return local

    def close(self) -> None:
        """Nothing is kept open."""

    def _failed(self, error: BaseError) -> SourceRefused | SourceUnavailable:
        if isinstance(error, (PermissionDeniedError, UnauthenticatedError)):
            return SourceRefused(f"The bucket {self._bucket} does not let us in. Check the access key and its rights.")
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        return SourceUnavailable(f"The bucket {self._bucket} cannot be read: {first}")


def _settings(options: Options) -> dict[str, Any]:
    """Return what the table says; what it leaves out is found in the environment (AWS_…)."""
    found: dict[str, Any] = {}
    for option in ("endpoint", "region"):
        if options.has(option):
            found[option] = options.text(option)
    for option in ("access_key_id", "secret_access_key", "session_token"):
        if options.has(option):
            found[option] = options.secret(option)
    endpoint = urlsplit(found.get("endpoint", ""))
    if endpoint.scheme == "http":
        if not (options.flag("allow_http") or is_this_machine(endpoint.hostname or "")):
            raise options.wrong("endpoint", "plain http would show employees on the way; use https.")
        found["client_options"] = {"allow_http": True}
    return found
