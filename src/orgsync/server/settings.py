"""The one settings module; every difference between machines is an environment variable."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from orgsync.server import env
from orgsync.server.database import django_database
from orgsync.server.keys import former_signing_keys, signing_key

DATA_DIR: Path = env.env_path("ORGSYNC_DATA_DIR") or Path("orgsync-data").absolute()
BASE_URL = (env.env_text("ORGSYNC_BASE_URL") or "http://127.0.0.1:8080").rstrip("/")
SECRET_KEY = signing_key(DATA_DIR)
SECRET_KEY_FALLBACKS = former_signing_keys()
DEBUG = False
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
IS_TLS = BASE_URL.startswith("https://")
# A name that begins so is taken by browsers only from this very host, over TLS.
COOKIE_PREFIX = "__Host-" if IS_TLS else ""
TRUSTED_PROXIES = env.env_list("ORGSYNC_BEHIND_PROXY")
ALLOWED_HOSTS = ["*"]
"""Links use BASE_URL, never the Host header, so that any name may reach the server."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "orgsync.server.web",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "axes",
    "django_htmx",
    "django.contrib.humanize",
    "procrastinate.contrib.django",
    "orgsync.server.audit",
    "orgsync.server.orgs",
    "orgsync.server.directory",
    "orgsync.server.tokens",
    "orgsync.server.uploads",
    "orgsync.server.notify",
    "orgsync.server.hooks",
    "orgsync.server.learning",
    "orgsync.server.reports",
]
MIDDLEWARE = [
    "orgsync.server.api.middleware.RequestId",
    "orgsync.server.headers.SafeAnswers",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "orgsync.server.web.sessionlife.SessionLife",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "orgsync.server.web.context.frame",
            ],
            "builtins": ["orgsync.server.web.templatetags.screen"],
        },
    }
]
STATIC_URL = "static/"
# Assets ship in the package and are served from there: no collecting, no second copy.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

# Pages load nothing from elsewhere, and no page holds a script or a style of its own.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "web:start"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "orgsync.server.web.accounts.ClosedAccounts"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# The library looks for addresses in small letters; how one was first written is for showing.
ACCOUNT_USER_MODEL_EMAIL_FIELD = "email_key"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = None
# Nobody is told by mail or page whether an address has an account.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
SOCIALACCOUNT_ADAPTER = "orgsync.server.signon.adapter.OrganizationSignOn"
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "orgsync.server.signon.provider.OrganizationProvider",
        "OAUTH_PKCE_ENABLED": True,
    }
}
MFA_ADAPTER = "orgsync.server.web.accounts.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_FORMS = {
    "authenticate": "orgsync.server.web.forms.secondfactor.CodeForm",
    "reauthenticate": "orgsync.server.web.forms.secondfactor.CodeAgainForm",
}
MFA_PASSKEY_LOGIN_ENABLED = False
# A phone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
USERSESSIONS_TRACK_ACTIVITY = True
# Guessing is counted in one place, in the database, not in each process too.
ACCOUNT_RATE_LIMITS = {"login_failed": None, "activate": "60/m/ip"}
# Ten wrong passwords for one account from one address: a quarter of an hour of silence.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_CLIENT_IP_CALLABLE = "orgsync.server.web.accounts.client_address"
AXES_VERBOSE = False
APPEND_SLASH = False
ROOT_URLCONF = "orgsync.server.urls"
WSGI_APPLICATION = "orgsync.server.wsgi.application"
AUTH_USER_MODEL = "orgs.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "orgsync.server.orgs.passwords.OwnWords"},
]

QUEUE_DATABASE_URL = env.env_optional_secret("ORGSYNC_QUEUE_DATABASE_URL") or ""
"""Set where the database's address is a pooler's."""
DATABASES = {
    "default": django_database(
        env.env_optional_secret("ORGSYNC_DATABASE_URL") or "",
        application_name=os.environ.get("ORGSYNC_PROCESS", "orgsync"),
        is_pooled=bool(QUEUE_DATABASE_URL),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PROCRASTINATE_ON_APP_READY = "orgsync.server.queue.on_app_ready"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

# Nothing of an upload may be parsed into memory: files go to storage through the upload handler.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
FILE_UPLOAD_HANDLERS: list[str] = []
"""A form's file goes nowhere unless its page has asked who sends it and then names where it goes."""

STORAGE_URL = env.env_text("ORGSYNC_STORAGE_URL") or ""
"""Empty: the folder `media` in the data directory; else `s3://bucket/prefix`."""
ENCRYPTION_KEY_FILE = env.env_path("ORGSYNC_ENCRYPTION_KEY_FILE")
"""Master keys of stored files, one a line, the newest first; None: files are stored as they are."""
SMTP_URL = env.env_optional_secret("ORGSYNC_SMTP_URL") or ""
"""`smtp://user:password@host:port?tls=starttls|implicit|none`; empty: mail is written as files."""
MAIL_FROM = env.env_text("ORGSYNC_MAIL_FROM") or "orgsync@localhost"

WEBHOOK_NETWORKS = env.env_list("ORGSYNC_WEBHOOK_NETWORKS")
"""Networks of our own that webhooks and single sign-on may reach, and by plain http too; of others only public ones."""

UPLOADS_PER_HOUR = env.env_int("ORGSYNC_UPLOADS_PER_HOUR", 60)
CALLS_PER_HOUR = env.env_int("ORGSYNC_CALLS_PER_HOUR", 6_000)
MAX_UPLOAD_BYTES = env.env_int("ORGSYNC_MAX_UPLOAD_BYTES", 1_000_000_000)
# off: every file is compared row by row with the whole directory, which gives the same and takes longer.
SHORTCUTS = env.env_choice("ORGSYNC_SHORTCUTS", "auto", ("auto", "off", "always"))
WEB_THREADS = env.env_int("ORGSYNC_WEB_THREADS", 8)

METRICS_NETWORKS = env.env_list("ORGSYNC_METRICS_NETWORKS")
"""Who may read /metrics; empty: this machine only."""
METRICS_TOKEN = env.env_optional_secret("ORGSYNC_METRICS_TOKEN") or ""
"""With a token the networks do not count."""
METRICS_FEEDS = env.env_int("ORGSYNC_METRICS_FEEDS", 100)

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CONTENT_TYPE_NOSNIFF = True
# On a developer's own machine the promise would bind every other server on localhost too.
SECURE_HSTS_SECONDS = 31_536_000 if IS_TLS and urlsplit(BASE_URL).hostname not in LOOPBACK_NAMES else 0
# A name of its own is what we ask for; where others live below it, operators say `host`.
SECURE_HSTS_INCLUDE_SUBDOMAINS = (
    env.env_choice("ORGSYNC_HSTS", "subdomains", ("subdomains", "host")) == "subdomains" and SECURE_HSTS_SECONDS > 0
)
# W008: there is no plain listener to redirect from; without TLS or a trusted proxy only this machine is listened to.
# W021: to be on the browsers' lists is a promise for a whole domain, which is not ours.
SILENCED_SYSTEM_CHECKS = ["security.W008", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_COOKIE_NAME = f"{COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = IS_TLS
SESSION_IDLE_MINUTES = env.env_int("ORGSYNC_SESSION_IDLE_MINUTES", 60, minimum=5, maximum=43_200)
SESSION_COOKIE_AGE = 3600 * env.env_int("ORGSYNC_SESSION_HOURS", 24, minimum=1, maximum=8_760)
CSRF_COOKIE_NAME = f"{COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = IS_TLS
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "orgsync.server.web.messagestore.WaitingWords"
X_FRAME_OPTIONS = "DENY"

LOGGING_CONFIG = "orgsync.server.monitoring.logs.configure"
LOGGING = env.log_settings()
