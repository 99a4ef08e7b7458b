"""A real worker sends real mail."""

from collections.abc import Callable
from subprocess import Popen

from orgsync.server.notify.models import OutboxMail
from tests.job_world import make_organization
from tests.server.notify.mail_world import Mailbox, add_mails, smtp_server
from tests.server.queue.queue_world import query, query_nothing, queue_jobs, wait_until

StartWorker = Callable[..., Popen[bytes]]
SEND_NOW = "UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'"


def test_mail_is_tried_again_until_the_server_takes_it(start_worker: StartWorker) -> None:
    """Down at first, then up: delivered once, with the Message-ID that the row had from the start."""
    with smtp_server(Mailbox()) as port:
        pass  # now the port is free again and nobody listens
    (mail,) = add_mails(make_organization(), "anna@example.com")
    start_worker("light", ORGSYNC_SMTP_URL=f"smtp://127.0.0.1:{port}?tls=none")
    wait_until(lambda: OutboxMail.objects.get(id=mail.pk).attempts == 1)
    mailbox = Mailbox()

    with smtp_server(mailbox, port):
        wait_until(lambda: query("SELECT FROM procrastinate_jobs WHERE status = 'todo'"))
        query_nothing(SEND_NOW)
        wait_until(lambda: OutboxMail.objects.get(id=mail.pk).sent_at)
        wait_until(lambda: queue_jobs() == [])

    assert [message["Message-ID"] for message in mailbox.messages] == [mail.message_id]
