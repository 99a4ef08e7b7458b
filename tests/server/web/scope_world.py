"""Acme with Ana in Sales and Bo in Secret, and a sub-admin whose rights are for Sales alone."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.server.directory.models import Group, Learner, Membership
from orgsync.server.orgs.access import Right
from orgsync.server.orgs.models import Admin, Organization, Role
from tests.server.web.conftest import signed_in
from tests.server.web.test_learners import add_learner

LIST = "/admin/people/learners/"


@pytest.fixture(name="sales")
def sales_group(acme: Organization) -> Group:
    return group(acme, "Sales")


@pytest.fixture(name="people")
def ana_and_bo(acme: Organization, sales: Group) -> dict[str, Learner]:
    """Ana is in Sales, Bo is in Secret."""
    found = {"ana": add_learner(acme, 1, "Ana", "Silva"), "bo": add_learner(acme, 2, "Bo", "Adams")}
    Organization.objects.filter(id=acme.pk).update(next_learner_id=3)
    join(found["ana"], sales)
    join(found["bo"], group(acme, "Secret"))
    return found


@pytest.fixture(name="sub")
def limited_admin(acme: Organization, sales: Group) -> Callable[..., Client]:
    """Sign a sub-admin in with rights, each limited to Sales unless it is said to be for everybody."""

    def sign_in(*rights: Right, everybody: bool = False) -> Client:
        client = signed_in(acme, "sub@example.com", Role.SUB_ADMIN)
        grants = {right.value: None if everybody else [sales.pk] for right in rights}
        Admin.objects.filter(organization=acme, role=Role.SUB_ADMIN).update(grants=grants)
        return client

    return sign_in


def group(acme: Organization, name: str) -> Group:
    return Group.objects.create(organization=acme, name=name, name_key=name.casefold(), created_at=timezone.now())


def join(learner: Learner, into: Group) -> None:
    Membership.objects.create(
        organization_id=learner.organization_id,
        learner_id=learner.id,
        group_id=into.pk,
        reasons=2,
        since=timezone.now(),
    )


def content(client: Client, path: str, **query: Any) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return body.decode()
