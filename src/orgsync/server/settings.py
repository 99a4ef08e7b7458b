"""The one settings module; every difference between machines is an environment variable."""

import os
from pathlib import Path
from urllib.parse import urlsplit

from orgsync.server import env
from orgsync.server.database import django_database
from orgsync.server.keys import signing_key

DATA_DIR: Path = env.env_path("ORGSYNC_DATA_DIR") or Path("orgsync-data").absolute()
BASE_URL = (env.env_text("ORGSYNC_BASE_URL") or "http://127.0.0.1:8080").rstrip("/")
SECRET_KEY = signing_key(DATA_DIR)
DEBUG = False
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
IS_TLS = BASE_URL.startswith("https://")
TRUSTED_PROXIES = env.env_list("ORGSYNC_BEHIND_PROXY")
ALLOWED_HOSTS = ["*"]
"""Links use BASE_URL, never the Host header, so that any name may reach the server."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "orgsync.server.orgs",
    "orgsync.server.directory",
    "orgsync.server.tokens",
    "orgsync.server.uploads",
    "orgsync.server.notify",
]
MIDDLEWARE = [
    "orgsync.server.api.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
APPEND_SLASH = False
ROOT_URLCONF = "orgsync.server.urls"
WSGI_APPLICATION = "orgsync.server.wsgi.application"
AUTH_USER_MODEL = "orgs.Account"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

DATABASES = {
    "default": django_database(
        env.env_text("ORGSYNC_DATABASE_URL") or "", application_name=os.environ.get("ORGSYNC_PROCESS", "orgsync")
    )
}
QUEUE_DATABASE_URL = env.env_text("ORGSYNC_QUEUE_DATABASE_URL") or ""
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PROCRASTINATE_ON_APP_READY = "orgsync.server.queue.on_app_ready"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = True

# Nothing of an upload may be parsed into memory: files go to storage through the upload handler.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 100
FILE_UPLOAD_HANDLERS = ["orgsync.server.uploads.receive.StorageUploadHandler"]

STORAGE_URL = env.env_text("ORGSYNC_STORAGE_URL") or ""
"""Empty: the folder `media` in the data directory; else `s3://bucket/prefix`."""
SMTP_URL = env.env_text("ORGSYNC_SMTP_URL") or ""
"""`smtp://user:password@host:port?tls=starttls|implicit|none`; empty: mail is written as files."""
MAIL_FROM = env.env_text("ORGSYNC_MAIL_FROM") or "orgsync@localhost"

UPLOADS_PER_HOUR = env.env_int("ORGSYNC_UPLOADS_PER_HOUR", 60)
CALLS_PER_HOUR = env.env_int("ORGSYNC_CALLS_PER_HOUR", 6_000)
MAX_UPLOAD_BYTES = env.env_int("ORGSYNC_MAX_UPLOAD_BYTES", 1_000_000_000)
WEB_THREADS = env.env_int("ORGSYNC_WEB_THREADS", 8)

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_CONTENT_TYPE_NOSNIFF = True
# On a developer's own machine the promise would bind every other server on localhost too.
SECURE_HSTS_SECONDS = 31_536_000 if IS_TLS and urlsplit(BASE_URL).hostname not in LOOPBACK_NAMES else 0
SESSION_COOKIE_SECURE = IS_TLS
CSRF_COOKIE_SECURE = IS_TLS
X_FRAME_OPTIONS = "DENY"

LOGGING_CONFIG = None
