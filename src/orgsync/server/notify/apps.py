from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "notifyync.server.notify"
    label = "notify"
