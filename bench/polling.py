"""`python -m bench.polling <url> <path>`: fifty clients in a process of their own, whom nothing else keeps waiting.

The token is the first line of standard input. They ask until that is closed; then what came of it is printed as JSON.
"""

import http.client
import json
import sys
import threading
import time
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Final
from urllib.parse import urlsplit

CLIENTS: Final = 50
PAUSE: Final = 1.0
"""Seconds between two questions of one client: our own asks less often."""
_ACCEPTED: Final = 200


@dataclass(slots=True)
class Answers:
    """How long answers took, in seconds, and what went wrong."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Client:
    """One client: it asks, notes how long that took, waits, and asks again, on one connection."""

    host: str
    path: str
    token: str
    answers: Answers
    over: threading.Event

    def ask(self, first_after: float) -> None:
        self.over.wait(first_after * PAUSE)
        with closing(http.client.HTTPConnection(self.host, timeout=30)) as connection:
            while not self.over.is_set():
                self._ask_once(connection)
                self.over.wait(PAUSE)

    def _ask_once(self, connection: http.client.HTTPConnection) -> None:
        began = time.perf_counter()
        try:
            connection.request("GET", self.path, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.answers.errors.append(repr(error))
            return
        self.answers.seconds.append(time.perf_counter() - began)
        if answer.status != _ACCEPTED:
            self.answers.errors.append(f"status {answer.status}")


def main(url: str, path: str) -> None:
    """Ask until standard input ends."""
    answers, over = Answers(), threading.Event()
    client = Client(urlsplit(url).netloc, path, sys.stdin.readline().strip(), answers, over)
    threads = [threading.Thread(target=client.ask, args=(number / CLIENTS,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    json.dump(asdict(answers), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
