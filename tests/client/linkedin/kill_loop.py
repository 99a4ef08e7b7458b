"""Run `orgsync run` again and again, killed at its first, second, third … step; a fresh run must mend each.

Kills come before a write takes its place, before a call to the server, and between a call and its answer. A process is
forked for each run, because to start Python some fifty times takes long; nothing that has threads has run before.
"""

import json
import os
import signal
import sys
import urllib.request
from pathlib import Path

import httpx2

# Imported before the fork, all that a run needs; nothing of it has begun to work.
import orgsync.client.mapping
import orgsync.client.nightly.run
import orgsync.client.sources.files
import orgsync.client.targets.linkedin.push  # noqa: F401
from orgsync.client import api, watch
from orgsync.client.cli import main

ADDRESS, SOURCE = sys.argv[1], Path(sys.argv[2])


def state() -> dict[str, list[str]]:
    with urllib.request.urlopen(f"{ADDRESS}/fake/state") as answer:
        return json.load(answer)


class Killer:
    """Kills this process at the given step; without one it never does."""

    def __init__(self, at: int | None) -> None:
        self.left = at

    def step(self) -> None:
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def install(killer: Killer) -> None:
    plain_replace, plain_send = Path.replace, httpx2.Client.send

    def replace(self: Path, target: Path) -> Path:
        killer.step()
        return plain_replace(self, target)

    def send(self: httpx2.Client, *arguments: object, **named: object) -> httpx2.Response:
        killer.step()
        answer = plain_send(self, *arguments, **named)
        killer.step()
        return answer

    Path.replace, httpx2.Client.send = replace, send
    watch.GENTLE_FIRST_WAIT = 0.0
    patience = api.Retrying(attempts=2, wait_initial=0, wait_max=0, wait_jitter=0, fresh_token_wait=0)
    api.Retrying = lambda: patience


def run(at: int | None) -> tuple[bool, int]:
    """Run once in a process of its own; return whether it was killed, and its exit code."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.argv = ["orgsync", "run"]
        install(Killer(at))
        main()
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status), -1 if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def night(number: int) -> dict[str, str]:
    """Write the source of a night on which one person moves, and one comes."""
    people = {f"p{place}@example.com": f"P{place}" for place in range(400 + number)}
    people["p0@example.com"] = f"Moved{number}"
    lines = "".join(f"{mail},{name}\r\n" for mail, name in people.items())
    SOURCE.write_text(f"Mail,First\r\n{lines}", newline="")
    return people


def check() -> tuple[int, dict[str, str]]:
    kills = 0
    while True:
        people = night(kills)
        before = state()
        was_killed, code = run(kills)
        if was_killed:
            _, code = run(None)
        after = state()
        assert code == 0, f"exit {code} after a kill at step {kills}"
        files = [upload["text"] for upload in after["uploads"][len(before["uploads"]) :]]
        assert 1 <= len(files) <= 2, f"{len(files)} uploads after a kill at step {kills}"
        assert len(set(files)) == 1, f"two different files after a kill at step {kills}"
        started = len(after["processed"]) - len(before["processed"])
        assert started == 1, f"{started} jobs after a kill at step {kills}"
        known = {mail: facts["preferred_first_name"] for mail, facts in after["people"].items()}
        assert known == people, f"after a kill at step {kills}"
        if not was_killed:
            return kills, people
        kills += 1


if __name__ == "__main__":
    done, last = check()
    print(json.dumps({"kills": done, "people": last}))
