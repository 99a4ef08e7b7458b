"""Results files as attachments of mails."""

import logging

from orgsync.server.notify.attachments import Attachment
from orgsync.server.uploads.media import DamagedMedia, RemovedMedia, read_verified
from orgsync.server.uploads.models import Media

log = logging.getLogger(__name__)


def read_attachment(organization_id: int, media_id: int) -> Attachment | None:
    """Return a stored file, or None when it cannot be had: the mail says how to download it anyway."""
    media = Media.objects.filter(organization_id=organization_id, id=media_id).first()
    if media is None:
        return None
    try:
        return Attachment(media.file_name or "results.csv", read_verified(media))
    except (RemovedMedia, DamagedMedia, FileNotFoundError) as error:
        log.warning("A mail goes without its attachment: %s", error)
        return None
