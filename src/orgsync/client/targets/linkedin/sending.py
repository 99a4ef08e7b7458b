"""Send the files of a plan one after the other, and note what LinkedIn accepted of each.

Everything on the way lies in the store's folder `sending`: the files, how far each has come, what is to be remembered
at the end. The same call goes on where a killed one stopped.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from orgsync.client.acknowledged.store import SENDING, History, Store
from orgsync.client.answers import UploadJob
from orgsync.client.api import Api, Asked
from orgsync.client.connection import Connection
from orgsync.client.errors import AuthenticationFailed, ClientError
from orgsync.client.exits import ExitCode
from orgsync.client.journal import JournalFile, identity_of
from orgsync.client.outgoing import measure
from orgsync.client.push import Push, Pushed, Pushing
from orgsync.client.replacing import replacing
from orgsync.client.screen import Screen
from orgsync.client.targets.linkedin.judging import Judgement, judge
from orgsync.client.targets.linkedin.planning import LocalPlan, write_parts
from orgsync.client.watch import Pace
from orgsync.core.model import JobStatus

MANIFEST: Final = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is being sent. It names no person."""

    identity: str
    """Says which file, target and options are meant: only the same command goes on with it."""
    digest: str
    started: float
    parts: int
    is_automatic: bool
    history: History
    words: list[str] = field(default_factory=list)
    """The plan in words, for the summary of a run that goes on without planning again."""
    exit_code: int = 0
    """What the file itself deserves: 1 when rows of it are in error."""


@dataclass(frozen=True, slots=True)
class SentPart:
    """What became of one file."""

    rows: int
    media: str
    status: str
    """The job's last word; empty in automatic mode."""
    job: str | None = None
    accepted: int = 0
    refused: int = 0
    raw: dict[str, Any] = field(default_factory=dict)
    """The job's JSON as received."""
    notes: list[str] = field(default_factory=list)
    results: str | None = None

    @property
    def is_done(self) -> bool:
        return self.status in {JobStatus.DONE, ""}


class Sending:
    """The folder of files on the way."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.folder / SENDING

    def unfinished(self) -> Manifest | None:
        """Return what was being sent when a run broke off; None when nothing was."""
        try:
            facts = json.loads((self.folder / MANIFEST).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        history = facts.pop("history")
        return Manifest(history=History(**history | {"fields": tuple(history["fields"])}), **facts)

    def begin(
        self, plan: LocalPlan, identity: str, *, is_automatic: bool, history: History, words: list[str], exit_code: int
    ) -> Manifest:
        """Write the files of a plan; from now on they are what is sent, whatever becomes of the source."""
        self.clear()
        self.folder.mkdir(mode=0o700)
        write_parts(plan, self.folder)
        manifest = Manifest(
            identity, plan.digest, time.time(), len(plan.parts), is_automatic, history, words, exit_code
        )
        _write_json(self.folder / MANIFEST, asdict(manifest))
        return manifest

    def clear(self) -> None:
        """Remove everything; the manifest goes first, because what is there without it is nobody's."""
        (self.folder / MANIFEST).unlink(missing_ok=True)
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def part(self, number: int) -> Path:
        return self.folder / f"part-{number}.csv"


def identity_of_sending(file_sha256: str, connection: Connection, *, everything: bool, is_automatic: bool) -> str:
    """Return what makes two commands the same command."""
    target = connection.target
    facts = [
        file_sha256,
        target.server,
        target.name,
        target.mode,
        everything,
        is_automatic,
        sorted(target.headers.items()),
    ]
    return hashlib.sha256(json.dumps([*facts, *target.licenses, target.email_header]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Carrier:
    """Takes the files of one manifest to LinkedIn."""

    sending: Sending
    manifest: Manifest
    connection: Connection
    api: Api
    screen: Screen
    pace: Pace

    def carry(self) -> list[SentPart]:
        """Send what is not sent yet; stop after a file that was not done, because the next ones build on it.

        When anything is raised, the same call goes on where this one stopped.
        """
        sent: list[SentPart] = []
        for number in self._numbers():
            sent.append(self._known(number) or self._send(number))
            if not sent[-1].is_done:
                break
        else:
            if not self.manifest.is_automatic:
                self.sending.store.remember(self.manifest.history)
        return sent

    def settle(self) -> None:
        """Hear what became of files of an older run whose jobs were started; errors of the server do not matter."""
        for number in self._numbers():
            journal = self._journals(number).known()
            if self._known(number) is None and journal and journal.job:
                try:
                    self._send(number)
                except AuthenticationFailed:
                    raise
                except ClientError as problem:
                    self.screen.warn(f"What became of an earlier file is not known ({problem})")

    def _numbers(self) -> Iterator[int]:
        yield from range(1, self.manifest.parts + 1)

    def _journals(self, number: int) -> JournalFile:
        return JournalFile(self.sending.folder / f"part-{number}.json")

    def _known(self, number: int) -> SentPart | None:
        file = self.sending.folder / f"part-{number}.done"
        return SentPart(**json.loads(file.read_text(encoding="utf-8"))) if file.exists() else None

    def _send(self, number: int) -> SentPart:
        file, connection = self.sending.part(number), self.connection
        rows = pl.read_parquet(file.with_suffix(".parquet"))
        results = None if self.manifest.is_automatic else file.with_suffix(".results.csv")
        push = Push(
            measure(file, row_count=rows.height),
            connection.server,
            connection.token,
            Asked(),
            self.manifest.is_automatic,
            results,
        )
        identity = identity_of(
            str(push.server), push.token, push.file, push.asked, is_automatic=self.manifest.is_automatic
        )
        journals = self._journals(number)
        pushed = Pushing(push, self.api, self.screen, self.pace, journals).finish(journals.open(identity))
        part = self._judged(pushed, rows, number)
        _write_json(self.sending.folder / f"part-{number}.done", asdict(part))
        return part

    def _judged(self, pushed: Pushed, rows: pl.DataFrame, number: int) -> SentPart:
        job = pushed.job
        if job is None:
            self._let_wait(rows, number)
            return SentPart(rows.height, pushed.media, "", notes=["Its results come by mail."])
        judgement = _judgement(pushed, rows, job)
        self.sending.store.advance(rows.filter(pl.col("learner_id").is_in(list(judgement.accepted))))
        return SentPart(
            rows=rows.height,
            media=pushed.media,
            status=job.status,
            job=job.id,
            accepted=len(judgement.accepted),
            refused=judgement.refused,
            raw=dict(job.raw),
            notes=_notes(judgement, pushed, job),
            results=str(pushed.results) if pushed.results else None,
        )

    def _let_wait(self, rows: pl.DataFrame, number: int) -> None:
        """Keep the rows for the results file that comes by mail."""
        waiting = self.sending.store.waiting
        waiting.mkdir(mode=0o700, exist_ok=True)
        with replacing(waiting / f"{int(self.manifest.started)}-{number}.parquet") as target:
            rows.write_parquet(target)


def _judgement(pushed: Pushed, rows: pl.DataFrame, job: UploadJob) -> Judgement:
    if job.status != JobStatus.DONE or pushed.results is None:
        return Judgement(frozenset(), rows.height)
    return judge(pushed.results, rows, job.counts)


def _notes(judgement: Judgement, pushed: Pushed, job: UploadJob) -> list[str]:
    notes = []
    if job.status == JobStatus.DONE and pushed.results is None:
        notes.append("LinkedIn gave no results file: nothing counts as accepted, and all of it is sent again.")
    if judgement.critical:
        notes.append(f"The results file begins with: {judgement.critical}")
    if not judgement.has_columns and pushed.results:
        notes.append(
            "The results file has no column of messages: nothing counts as accepted. Please report its headers."
        )
    if judgement.unknown_words:
        notes.append(f"Unknown words of the results' status column: {', '.join(judgement.unknown_words)}.")
    return notes


def exit_code_of(parts: list[SentPart]) -> ExitCode:
    """Return the worst that happened."""
    failed = next((part for part in parts if not part.is_done), None)
    if failed:
        return ExitCode.HELD if failed.status == JobStatus.HELD else ExitCode.REJECTED
    return ExitCode.ROW_ERRORS if any(part.refused and part.status for part in parts) else ExitCode.DONE


def _write_json(file: Path, facts: dict[str, Any]) -> None:
    with replacing(file) as target:
        target.write(json.dumps(facts).encode())
        target.flush()
        os.fsync(target.fileno())
