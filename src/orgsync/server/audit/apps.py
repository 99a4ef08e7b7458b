from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "orgsync.server.audit"
    label = "audit"
