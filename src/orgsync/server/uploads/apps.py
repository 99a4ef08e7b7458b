from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "orgsync.server.uploads"
    label = "uploads"

    def ready(self) -> None:
        # Models can be imported only now.
        from orgsync.server.notify import attachments  # noqa: PLC0415
        from orgsync.server.uploads.attachments import read_attachment  # noqa: PLC0415

        attachments.provide(read_attachment)
