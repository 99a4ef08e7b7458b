"""What learning has to do in the background."""

from datetime import UTC, datetime
from typing import Final

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from orgsync.server import queue
from orgsync.server.orgs.models import Organization

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


@app.task(name="mail_shares", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=10, wait=RETRY_SECONDS))
def mail_shares(organization_id: int) -> None:
    """Tell those of a share who want to be told at once."""
    # Sharing queues it.
    from orgsync.server.learning.telling.sharemails import mail_waiting  # noqa: PLC0415

    mail_waiting(Organization.objects.get(id=organization_id), now=timezone.now())


@app.periodic(cron="*/15 * * * *")
@app.task(
    name="learner_mails", queue=queue.LIGHT_QUEUE, retry=RetryStrategy(max_attempts=3, wait=TIDYING_RETRY_SECONDS)
)
def learner_mails(timestamp: int) -> None:
    """Send the digests wherever it is morning, and what quiet hours have held back."""
    from orgsync.server.learning.telling.digests import send_digests  # noqa: PLC0415
    from orgsync.server.learning.telling.sharemails import mail_waiting  # noqa: PLC0415

    now = datetime.fromtimestamp(timestamp, tz=UTC)
    for organization in Organization.objects.filter(learners_sign_in=True).order_by("id"):
        mail_waiting(organization, now=now)
        send_digests(organization, now=now)


@app.periodic(cron="41 2 * * *")
@app.task(
    name="score_recommendations",
    queue=queue.LIGHT_QUEUE,
    retry=RetryStrategy(max_attempts=3, wait=TIDYING_RETRY_SECONDS),
)
def score_recommendations(timestamp: int) -> None:
    """Compute, every night, what colleagues do more than others: one statement an organization, in the database."""
    from orgsync.server.learning.recommending.scoring import score_all  # noqa: PLC0415

    score_all(datetime.fromtimestamp(timestamp, tz=UTC))
