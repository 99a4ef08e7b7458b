"""What learning has to do in the background."""

from datetime import UTC, datetime
from typing import Final

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from orgsync.server import queue

RETRY_SECONDS: Final = 5
TIDYING_RETRY_SECONDS: Final = 600


@app.task(name="send_sign_in_links", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=10, wait=RETRY_SECONDS))
def send_sign_in_links(try_id: int) -> None:
    """Write the mails that an ask for a link leads to."""
    # Asks are queued by that module.
    from orgsync.server.learning.signin.asking import answer  # noqa: PLC0415

    answer(try_id, now=timezone.now())


@app.periodic(cron="47 * * * *")
@app.task(
    name="forget_learner_sign_ins",
    queue=queue.LIGHT_QUEUE,
    retry=RetryStrategy(max_attempts=3, wait=TIDYING_RETRY_SECONDS),
)
def forget_learner_sign_ins(timestamp: int) -> None:
    """Remove, every hour, what is over of links, sessions and tries."""
    from orgsync.server.learning.signin.asking import forget_tries  # noqa: PLC0415
    from orgsync.server.learning.signin.links import forget_links  # noqa: PLC0415
    from orgsync.server.learning.signin.sessions import forget_sessions  # noqa: PLC0415

    now = datetime.fromtimestamp(timestamp, tz=UTC)
    forget_tries(now)
    forget_links(now)
    forget_sessions(now)
