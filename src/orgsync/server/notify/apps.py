from django.apps import AppConfig
from django.conf import settings

from orgsync.server.notify.smtp import parse_url


class NotifyConfig(AppConfig):
    name = "orgsync.server.notify"
    label = "notify"

    def ready(self) -> None:
        # A mistyped address stops the process now, not the first mail at night.
        if settings.SMTP_URL:
            parse_url(settings.SMTP_URL)
