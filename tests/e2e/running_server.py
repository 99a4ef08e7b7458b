"""A running server as tests see it: its address, its tokens, and a look behind it."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg


@dataclass(frozen=True, slots=True)
class Server:
    """What a test needs to call the server and to look behind it."""

    url: str
    authority: Path
    database_url: str
    data_dir: Path
    token: str
    """Of Alice's feed, scope sync."""
    neighbour: str
    """Of another organization."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(query, values).fetchall()

    def stored_files(self) -> set[Path]:
        return {path for path in (self.data_dir / "media").rglob("*") if path.is_file()}
