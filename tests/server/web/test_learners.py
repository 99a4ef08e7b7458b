"""People › Learners: who is shown to whom, and what a page costs."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from orgsync.core.columns import DOWNLOAD_MARKER
from orgsync.core.normalize import fold_key
from orgsync.server.directory.models import (
    Claim,
    CustomAttribute,
    Group,
    Learner,
    LearnerChange,
    LicenseAssignment,
    Membership,
    PastMembership,
)
from orgsync.server.orgs.models import Organization
from tests.job_world import make_job, make_token

LIST = "/admin/people/learners/"
MONDAY = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)


def add_learner(organization: Organization, learner_id: int, first: str, last: str, **fields: Any) -> Learner:
    email = f"{first.lower()}.{last.lower()}@example.com"
    keys = {"email_key": fold_key(email), "first_name_key": fold_key(first), "last_name_key": fold_key(last)}
    names = {"primary_email_address": email, "preferred_first_name": first, "preferred_last_name": last}
    return Learner.objects.create(
        organization_id=organization.pk, id=learner_id, created_at=MONDAY, **keys, **names, **fields
    )


@pytest.fixture
def ana(acme: Organization) -> Learner:
    return add_learner(acme, 1, "Ana", "Silva", unique_user_id="E1", work_title="Cook", department_name="Kitchen")


@pytest.fixture
def bo(acme: Organization, ana: Learner) -> Learner:
    return add_learner(acme, 2, "Bo", "Adams", manager_id=ana.id, is_active=False, custom={"attribute_floor": "2"})


def text_of(client: Client, path: str, **query: Any) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def table_of(client: Client, **query: Any) -> list[str]:
    """Return the ids in the list, in order, by the links of their names."""
    page = client.get(LIST, query).context["page"]
    return [person.id for person in page.people]


def test_list_shows_everybody_by_name(alice: Client, bo: Learner) -> None:
    """Name, address, usual columns, and how many."""
    page = text_of(alice, LIST)

    assert page.index("Adams") < page.index("Silva")
    assert "2 people" in page
    assert "ana.silva@example.com" in page
    assert "Kitchen" in page


def test_search_filters_and_order_stand_in_the_address(alice: Client, bo: Learner) -> None:
    """Without any script."""
    CustomAttribute.objects.create(organization_id=bo.organization_id, name="attribute_floor", created_at=MONDAY)

    assert table_of(alice, q="sil") == [1]
    assert table_of(alice, status="inactive") == [2]
    assert table_of(alice, department="Kitchen") == [1]
    assert table_of(alice, attribute="attribute_floor", value="2") == [2]
    assert table_of(alice, sort="-email") == [2, 1]
    assert table_of(alice, feed="none") == [2, 1]


def test_pages_lead_on_and_back(alice: Client, acme: Organization) -> None:
    """By links that keep the filters."""
    for number in range(1, 53):
        add_learner(acme, number, f"A{number:02}", "Same")
    first = alice.get(LIST, {"q": "same", "show": "groups"})
    following = first.context["page"].after
    assert f'rel="next" href="?q=same&amp;show=groups&amp;after={following}"' in first.content.decode()

    second = alice.get(LIST, {"q": "same", "after": following})

    assert [person.id for person in second.context["page"].people] == [51, 52]
    assert second.context["page"].after is None
    assert table_of(alice, q="same", before=second.context["page"].before) == list(range(1, 51))


def test_chosen_columns_are_shown(alice: Client, bo: Learner) -> None:
    """Attributes, custom ones, manager, groups and licenses."""
    organization = Organization.objects.get(id=bo.organization_id)
    CustomAttribute.objects.create(organization=organization, name="attribute_floor", created_at=MONDAY)
    group = Group.objects.create(organization=organization, name="Bakers", name_key="bakers", created_at=MONDAY)
    pool = organization.pool_set.create(key="license_english_status", name="English")
    link = {"organization_id": organization.pk, "learner_id": bo.id, "since": MONDAY}
    Membership.objects.create(**link, group_id=group.pk, reasons=1)
    LicenseAssignment.objects.create(**link, pool_id=pool.pk, state="waiting", position=1)

    page = text_of(alice, LIST, show=["attribute_floor", "manager", "groups", "licenses"], q="bo")

    assert '<th scope="col">Floor</th>' in page
    assert "<td>2" in page
    assert ">Ana Silva</a>" in page
    assert '<span class="tag">Bakers</span>' in page
    assert "English · Waiting for a seat" in page


def test_what_does_not_exist_is_said_and_shows_nobody(alice: Client, ana: Learner) -> None:
    """An address that somebody has changed by hand breaks nothing."""
    assert "There is no group of this name." in text_of(alice, LIST, group="Nope")
    for query in ({"pool": "99"}, {"attribute": "email_key"}, {"sort": "id"}, {"after": "x"}, {"q": "\0"}):
        assert table_of(alice, **query) == []
    assert alice.get(f"{LIST}download/", {"group": "Nope"}).status_code == 302


def test_empty_list_says_what_to_do_next(alice: Client, bob: Client) -> None:
    """Only what the reader may do."""
    assert "Upload a file" in text_of(alice, LIST)
    assert "There is nobody yet" in text_of(bob, LIST)
    assert "Upload a file" not in text_of(bob, LIST)
    assert "Nobody fits" in text_of(bob, LIST, q="x")


def test_a_search_while_somebody_types_gets_the_part_that_changes(alice: Client, ana: Learner) -> None:
    """And a page that is gone back to is a whole one."""
    part = alice.get(LIST, {"q": "an"}, headers={"HX-Request": "true"})
    restored = alice.get(LIST, {"q": "an"}, headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})

    assert "Silva" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert "<html" in restored.content.decode()
    assert "HX-Request" in part["Vary"]


def test_list_costs_as_many_queries_for_one_person_as_for_many(alice: Client, acme: Organization) -> None:
    """With every column that is read from another table."""
    columns = {"show": ["manager", "groups", "licenses", "change"]}
    group = Group.objects.create(organization=acme, name="Bakers", name_key="bakers", created_at=MONDAY)

    def add(number: int) -> None:
        add_learner(acme, number, f"A{number}", "Same", manager_id=1)
        Membership.objects.create(
            organization_id=acme.pk, learner_id=number, group_id=group.pk, reasons=1, since=MONDAY
        )

    add(1)
    alice.get(LIST, columns)
    with CaptureQueriesContext(connection) as for_one:
        alice.get(LIST, columns)
    for number in range(2, 30):
        add(number)

    with CaptureQueriesContext(connection) as for_many:
        alice.get(LIST, columns)

    assert len(for_many) == len(for_one)


@pytest.mark.parametrize("path", [LIST, f"{LIST}1/"])
def test_who_is_not_signed_in_is_asked_to(ana: Learner, path: str) -> None:
    """No page without a role."""
    assert Client().get(path).status_code == 302


def test_nothing_of_another_organization_is_shown(charlie: Client, bob: Client, bo: Learner) -> None:
    """Charlie's list and download are empty, and a learner's address means nothing to him; Bob may read."""
    globex = Organization.objects.get(name="Globex")
    add_learner(globex, 7, "Zed", "Globex")

    assert table_of(charlie) == [7]
    assert table_of(charlie, after=1) == [7]
    assert "Silva" not in text_of(charlie, LIST, q="silva", department="Kitchen")
    assert charlie.get(f"{LIST}1/").status_code == 404
    assert bob.get(f"{LIST}1/").status_code == 200
    assert bob.get(f"{LIST}7/").status_code == 404
    assert bob.get(f"{LIST}{10**30}/").status_code == 404


def test_pages_change_nothing(alice: Client, ana: Learner) -> None:
    """They are only read."""
    assert {alice.post(path).status_code for path in (LIST, f"{LIST}download/", f"{LIST}1/")} == {405}


@pytest.mark.django_db(transaction=True)
def test_download_has_the_filtered_people(acme: Organization, bob: Client, charlie: Client, bo: Learner) -> None:
    """As a file to keep, with every column; nobody else's people."""
    response = bob.get(f"{LIST}download/", {"q": "sil"})
    lines = list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))

    assert [line["unique_user_id"] for line in lines] == ["E1"]
    assert lines[0]["work_title"] == "Cook"
    assert lines[0][DOWNLOAD_MARKER] == "active"
    assert response["Content-Disposition"].startswith('attachment; filename="learners-')
    assert "no-store" in response["Cache-Control"]
    assert charlie.get(f"{LIST}download/").getvalue().count(b"\n") == 1


def test_learner_shows_what_is_known_and_who_said_it(alice: Client, acme: Organization, ana: Learner) -> None:
    """Attributes with job or hand, groups with reasons, licenses with state, feeds, timeline."""
    token = make_token(acme)
    job = make_job(token)
    mine = {"organization_id": acme.pk, "learner_id": ana.id}
    group, past = (
        Group.objects.create(organization=acme, name=name, name_key=name, created_at=MONDAY)
        for name in ("Bakers", "Porters")
    )
    pool = acme.pool_set.create(key="license_english_status", name="English")
    Membership.objects.create(**mine, group_id=group.pk, reasons=3, since=MONDAY, since_job_id=job.pk)
    PastMembership.objects.create(**mine, group_id=past.pk, reasons=1, since=MONDAY, until=TUESDAY)
    LicenseAssignment.objects.create(**mine, pool_id=pool.pk, state="denied", is_by_hand=True, since=TUESDAY)
    Claim.objects.create(**mine, feed_id=token.feed_id)
    LearnerChange.objects.create(
        **mine, at=TUESDAY, job_id=job.pk, row_number=9, attribute="work_title", before="Waiter", after="Cook"
    )
    LearnerChange.objects.create(**mine, at=TUESDAY, attribute="department_name", before=None, after="Kitchen")

    page = text_of(alice, f"{LIST}{ana.id}/")

    assert f'<a href="/admin/people/sync-history/{job.public_id}/">{token.feed.name}</a> · <time' in page
    assert "by hand · <time" in page
    assert "by file, by hand" in page
    assert "Revoked by hand" in page
    assert '<span class="before">Waiter</span> → <span class="after">Cook</span>' in page
    assert "Left the group <strong>Porters</strong>" in page
    assert "row 9" in page
    assert f'<a href="/admin/people/feeds/{token.feed_id}/">' in page


def test_learner_shows_manager_and_reports(alice: Client, ana: Learner, bo: Learner) -> None:
    """Each links to the other; a manager whom nobody knows yet is shown as given."""
    add_learner(Organization.objects.get(id=ana.organization_id), 3, "Cy", "Cole", pending_manager_id="E404")

    assert '<a href="/admin/people/learners/2/">Bo Adams</a>' in text_of(alice, f"{LIST}1/")
    assert '<a href="/admin/people/learners/1/">Ana Silva</a>' in text_of(alice, f"{LIST}2/")
    assert "E404" in text_of(alice, f"{LIST}3/")


def test_manager_in_the_timeline_is_a_name(alice: Client, ana: Learner, bo: Learner) -> None:
    """The log holds ids; a reference that waited is shown as given, one that is gone as its number."""
    mine = {"organization_id": bo.organization_id, "learner_id": bo.id, "attribute": "manager"}
    LearnerChange.objects.create(**mine, at=TUESDAY, before="?E1", after="1")
    LearnerChange.objects.create(**mine, at=MONDAY, before="77", after="?E1")

    page = text_of(alice, f"{LIST}2/")

    assert '<span class="before">E1 (not known yet)</span> → <span class="after">Ana Silva</span>' in page
    assert '<span class="before">#77</span>' in page


@pytest.mark.parametrize("before", ["2026-03-02T04:30:00", "2026-13-40T99:00:00Z", "x", "2026-03-02T04:30:00+00:00"])
def test_timeline_may_begin_anywhere(alice: Client, ana: Learner, before: str) -> None:
    """Whatever stands in the address."""
    assert "Timeline" in text_of(alice, f"{LIST}1/", before=before)


def test_markup_in_a_name_is_text(alice: Client, acme: Organization) -> None:
    """People are called what they are called."""
    add_learner(acme, 1, "<b>Ana", "<script>")

    for path in (LIST, f"{LIST}1/"):
        assert "<script>" not in text_of(alice, path)


def test_learner_costs_the_same_with_a_long_history(alice: Client, ana: Learner) -> None:
    """The number of queries does not grow with what happened."""
    mine = {"organization_id": ana.organization_id, "learner_id": ana.id}

    def change(number: int) -> None:
        at = TUESDAY + timedelta(days=number)
        LearnerChange.objects.create(**mine, at=at, job_id=number, attribute="manager", before="1", after="1")

    change(1)
    alice.get(f"{LIST}1/")
    with CaptureQueriesContext(connection) as short:
        alice.get(f"{LIST}1/")
    for number in range(2, 40):
        change(number)

    with CaptureQueriesContext(connection) as long:
        page = alice.get(f"{LIST}1/")

    assert len(long) == len(short)
    assert page.context["older"] is not None
