"""Upload one file after the other to one organization, whatever the answers: a file counts once it is accepted."""

import random
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

from tests.chaos.model import FULL, File, make_file
from tests.chaos.product import Running

UPLOAD: Final = "/media/upload?media_type=enterprise_csv_upload&auto_notify=true"
AWAY: Final = (OSError, HTTPException)


@dataclass
class Sender:
    """Sends to one organization; `accepted` maps the public id of each file to the file, in order of acceptance."""

    product: Running
    organization: dict[str, Any]
    dice: random.Random
    accepted: dict[str, File] = field(default_factory=dict)
    is_behind: Callable[[], bool] = lambda: False
    """Tells whether the product has enough to do: on a slow machine files would pile up for longer than a storm."""
    gives_up: threading.Event = field(default_factory=threading.Event)
    """Set when there will never be a server again."""
    refused: Counter[int] = field(default_factory=Counter)
    """How often which status came instead of an acceptance; 0 is no answer at all."""
    odd_answers: list[str] = field(default_factory=list)
    """Answers that are neither an acceptance nor a server that is away."""

    def send_until(self, stop: threading.Event, *, pause: float) -> None:
        """Send files of both feeds in turn; the last one is seen through to its acceptance."""
        number, seen = 0, set[str]()
        while not stop.is_set():
            if self.is_behind():
                stop.wait(pause)
                continue
            number += 1
            mode = FULL if number == 1 or self.dice.random() < 0.4 else "changes"
            is_first = mode not in seen
            seen.add(mode)
            self.send(make_file(mode, number, self.dice, is_first=is_first))
            stop.wait(self.dice.uniform(0, 2 * pause))

    def send(self, file: File) -> None:
        """Send a file until it is accepted."""
        key = str(uuid.UUID(int=self.dice.getrandbits(128)))
        while not self.gives_up.is_set():
            status, body = self._post(file, key)
            if status == 201:
                self.accepted[body.split(":")[-1].rstrip('"}')] = file
                return
            self.refused[status] += 1
            # A server whose database is away says so; anything else is worth a look.
            if status not in (0, 500, 503):
                self.odd_answers.append(f"{status} {body[:200]}")
            time.sleep(0.2)

    def headers(self, file: File, key: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {self.organization['tokens'][file.mode]}",
            "Content-Type": "text/csv",
            "Idempotency-Key": key,
        }

    def _post(self, file: File, key: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.product.port, timeout=30)
        try:
            connection.request("POST", UPLOAD, file.content, self.headers(file, key))
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except AWAY:
            return 0, ""
        finally:
            connection.close()
