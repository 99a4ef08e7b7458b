from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "orgsync.server.orgs"
    label = "orgs"

    def ready(self) -> None:
        # Models can be imported only now.
        from orgsync.server.orgs import signing  # noqa: PLC0415

        signing.connect()
