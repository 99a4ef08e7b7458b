"""The Account Center offers nothing that our own API cannot do, but for what is named with a reason."""

from docs.api_parts import api_calls
from docs.page_calls import CALLS, EXCEPTIONS
from orgsync.server.web.urls import urlpatterns


def test_every_page_has_its_calls_or_a_reason() -> None:
    """A new page needs a call, or a word on why not; neither list names what is gone."""
    names = sorted(str(page.name) for page in urlpatterns)
    called = {call for calls in CALLS.values() for call in calls}

    assert sorted([*CALLS, *EXCEPTIONS]) == names
    assert called <= api_calls().keys()
