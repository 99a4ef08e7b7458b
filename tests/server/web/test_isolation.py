"""Two organizations on one server: nothing of one is shown to the other, whatever address is called with its ids."""

from typing import Any, Final

import pytest
from allauth.mfa.models import Authenticator
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from orgsync.server.api_v1.urls import api_document
from orgsync.server.directory.models import Learner
from orgsync.server.orgs.models import Account, Organization
from orgsync.server.tokens.scopes import Scope
from tests.server.api_v1.api_world import Caller, make_caller
from tests.server.scim.test_scim_access import CALLS as SCIM_CALLS
from tests.server.web.access_tables import WITH_ID
from tests.server.web.access_world import OUT_OF_REACH, ids_of_acme, plant
from tests.server.web.every_url import Place, every_place
from tests.server.web.learner_world import signed_in_learner
from tests.server.web.test_learner_pages import OF_CONTENT

PLANTED: Final = "Qzxplant"
SAME_FOR_ALL: Final = {"web:upload-template", "web:settings-section", "web:reports-download", "learn:logo"}
"""What their parameter names is no object of an organization: a kind of file, a section, the reader's own logo."""
OF_THE_LIBRARY: Final = {"mfa_edit_webauthn", "mfa_remove_webauthn"}
OF_PROVIDERS: Final = {"openid_connect_login", "openid_connect_callback"}
"""Where a sign-in begins and ends: they are public, and name the organization that is to be entered."""


@pytest.fixture
def planted(acme: Organization) -> dict[str, Any]:
    """Fill Acme with one of everything, a word in each of its names; return ids by page."""
    ids = ids_of_acme(acme)
    plant(acme, PLANTED)
    return ids


@pytest.fixture
def stranger(charlie: Client) -> Caller:
    """The token of another organization's owner, with all scopes."""
    globex = Organization.objects.get(name="Globex")
    return make_caller(globex, Account.objects.get(email="charlie@example.com"), [scope.value for scope in Scope])


def text_of(answer: HttpResponseBase) -> str:
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return bytes(body).decode("utf-8", "replace")


def ids_for(place: Place, ids: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what to fill an address with: the page's own ids, else every number that Acme has."""
    own = ids.get(place.name.removeprefix("web:"))
    if own is not None or not place.parameters:
        return [dict(own or {})]
    numbers = sorted({str(value) for known in ids.values() for value in known.values()})
    return [dict.fromkeys(place.parameters, number) for number in numbers]


def as_query(ids: dict[str, Any]) -> dict[str, Any]:
    """Return Acme's ids under the names that lists filter by and forms choose by."""
    named = {name: value for known in ids.values() for name, value in known.items()}
    more = {"learner": "learner_id", "people": "learner_id", "id": "job", "report": "rule", "manager": "learner_id"}
    return named | {new: named[old] for new, old in more.items()}


def test_nothing_of_acme_is_shown_to_a_stranger(
    planted: dict[str, Any], charlie: Client, stranger: Caller, acme: Organization
) -> None:
    """
    Every address, with Acme's ids in it and in its query, for an admin and a token that may everything elsewhere.
    """
    query, seen = as_query(planted), 0
    for place in every_place():
        for ids in ids_for(place, planted):
            path = place.path(ids)
            answers = [charlie.get(path, query if place.name != "web:job-download" else {})]
            if not place.route.startswith(("/admin", "/accounts", "/learn")):
                answers = [Client(headers=stranger.headers()).get(path, query)]
            for answer in answers:
                assert answer.status_code < 500 or "readyz" in path, path
                assert PLANTED.casefold() not in text_of(answer).casefold(), path
                seen += 1

    assert seen > 250


@pytest.mark.django_db(transaction=True)
def test_planted_words_are_shown_to_acme_itself(planted: dict[str, Any], alice: Client) -> None:
    """
    Else the walk above would find nothing because there is nothing.
    """
    shown = [text_of(alice.get(place.path(planted.get(place.name[4:])))) for place in every_place() if is_list(place)]

    assert sum(PLANTED in text for text in shown) > 20


def is_list(place: Place) -> bool:
    return place.route.startswith("/admin/") and place.name.removeprefix("web:") not in OUT_OF_REACH


def test_every_address_with_an_id_is_walked_by_a_test_of_isolation() -> None:
    """
    A new one has to stand in the table of its part: pages, learner pages, API, SCIM, wire, the sign-in library's.

    `test_access`, `test_learner_pages`, the walk over the API's document, `test_scim_access` and `test_wire_access`
    then call it with another organization's ids, and expect "not found".
    """
    scim = {f"/scim/v2{path}".replace("{user}", "<str:resource_id>") for _, path, _, _ in SCIM_CALLS}
    known = {"/v2/enterpriseUploadJobs/<str:job_id>", "/scim/v2/<path:path>", "/accounts/password/reset/key/1-made-up/"}
    known |= {path.replace("{group}", "<str:resource_id>") for path in scim}
    known |= {"/scim/v2/Schemas/<str:schema_id>", "/scim/v2/ResourceTypes/<str:name>"}
    names = {f"web:{name}" for name in WITH_ID} | {f"learn:{name}" for name in OF_CONTENT}
    names |= SAME_FOR_ALL | OF_THE_LIBRARY | OF_PROVIDERS
    documented = {path.replace("{", "<int:").replace("}", ">") for path in api_document()["paths"]}

    left = [one for one in every_place() if one.parameters and one.name not in names and one.route not in known]

    assert [place.route for place in left if place.route not in documented] == []


def test_factors_of_another_account_are_not_found(alice: Client, charlie: Client, acme: Organization) -> None:
    """
    The library's pages look only among one's own.
    """
    account = Account.objects.get(email="alice@example.com")
    key = Authenticator.objects.create(user=account, type="webauthn", data={"name": PLANTED, "credential": {}})
    for page in ("edit", "remove"):
        charlie.post("/accounts/reauthenticate/", {"password": "x"})
        answer = charlie.get(f"/accounts/2fa/webauthn/keys/{key.pk}/{page}/")
        assert PLANTED not in text_of(answer)
        assert answer.status_code in {302, 404}
    assert Authenticator.objects.filter(pk=key.pk).exists()


def test_learner_sees_nothing_of_another_organization(planted: dict[str, Any], charlie: Client) -> None:
    """
    Whatever of Acme's numbers a learner page is called with.
    """
    globex = Organization.objects.get(name="Globex")
    gus = Learner.objects.create(
        organization_id=globex.pk, id=7, primary_email_address="gus@example.com", email_key="gus@example.com",
        created_at=timezone.now(),
    )  # fmt: skip
    client = signed_in_learner(globex, gus)
    for place in every_place():
        if place.route.startswith("/learn/"):
            for ids in ids_for(place, planted):
                assert PLANTED not in text_of(client.get(place.path(ids), as_query(planted))), place.route
