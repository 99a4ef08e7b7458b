from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "orgsync.server.tokens"
    label = "tokens"
