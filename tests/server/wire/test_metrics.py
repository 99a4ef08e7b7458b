"""/metrics: who may read it, and that every figure that dashboard, rules and page speak of is there."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from orgsync.core.model import JobStatus
from orgsync.server import queue
from orgsync.server.api import metrics
from orgsync.server.directory.models import Feed
from orgsync.server.monitoring.database import KEPT_SECONDS
from orgsync.server.notify.models import OutboxMail
from orgsync.server.notify.tasks import MAX_ATTEMPTS, send_mail
from orgsync.server.uploads.models import Media, UploadJob
from tests.job_world import make_job, make_organization, make_token
from tests.upload_world import JOBS, Sender, answer

ROOT = Path(__file__).parents[3]
MONITORING = ROOT / "deploy/monitoring"
NAME = re.compile(r"\borgsync_[a-z_]+\b")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the database anew for every scrape."""
    monkeypatch.setattr("orgsync.server.monitoring.database.KEPT_SECONDS", -KEPT_SECONDS)


def scrape(client: Client | None = None, **meta: Any) -> str:
    found = (client or Client()).get("/metrics", **meta)
    assert found.status_code == 200
    return found.content.decode()


def figures(text: str) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels, in the order of the labels' names."""
    families = text_string_to_metric_families(text)
    samples = [sample for family in families for sample in family.samples]
    return {(one.name, *(value for _, value in sorted(one.labels.items()))): one.value for one in samples}


def test_one_scrape_tells_of_jobs_queue_mails_and_feeds(db: None) -> None:
    """Whatever process did the work; by ids and kinds, never by names."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")  # what other tests have left, in this test's transaction
    token = make_token(make_organization("Miller & Sons"))
    now = timezone.now()
    done = make_job(token, JobStatus.DONE, attempts=2, created_count=5, updated_count=7, error_count=1)
    UploadJob.objects.filter(id=done.pk).update(read_ms=40, plan_ms=700, apply_ms=3_000_000)
    held = make_job(token, JobStatus.HELD, held_at=now - timedelta(hours=2))
    Feed.objects.filter(id=token.feed_id).update(last_applied_at=now - timedelta(hours=30))
    Media.objects.filter(feed_id=token.feed_id).update(created_at=now - timedelta(hours=30))
    mail = {"kind": "x", "subject": "s", "body": "b", "created_at": now, "organization_id": token.organization_id}
    OutboxMail.objects.create(**mail, recipient="ana@example.com", message_id="1", job_id=1)
    OutboxMail.objects.create(**mail, recipient="bo@example.com", message_id="2", job_id=1, attempts=MAX_ATTEMPTS)
    queue.defer(send_mail, mail_id=1)

    text = scrape()
    found = figures(text)

    assert found["orgsync_database_up",] == 1
    assert (found["orgsync_jobs", "DONE"], found["orgsync_jobs", "HELD"]) == (1, 1)
    assert found["orgsync_job_oldest_seconds", "HELD"] == pytest.approx(7200, abs=60)
    assert (found["orgsync_rows_total", "created"], found["orgsync_rows_total", "updated"]) == (5, 2)
    assert found["orgsync_job_repeated_attempts_total",] == 1
    assert found["orgsync_queue_jobs", "light", "waiting"] == 1
    assert found["orgsync_queue_oldest_seconds", "light"] < 60
    assert (found["orgsync_mails", "waiting"], found["orgsync_mails", "failed"]) == (1, 1)
    assert found["orgsync_feed_applied_age_seconds", str(token.feed_id), str(token.organization_id)] > 100_000
    assert found["orgsync_feeds_late",] == 1
    assert found["orgsync_job_phase_seconds_bucket", "0.5", "plan"] == 0
    assert found["orgsync_job_phase_seconds_bucket", "1.0", "plan"] == 1
    assert found["orgsync_job_phase_seconds_bucket", "1800.0", "apply"] == 0
    assert found["orgsync_job_phase_seconds_count", "apply"] == 1
    assert held.pk
    assert "Miller" not in text
    assert "example.com" not in text


def test_requests_are_counted_by_route(sender: Sender) -> None:
    """The pattern, not the path; what leads nowhere is one label, whatever a scanner asks for."""
    before = figures(scrape())
    for path in (f"{JOBS}/1", f"{JOBS}/2"):
        sender.get(path)
    for path in ("/wp-login.php", "/.git/config"):
        answer("GET", path)

    after = figures(scrape())

    def more(*key: str) -> float:
        return after[key] - before.get(key, 0)

    route = "v2/enterpriseUploadJobs/<str:job_id>"
    assert more("orgsync_http_requests_total", "GET", route, "404") == 2
    assert more("orgsync_http_request_seconds_count", route) == 2
    assert more("orgsync_http_requests_total", "GET", "(unknown)", "404") == 2


@pytest.mark.parametrize(
    ("values", "meta", "is_let_in"),
    [
        ({}, {"REMOTE_ADDR": "127.0.0.1"}, True),
        ({}, {"REMOTE_ADDR": "192.0.2.7"}, False),
        ({}, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "127.0.0.1"}, False),
        ({"TRUSTED_PROXIES": ("127.0.0.1",)}, {"HTTP_X_FORWARDED_FOR": "192.0.2.7"}, False),
        ({"TRUSTED_PROXIES": ("127.0.0.1",)}, {"HTTP_X_FORWARDED_FOR": "127.0.0.1, 192.0.2.7"}, False),
        ({"METRICS_NETWORKS": ("192.0.2.0/24",)}, {"REMOTE_ADDR": "192.0.2.7"}, True),
        ({"METRICS_NETWORKS": ("192.0.2.0/24",)}, {"REMOTE_ADDR": "127.0.0.1"}, False),
        ({"METRICS_TOKEN": "secret"}, {"REMOTE_ADDR": "127.0.0.1"}, False),
        ({"METRICS_TOKEN": "secret"}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, False),
        ({"METRICS_TOKEN": "secret"}, {"REMOTE_ADDR": "192.0.2.7", "HTTP_AUTHORIZATION": "Bearer secret"}, True),
    ],
)
def test_who_may_read(
    db: None, settings: Settings, values: dict[str, Any], meta: dict[str, str], *, is_let_in: bool
) -> None:
    """This machine, or whom the operator names; to others there is nothing at this address."""
    for name, value in values.items():
        setattr(settings, name, value)

    assert Client().get("/metrics", **meta).status_code == (200 if is_let_in else 404)


def test_database_away_is_a_figure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests are told all the same: Django's guard against the database stands for one that is away."""
    from django.db import OperationalError

    def away() -> None:
        raise OperationalError

    monkeypatch.setattr("orgsync.server.monitoring.database.transaction.atomic", away)

    found = figures(metrics.metrics(Client().get("/healthz").wsgi_request).content.decode())

    assert found["orgsync_database_up",] == 0
    assert ("orgsync_http_requests_in_progress",) in found


def test_every_figure_that_is_spoken_of_is_there(db: None, sender: Sender) -> None:
    """Dashboard, rules and page name nothing that the server does not tell."""
    # A histogram's and a counter's samples are there once something was counted.
    sender.get(f"{JOBS}/1")
    text = scrape()
    told = set(NAME.findall(text))
    panels = [
        target["expr"]
        for panel in json.loads((MONITORING / "grafana-dashboard.json").read_text())["panels"]
        for target in panel.get("targets", [])
    ]
    rules = (MONITORING / "prometheus-rules.yml").read_text()
    page = (ROOT / "docs/how-to/monitor.md").read_text()

    assert len(panels) > 10
    for said in (*panels, rules, page):
        named = set(NAME.findall(said))
        assert {name for name in named if name not in told} == set()
    helped = set(re.findall(r"# HELP (orgsync_\w+)", text))
    documented = set(re.findall(r"^\| `(orgsync_\w+)`", page, re.MULTILINE))
    assert documented == helped
