from django.apps import AppConfig
from django.conf import settings

from orgsync.server.hooks.guarded import parse_networks


class HooksConfig(AppConfig):
    name = "orgsync.server.hooks"
    label = "hooks"

    def ready(self) -> None:
        # A mistyped network stops the process now, not the first delivery.
        parse_networks(settings.WEBHOOK_NETWORKS)
