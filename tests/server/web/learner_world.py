"""A learner of Acme who is signed in, for tests of learner pages."""

from typing import Any

from django.test import Client
from django.utils import timezone

from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Way
from orgsync.server.learning.signin import sessions
from orgsync.server.orgs.models import Organization
from orgsync.server.signon.learnercookies import SESSION
from tests.server.web.test_learners import add_learner

__all__ = ["add_learner", "signed_in_learner"]


def signed_in_learner(organization: Organization, learner: Learner, **defaults: Any) -> Client:
    """Return a browser in which the learner is signed in."""
    client = Client(**defaults)
    client.cookies[SESSION] = sessions.begin(organization, learner, Way.LINK, now=timezone.now())
    return client
