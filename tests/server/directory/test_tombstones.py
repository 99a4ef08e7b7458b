"""The marks of erased people outlive the key that they were made with."""

import pytest
from pytest_django import Settings

from orgsync.core.forgetting import Keys
from orgsync.server.directory.models import Erasure
from orgsync.server.directory.tombstones import bury, erased_among
from tests.job_world import NOW, make_organization


@pytest.mark.django_db
def test_erased_people_are_known_after_the_signing_key_was_changed(settings: Settings) -> None:
    """As long as the former key is named as a fallback; marks of both keys count."""
    organization = make_organization()
    first, second = (Erasure.objects.create(organization=organization, learner_id=n, at=NOW) for n in (1, 2))
    bury(first, Keys.of(1, ["ana@example.com"], ["E1"]))
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    settings.SECRET_KEY_FALLBACKS = [former]
    bury(second, Keys.of(2, ["bo@example.com"], []))

    asked = ["ana@example.com", "bo@example.com", "cy@example.com"]

    assert erased_among(organization.pk, asked, ["e1", "e2"]) == ({"ana@example.com", "bo@example.com"}, {"e1"})
    settings.SECRET_KEY_FALLBACKS = []
    assert erased_among(organization.pk, asked, ["e1"]) == ({"bo@example.com"}, set())
