"""The fake LinkedIn as tests see it."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any

TOKEN = "linkedin-token-0123456789"


@dataclass(frozen=True)
class Linkedin:
    """The fake as tests see it."""

    address: str

    def script(self, **odd: Any) -> None:
        """Say how it is to misbehave from now on; nothing said is nothing odd."""
        self._call("/fake/script", json.dumps(odd).encode())

    def state(self) -> dict[str, Any]:
        return self._call("/fake/state", None)

    @property
    def people(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.state()["people"]
        return found

    @property
    def files(self) -> list[str]:
        return [upload["text"] for upload in self.state()["uploads"]]

    def _call(self, path: str, body: bytes | None) -> dict[str, Any]:
        with urllib.request.urlopen(urllib.request.Request(self.address + path, body), timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
        return found
