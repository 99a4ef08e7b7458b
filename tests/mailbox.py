"""A real SMTP server that keeps what it accepts."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


class Mailbox:
    """What the server does with mail: keeps it, but refuses some recipients and may fumble its goodbye."""

    def __init__(self, refusals: dict[str, str] | None = None, goodbye: str = "221 Bye") -> None:
        self.messages: list[EmailMessage] = []
        self._refusals = refusals or {}
        self._goodbye = goodbye

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:  # noqa: N802
        if refusal := self._refusals.get(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 Accepted"

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        return self._goodbye


@contextmanager
def smtp_server(mailbox: Mailbox, port: int = 0, host: str = "127.0.0.1", **options: Any) -> Iterator[int]:
    """Run the server in a thread; yield its port, a free one unless it is given."""
    loop = asyncio.new_event_loop()
    make = partial(SMTP, mailbox, hostname="mail.example.com", loop=loop, **options)
    server = loop.run_until_complete(loop.create_server(make, host, port))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(_shut(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _shut(server: asyncio.Server) -> None:
    server.close()
    conversations = asyncio.all_tasks() - {asyncio.current_task()}
    for conversation in conversations:
        conversation.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)
