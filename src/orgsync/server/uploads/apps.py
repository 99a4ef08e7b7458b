from django.apps import AppConfig


class UploadsConfig(AppConfig):
    name = "uploadsync.server.uploads"
    label = "uploads"
