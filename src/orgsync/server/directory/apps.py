from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directoryync.server.directory"
    label = "directory"
