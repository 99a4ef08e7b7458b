from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "orgsync.server.web"
    label = "web"

    def ready(self) -> None:
        # The session's parts can be imported only now.
        from orgsync.server.web import sessionlife  # noqa: PLC0415

        sessionlife.connect()
