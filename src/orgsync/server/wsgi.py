"""The web process's entry point."""

import os

from django.core.wsgi import get_wsgi_application

from orgsync.server.monitoring.starting import start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "orgsync.server.settings")
application = get_wsgi_application()
start("web")
