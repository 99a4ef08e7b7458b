"""The catalogue of figures that are read from the database: one scrape of any web process shows every worker's.

All organizations together, as the queue has them; no label names a person, an organization or a file. Totals are of
rows that are never deleted, so that they only grow.
"""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from orgsync.server.hooks.sending import MAX_ATTEMPTS as MOST_DELIVERIES
from orgsync.server.notify.tasks import MAX_ATTEMPTS as MOST_MAILS
from orgsync.server.queue import STALLED_SECONDS
from orgsync.server.uploads.lateness import LATE_FEEDS

PHASES: Final = ("read", "plan", "apply")
"""The parts of an attempt whose time is kept with the job."""
PHASE_BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800)
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Figures of one name; the statement gives a row for each: the labels' values, then the figure."""

    name: str
    help: str
    sql: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"
    given: dict[str, Any] = field(default_factory=dict)


FIGURES: Final = (
    Figure(
        "orgsync_jobs",
        "Upload jobs by status, since ever.",
        "SELECT status, count(*) FROM uploads_uploadjob GROUP BY status",
        ("status",),
    ),
    Figure(
        "orgsync_job_oldest_seconds",
        "Age of the oldest job that waits (QUEUED), runs (PROCESSING) or waits for a person (HELD).",
        """SELECT status, max(extract(epoch FROM now() - CASE status WHEN 'HELD' THEN held_at ELSE modified_at END))
             FROM uploads_uploadjob WHERE status IN ('QUEUED', 'PROCESSING', 'HELD') GROUP BY status""",
        ("status",),
    ),
    Figure(
        "orgsync_rows",
        "People by what became of them, over all jobs that are done; dry runs left out.",
        """SELECT outcome, coalesce(people, 0)
             FROM (SELECT sum(created_count) AS created, sum(updated_count) AS updated, sum(deleted_count) AS deleted,
                          sum(unchanged_count) AS unchanged, sum(skipped_count) AS skipped, sum(error_count) AS error
                     FROM uploads_uploadjob WHERE status = 'DONE' AND NOT is_dry_run) AS total
            CROSS JOIN LATERAL (VALUES ('created', created), ('updated', updated - created), ('deleted', deleted),
                                       ('unchanged', unchanged), ('skipped', skipped), ('error', error)
                               ) AS each (outcome, people)""",
        ("outcome",),
        "counter",
    ),
    Figure(
        "orgsync_uploads",
        "Files that were accepted.",
        "SELECT CASE WHEN token_id IS NULL THEN 'page' ELSE 'token' END AS way, count(*)"
        "  FROM uploads_media WHERE kind = 'source' GROUP BY way",
        ("way",),
        "counter",
    ),
    Figure(
        "orgsync_upload_bytes",
        "Bytes of all files that were accepted.",
        "SELECT coalesce(sum(size), 0) FROM uploads_media WHERE kind = 'source'",
        kind="counter",
    ),
    Figure(
        "orgsync_stored_bytes",
        "Bytes of stored files, before encryption.",
        "SELECT kind, sum(size) FROM uploads_media WHERE removed_at IS NULL GROUP BY kind",
        ("kind",),
    ),
    Figure(
        "orgsync_job_repeated_attempts",
        "Attempts beyond the first one: the process died, was taken for dead, or met an error.",
        "SELECT coalesce(sum(greatest(attempts %% 10 - 1, 0)), 0) FROM uploads_uploadjob",
        kind="counter",
    ),
    Figure(
        "orgsync_queue_jobs",
        "Queued work by queue: waiting (also for its time) or running.",
        """SELECT queue_name, CASE status WHEN 'todo' THEN 'waiting' ELSE 'running' END AS state, count(*)
             FROM procrastinate_jobs WHERE status IN ('todo', 'doing') GROUP BY queue_name, state""",
        ("queue", "state"),
    ),
    Figure(
        "orgsync_queue_oldest_seconds",
        "Age of the oldest work that waits and whose time has come, by queue.",
        """SELECT queue_name, max(extract(epoch FROM now() - greatest(job.scheduled_at, event.at)))
             FROM procrastinate_jobs AS job
             JOIN procrastinate_events AS event ON event.job_id = job.id AND event.type = 'deferred'
            WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
            GROUP BY queue_name""",
        ("queue",),
    ),
    Figure(
        "orgsync_workers",
        "Workers that beat within the last seconds.",
        "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %(stalled)s * interval '1 second'",
        given={"stalled": STALLED_SECONDS},
    ),
    Figure(
        "orgsync_mails",
        "Mails that wait to be sent, and those that were given up.",
        """SELECT CASE WHEN attempts < %(most)s THEN 'waiting' ELSE 'failed' END AS state, count(*)
             FROM notify_outboxmail WHERE sent_at IS NULL GROUP BY state""",
        ("state",),
        given={"most": MOST_MAILS},
    ),
    Figure(
        "orgsync_mail_oldest_seconds",
        "Age of the oldest mail that waits to be sent.",
        """SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)
             FROM notify_outboxmail WHERE sent_at IS NULL AND attempts < %(most)s""",
        given={"most": MOST_MAILS},
    ),
    Figure(
        "orgsync_webhook_deliveries",
        "Deliveries to webhooks that wait, and those that were given up.",
        """SELECT CASE WHEN given_up_at IS NULL AND attempts < %(most)s THEN 'waiting' ELSE 'failed' END AS state,
                  count(*)
             FROM hooks_delivery WHERE delivered_at IS NULL GROUP BY state""",
        ("state",),
        given={"most": MOST_DELIVERIES},
    ),
    Figure(
        "orgsync_webhooks_disabled",
        "Webhooks that the server switched off because they kept failing.",
        "SELECT count(*) FROM hooks_webhook WHERE disabled_at IS NOT NULL",
    ),
    Figure(
        "orgsync_feeds_late",
        "Feeds without a file for longer than they say.",
        f"SELECT count(*) FROM ({LATE_FEEDS}) AS late",  # noqa: S608 - a text of ours
    ),
    Figure(
        "orgsync_feed_applied_age_seconds",
        "Time since a file of the feed was last applied, by ids; at most ORGSYNC_METRICS_FEEDS feeds, the longest "
        "silent ones first.",
        """SELECT organization_id::text, id::text, extract(epoch FROM now() - last_applied_at)
             FROM directory_feed WHERE last_applied_at IS NOT NULL
            ORDER BY last_applied_at LIMIT %(feeds)s""",
        ("organization", "feed"),
    ),
    Figure(
        "orgsync_database_sessions",
        "Sessions of our processes in this database, by what they are for and do.",
        """SELECT CASE WHEN application_name LIKE 'worker-uploads%%' THEN 'upload worker'
                       WHEN application_name LIKE 'worker-light%%' THEN 'light worker'
                       WHEN application_name LIKE 'upload-%%' THEN 'upload'
                       WHEN application_name = 'orgsync' THEN 'web' ELSE 'other' END AS role,
                  coalesce(state, 'unknown'), count(*)
             FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1, 2""",
        ("role", "state"),
    ),
    Figure(
        "orgsync_database_sessions_max",
        "Sessions that the database allows.",
        "SELECT current_setting('max_connections')::int",
    ),
)
PHASE_NAME: Final = "orgsync_job_phase_seconds"
PHASE_HELP: Final = "Time that finished attempts took, by phase; since ever."
PHASE_SQL: Final = """
    SELECT part, width_bucket(took_ms / 1000.0::float8, %(buckets)s::float8[]) AS place,
           count(*), sum(took_ms) / 1000.0::float8
      FROM uploads_uploadjob
     CROSS JOIN LATERAL (VALUES ('read', read_ms), ('plan', plan_ms), ('apply', apply_ms)) AS each (part, took_ms)
     WHERE took_ms IS NOT NULL
     GROUP BY part, place
"""
