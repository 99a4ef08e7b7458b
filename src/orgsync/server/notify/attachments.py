"""What a mail carries with it. Mail knows no media: the app that stores them says here how to read one."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachment:
    file_name: str
    content: bytes


ReadAttachment = Callable[[int, int], Attachment | None]
"""Takes the ids of organization and media; None when the bytes are no longer to be had."""

_readers: list[ReadAttachment] = []


def provide(reader: ReadAttachment) -> None:
    """Set how attachments are read; called once, when Django starts."""
    _readers[:] = [reader]


def read(organization_id: int, media_id: int) -> Attachment | None:
    """Return the attachment, or None when the mail has to go without it."""
    (reader,) = _readers
    return reader(organization_id, media_id)
