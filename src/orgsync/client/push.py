"""Send one file and see it through: upload, process, watch, fetch the results. Goes on where it broke off."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from orgsync.client.address import Address
from orgsync.client.answers import UploadJob
from orgsync.client.api import Api, Asked
from orgsync.client.credentials import Token
from orgsync.client.errors import NotFound, StateUnavailable, UnexpectedAnswer
from orgsync.client.journal import Journal, JournalFile, identity_of, place_of
from orgsync.client.lock import only_push
from orgsync.client.outgoing import OutgoingFile
from orgsync.client.results import fetch_results
from orgsync.client.screen import Bar, Screen
from orgsync.client.statefolder import state_folder
from orgsync.client.watch import Pace, watch


@dataclass(frozen=True, slots=True)
class Push:
    """One file and all that was said about how to send it."""

    file: OutgoingFile
    server: Address
    token: Token
    asked: Asked
    is_automatic: bool
    output: Path | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a push. `job` is None in automatic mode, which tells nobody the job's id."""

    media: str
    job: UploadJob | None = None
    results: Path | None = None


def send(
    push: Push, api: Api, screen: Screen, pace: Pace, on_end: Callable[[Pushed], None] = lambda _pushed: None
) -> Pushed:
    """Take the file from here to its results.

    Raise AnotherPushActive when a push with the same server and token is under way on this machine. When anything
    else is raised, the same call goes on where this one stopped: nothing is uploaded or processed twice. `on_end`
    hears the end before the journal forgets it.
    """
    place = place_of(str(push.server), push.token)
    identity = identity_of(str(push.server), push.token, push.file, push.asked, is_automatic=push.is_automatic)
    with _folder(screen) as folder, only_push(folder / f"{place}.lock"):
        journals = JournalFile(folder / f"{place}.json")
        pushed = Pushing(push, api, screen, pace, journals).finish(journals.open(identity))
        on_end(pushed)
        journals.close()
    _check_dry_run(push, pushed.job)
    return pushed


def forget(server: str, token: Token) -> None:
    """Forget an unfinished push to a server with a token."""
    JournalFile(state_folder() / f"{place_of(server, token)}.json").close()


@contextmanager
def _folder(screen: Screen) -> Iterator[Path]:
    """Give the folder for lock and journal; one that is gone afterwards where none can be kept."""
    try:
        yield state_folder()
    except StateUnavailable as problem:
        screen.warn(
            f"{problem} A push that breaks off will start from the beginning; name a folder in ORGSYNC_STATE_DIR."
        )
        with TemporaryDirectory(prefix="orgsync-") as folder:
            yield Path(folder)


@dataclass(frozen=True, slots=True)
class Pushing:
    """The steps of one push, each noted in the journal when it is done."""

    push: Push
    api: Api
    screen: Screen
    pace: Pace
    journals: JournalFile

    def finish(self, journal: Journal) -> Pushed:
        """Go on from where the journal stands to the results."""
        reached = self._started(journal)
        if reached.job is None:
            return Pushed(reached.media or "")
        job = follow(self.api, reached.job, self.screen, self.pace)
        return Pushed(reached.media or "", job, self._results(job))

    def _started(self, journal: Journal) -> Journal:
        """Do what the journal does not say is done; start over when the server has forgotten what it says."""
        if journal.media is None:
            return self._process(self._upload(journal))
        self.screen.say("Going on with a push of this file that broke off.")
        try:
            return self._known(journal) if journal.job else self._process(journal)
        except NotFound:
            self.screen.say("The server does not know it any more; starting over.")
            return self._process(self._upload(self.journals.start_over(journal)))

    def _known(self, journal: Journal) -> Journal:
        self.api.job(journal.job or "")
        return journal

    def _upload(self, journal: Journal) -> Journal:
        push = self.push
        title = f"Uploading {push.file.path.name}"
        with self.screen.bar() as bar:
            bar.show(title, 0, push.file.size)
            media = self.api.upload(
                push.file,
                push.asked,
                is_automatic=push.is_automatic,
                key=journal.idempotency_key,
                on_position=lambda position: bar.show(title, position, push.file.size),
            )
        return self.journals.reached(journal, media=media)

    def _process(self, journal: Journal) -> Journal:
        if self.push.is_automatic:
            return journal
        return self.journals.reached(journal, job=self.api.process(journal.media or "", self.push.asked))

    def _results(self, job: UploadJob) -> Path | None:
        if self.push.output is None or job.result_media is None:
            return None
        return fetch_results(self.api, job.result_media, self.push.output, self.screen)


def follow(api: Api, job_id: str, screen: Screen, pace: Pace) -> UploadJob:
    """Watch a job with a bar until it is settled; raise StillRunning when the pace's limit is over."""
    with screen.bar() as bar:
        return watch(lambda: api.job(job_id), pace, lambda job: _show(job, bar))


def _show(job: UploadJob, bar: Bar) -> None:
    progress = job.progress
    phase = f", {progress.phase}" if progress and progress.phase and not job.is_settled else ""
    bar.show(f"Job {job.id}: {job.status}{phase}", progress.done if progress else 0, progress.total if progress else 0)


def _check_dry_run(push: Push, job: UploadJob | None) -> None:
    if job and push.asked.is_dry_run and not job.is_dry_run:
        raise UnexpectedAnswer(
            f"A dry run was asked for, but the server does not say that job {job.id} was one: "
            "the file may have been applied."
        )
