from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "orgsync.server.web"
    label = "web"
