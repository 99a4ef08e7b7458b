"""Two organizations and the three who sign in: Alice owns, Bob reads, Charlie owns the other organization."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from orgsync.server.orgs.models import Organization, Role
from orgsync.server.uploads.storage import storage
from orgsync.server.web.views.account import BACKEND
from tests.job_world import make_admin, make_organization


@pytest.fixture(autouse=True)
def media_folder(settings: Settings, tmp_path: Path) -> Iterator[Path]:
    settings.DATA_DIR = tmp_path
    settings.STORAGE_URL = ""
    storage.cache_clear()
    cache.clear()
    yield tmp_path / "media"
    storage.cache_clear()


@pytest.fixture
def acme(db: None) -> Organization:
    return make_organization("Acme")


@pytest.fixture
def alice(acme: Organization) -> Client:
    """Owner of Acme."""
    return signed_in(acme, "alice@example.com", Role.OWNER)


@pytest.fixture
def bob(acme: Organization) -> Client:
    """May look at Acme, and change nothing."""
    return signed_in(acme, "bob@example.com", Role.READ_ONLY)


@pytest.fixture
def charlie(db: None) -> Client:
    """Owner of another organization."""
    return signed_in(make_organization("Globex"), "charlie@example.com", Role.OWNER)


def signed_in(organization: Organization, email: str, role: Role) -> Client:
    client = Client()
    client.force_login(make_admin(organization, email, role), backend=BACKEND)
    return client
