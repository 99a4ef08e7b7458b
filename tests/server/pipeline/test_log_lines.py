"""What the log says of a whole job: every line JSON, found by the request's id, and nobody and no secret in it."""

import asyncio
import json
import logging
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from django.db import connection
from structlog.contextvars import bound_contextvars

from orgsync.core.model import JobStatus
from orgsync.server import queue
from orgsync.server.monitoring.logs import hidden
from orgsync.server.uploads import child
from orgsync.server.uploads.models import UploadJob
from tests.server.pipeline.pipeline_world import World
from tests.upload_world import UPLOAD, make_sender

PEOPLE = (
    b"primary_email_address,first_name,last_name,work_title\nzebulon@example.com,Zebulon,Quartzmann,Cook\nbroken,,,\n"
)
PLANTED = ("zebulon", "Zebulon", "Quartzmann", "example.com")


def queued(task: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = %s ORDER BY id", [task])
        return [json.loads(args) if isinstance(args, str) else args for (args,) in cursor.fetchall()]


def test_one_id_leads_through_the_whole_story(
    own_folder: None, world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Request, job, attempt's process, mail; also when the attempt breaks on a row that the database quotes."""
    sender = make_sender(feed=world.feed, notify_addresses=["zebulon@example.com"], created_by=world.owner)

    answered = sender.upload(PEOPLE, "&auto_notify=true&first_name=Zebulon")
    request_id = answered["x-li-uuid"]
    assert [args["caused_by"] for args in queued("process_upload")] == [request_id]
    job = UploadJob.objects.get(organization=world.organization)

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("Key (email_key)=(zebulon@example.com) of Zebulon Quartzmann exists.")

    with bound_contextvars(request_id=request_id):
        try:
            fail()
        except RuntimeError as error:
            child.report(type(error), error, error.__traceback__)
        done = world.run(job)
    sender.get(f"{UPLOAD}&id=urn:li:media:{done.result.public_id}")
    logging.getLogger("some.library").warning("Sent to %s with %s", "zebulon@example.com", f"Bearer {sender.text}")

    assert done.status == JobStatus.DONE
    assert {args["caused_by"] for args in queued("send_mail")} == {request_id}
    text = capsys.readouterr().err
    lines = [json.loads(line) for line in text.splitlines()]
    assert [word for word in (*PLANTED, sender.text, sender.text[12:]) if word in text] == []
    assert {line["event"] for line in lines if line.get("request_id") == request_id} >= {
        "request",
        "The attempt failed.",
    }
    [broken] = [line for line in lines if line["event"] == "The attempt failed."]
    assert broken["exception"][0]["type"] == "builtins.RuntimeError"
    assert "test_log_lines.py" in broken["exception"][0]["at"][0]
    assert all({"event", "level", "logger", "time"} <= line.keys() for line in lines)


def test_worker_binds_the_id_and_the_task_does_not_see_it() -> None:
    """A task that queues another one hands the id on; the next run of another request has its own."""
    seen: list[Any] = []

    async def work() -> None:
        seen.append(structlog.contextvars.get_contextvars())

    async def run() -> None:
        for arguments in ({"mail_id": 1, "caused_by": "abc"}, {"mail_id": 2}):
            job = SimpleNamespace(task_kwargs=arguments, task_name="send_mail")
            await queue.bind_cause(work, SimpleNamespace(job=job), None)
            assert "caused_by" not in arguments

    asyncio.run(run())

    assert seen == [{"request_id": "abc", "task": "send_mail"}, {"task": "send_mail"}]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("to ana.b+c@mail.example.com.", "to …@…"),
        ("GET /v2/x?email=ana", "GET /v2/x?…"),
        ("/accounts/password/reset/key/1a-secret/", "/accounts/password/reset/key/…"),
        ("postgresql://orgsync:secret@db/x", "postgresql://orgsync:…@db/x"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer …"),
        ("12 files in 3.5 s (6 %)", "12 files in 3.5 s (6 %)"),
        ({"why": ["ana@example.com", 5, None]}, {"why": ["…@…", 5, None]}),
    ],
)
def test_what_no_line_may_show(said: Any, shown: Any) -> None:
    """Wherever it stands, whoever logs it; what is harmless stays as it is."""
    assert hidden(said) == shown
