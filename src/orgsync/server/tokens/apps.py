from django.apps import AppConfig


class TokensConfig(AppConfig):
    name = "tokensync.server.tokens"
    label = "tokens"
