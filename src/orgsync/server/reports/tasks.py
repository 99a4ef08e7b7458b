"""What of reports happens by the clock."""

from datetime import UTC, datetime
from typing import Final

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from orgsync.server import queue
from orgsync.server.reports.saving import send_due

RETRY_SECONDS: Final = 600


@app.periodic(cron="9,39 * * * *")
@app.task(name="reports", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=3, wait=RETRY_SECONDS))
def mail_reports(timestamp: int) -> None:
    """Mail the reports that somebody asked for wherever it is morning."""
    send_due(datetime.fromtimestamp(timestamp, tz=UTC))
