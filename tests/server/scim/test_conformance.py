"""What scim2-tester, which knows the standard, finds of the server: nothing."""

import random
from typing import Any

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone
from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from orgsync.server.directory.models import Feed
from tests.server.scim.scim_world import Provider

_ROOMY = {"number": 1_000_000, "percent": 100, "cap": None}
_COUNTED = ("leavers", "reactivations", "emails_changed", "values_changed", "values_cleared", "group_removals")
_OTHERS = "primary_email_address,worker_status\n" + "".join(f"p{number}@example.com,active\n" for number in range(30))


class Untidy(WSGISCIMClient):
    """A client that leaves behind what a check has made: to tidy up would be a third of all writes."""

    def delete(self, *named: Any, **asked: Any) -> Any:
        return super().delete(*named, **asked) if asked else None


def test_the_standard_is_kept(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Every check of it succeeds, or does not apply.

    It changes the same few people again and again: the guards are told that this is usual here. Of what it would draw
    by lot it takes the first: a person has one address, which is the primary one whatever is said.
    """
    monkeypatch.setattr(random, "choice", lambda options: options[0])
    now = timezone.now()
    provider.world.run(provider.world.upload(_OTHERS, feed=provider.feed), now=now, clock=lambda: now)
    Feed.objects.filter(id=provider.feed.pk).update(guards=dict.fromkeys(_COUNTED, _ROOMY))
    client = Untidy(
        WSGIHandler(), base_url=f"{settings.BASE_URL}/scim/v2", headers={"Authorization": f"Bearer {provider.text}"}
    )

    results = check_server(client)

    failed = [f"{one.title}: {one.reason}" for one in results if one.status not in {Status.SUCCESS, Status.SKIPPED}]
    assert not failed, failed
    assert sum(one.status is Status.SUCCESS for one in results) > 60
