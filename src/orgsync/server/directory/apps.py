from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "orgsync.server.directory"
    label = "directory"
