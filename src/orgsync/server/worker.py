"""A worker process: `python -m orgsync.server.worker --queue uploads|light`. SIGTERM drains it."""

import argparse
import asyncio
import logging
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

import django
from django.conf import settings
from procrastinate import JobContext, PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.worker import Worker

from orgsync.server import queue
from orgsync.server.database import queue_connection
from orgsync.server.monitoring.starting import start
from orgsync.server.uploads.children import Children

CONCURRENCY = {queue.UPLOADS_QUEUE: 1, queue.LIGHT_QUEUE: 4}
POOL_TIMEOUT = 3.0
"""Seconds to wait for the database before giving up; the stock 30 would outlive a dead parent."""

log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Work until SIGTERM; return 1 when the worker gave up and is to be started again."""
    options = _options(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgsync.server.settings")
    # Every session of this process carries a name of its own: settings read it, so it comes first.
    os.environ["ORGSYNC_PROCESS"] = queue.process_name(f"worker-{options.queue}")
    django.setup()
    start("worker")
    # Models can be imported only once Django is set up.
    from orgsync.server.uploads.sweep import sweep_until  # noqa: PLC0415

    return asyncio.run(_work(options.queue, options.concurrency or CONCURRENCY[options.queue], sweep_until))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m orgsync.server.worker", description="Run queued jobs until SIGTERM."
    )
    parser.add_argument("--queue", choices=queue.QUEUES, required=True)
    parser.add_argument(
        "--concurrency", type=int, default=0, help="jobs at a time; by default 1 (uploads) or 4 (light)"
    )
    return parser.parse_args(arguments)


async def _work(queue_name: str, concurrency: int, sweep: Callable[[threading.Event], None]) -> int:
    """Run the worker, its heart-beat and its sweep until one of them ends; return the exit code."""
    stop, heart, children = threading.Event(), _Heart(), Children()
    if queue_name == queue.UPLOADS_QUEUE:
        await children.prepare()
    with app.replace_connector(_connector()):
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[queue_name],
                    name=os.environ["ORGSYNC_PROCESS"],
                    concurrency=concurrency,
                    delete_jobs="always",
                    fetch_job_polling_interval=queue.POLL_SECONDS,
                    update_heartbeat_interval=queue.HEARTBEAT_SECONDS,
                    stalled_worker_timeout=queue.STALLED_SECONDS,
                    worker_middleware=[heart.learn, queue.bind_cause],
                    additional_context={"children": children},
                )
            )
            failures = _Failures(working)
            asyncio.get_running_loop().set_exception_handler(failures.note)
            sides = [asyncio.create_task(heart.beat()), asyncio.create_task(asyncio.to_thread(sweep, stop))]
            await asyncio.wait({working, *sides}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            exit_code = await _drain(working, sides, failures)
    await children.close()
    return exit_code


async def _drain(working: asyncio.Task[None], sides: list[asyncio.Task[None]], failures: "_Failures") -> int:
    """Let running jobs end, with the heart still beating; return 1 if anything had gone wrong."""
    working.cancel()
    heart_beats, sweeping = sides
    outcomes = list(await asyncio.gather(working, sweeping, return_exceptions=True))
    heart_beats.cancel()
    outcomes += await asyncio.gather(heart_beats, return_exceptions=True)
    errors = [error for error in outcomes if isinstance(error, Exception)]
    for error in errors:
        log.error("The worker gives up.", exc_info=error)
    return 1 if errors or failures.count else 0


class _Heart:
    """Keep the heart-beat going while the worker drains: its own ends before its running jobs do."""

    def __init__(self) -> None:
        self._worker: Worker | None = None

    async def learn(self, call_next: Callable[[], Any], context: JobContext, worker: Worker) -> Any:  # noqa: ARG002
        """Remember the worker when it runs its first job (a middleware)."""
        self._worker = worker
        return await call_next()

    async def beat(self) -> None:
        while True:
            await asyncio.sleep(queue.HEARTBEAT_SECONDS)
            if self._worker is not None and self._worker.worker_id is not None:
                await app.job_manager.update_heartbeat(self._worker.worker_id)


class _Failures:
    """Stop the worker when a job's end could not be reported: it would count as running for ever."""

    def __init__(self, working: asyncio.Task[None]) -> None:
        self._working = working
        self.count = 0

    def note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Log what nobody awaited (the loop's exception handler), then drain."""
        loop.default_exception_handler(context)
        self.count += 1
        self._working.cancel()


def _connector() -> PsycopgConnector:
    """Return a pool for the queue: its direct address where Django's connections go through a pooler."""
    own = settings.QUEUE_DATABASE_URL
    name = os.environ["ORGSYNC_PROCESS"]
    parameters = queue_connection(own, application_name=name) if own else connector_params()
    return PsycopgConnector(kwargs=parameters, timeout=POOL_TIMEOUT, min_size=1, max_size=4)


if __name__ == "__main__":
    sys.exit(main())
