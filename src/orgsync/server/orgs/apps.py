from django.apps import AppConfig


class OrgsConfig(AppConfig):
    name = "orgsync.server.orgs"
    label = "orgs"
