"""Statements come in as platforms send them: whole, once each, voidable, and counted where people are known."""

import base64
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from orgsync.core.model import Mode
from orgsync.server.directory.erasing import erase_rows, read_person
from orgsync.server.directory.models import Learner
from orgsync.server.learning.models import Activity, Content, DaySum, Progress, Statement
from orgsync.server.learning.retention import forget_strangers
from orgsync.server.learning.statements import claim_statements
from orgsync.server.setup import ensure_feed
from orgsync.server.tokens.tokens import make_token
from tests.job_world import NOW, make_admin, make_organization

pytestmark = pytest.mark.django_db

ADL = "http://adlnet.gov/expapi/verbs/"
COURSE = "urn:li:lyndaCourse:117548"
VERSION = {"X-Experience-API-Version": "1.0.3"}


class Platform:
    """A learning platform with a token."""

    def __init__(self, name: str = "Acme", scopes: tuple[str, ...] = ("xapi:read", "xapi:write")) -> None:
        self.organization = make_organization(name)
        self.owner = make_admin(self.organization, f"owner@{name}.example.com")
        feed = ensure_feed(self.organization, "xapi", Mode.CHANGES)
        _, self.token = make_token(
            self.organization, feed, "platform", scopes=scopes, expires_at=None, created_by=self.owner
        )
        self.headers = VERSION | {"Authorization": f"Bearer {self.token}"}
        self.ana = Learner.objects.create(
            organization_id=self.organization.pk,
            id=1,
            primary_email_address="Ana@example.com",
            email_key="ana@example.com",
            unique_user_id="E1",
            created_at=NOW,
        )

    def send(self, body: Any, method: str = "post", query: str = "", **headers: str) -> Any:
        call = getattr(Client(), method)
        text = body if isinstance(body, str) else json.dumps(body)
        return call(f"/xapi/statements{query}", text, content_type="application/json", headers=self.headers | headers)

    def get(self, headers: dict[str, str] | None = None, **query: str) -> Any:
        return Client().get("/xapi/statements", query, headers=self.headers | (headers or {}))


@pytest.fixture
def platform() -> Platform:
    return Platform()


def statement(verb: str = f"{ADL}progressed", **more: Any) -> dict[str, Any]:
    return {
        "actor": {"mbox": "mailto:ana@EXAMPLE.com"},
        "verb": {"id": verb, "display": {"en-US": "did"}},
        "object": {"id": COURSE, "definition": {"name": {"en-US": "Learning to learn"}}},
        **more,
    }


PROGRESS = statement(
    result={
        "duration": "PT10M",
        "completion": False,
        "extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": 40},
    }
)


def test_what_is_told_is_counted(platform: Platform) -> None:
    """Progress, then completion with the whole time, a like and a share: one course, by its activity's id."""
    done = statement(f"{ADL}completed", result={"duration": "PT25M", "completion": True})
    told = [PROGRESS, done, statement("http://activitystrea.ms/schema/1.0/like"), statement(f"{ADL}shared")]

    answer = platform.send(told)

    assert (answer.status_code, len(answer.json())) == (200, 4)
    assert answer["X-Experience-API-Version"] == "1.0.3"
    course = Content.objects.get(organization=platform.organization)
    assert (course.key, course.title) == (COURSE, "Learning to learn")
    progress = Progress.objects.get(organization_id=platform.organization.pk, content_id=course.pk)
    assert (progress.learner_id, progress.percent, progress.seconds) == (1, 100, 25 * 60)
    day = DaySum.objects.get(organization_id=platform.organization.pk)
    assert (day.completions, day.likes, day.shares) == (1, 1, 1)


def test_same_statement_counts_once_and_another_under_its_id_is_a_conflict(platform: Platform) -> None:
    """By POST and by PUT; what we gave back may come again."""
    known = str(uuid.uuid4())
    one = PROGRESS | {"id": known}

    codes = [platform.send(one).status_code, platform.send(one, "put", f"?statementId={known}").status_code]
    given = platform.get(statementId=known).json()
    codes += [platform.send(given).status_code, platform.send(statement(f"{ADL}shared", id=known)).status_code]

    assert codes == [200, 204, 200, 409]
    assert Activity.objects.filter(organization_id=platform.organization.pk).count() == 1


def test_a_batch_is_taken_whole_or_not_at_all(platform: Platform) -> None:
    """One bad statement, one conflict, one id twice: nothing of it is kept."""
    known = str(uuid.uuid4())
    platform.send(statement(id=known))
    for last in ({"actor": {}}, statement(f"{ADL}shared", id=known)):
        assert platform.send([PROGRESS, last]).status_code in {400, 409}
    assert platform.send([statement(id=known), statement(id=known)]).status_code == 400

    assert Statement.objects.filter(organization_id=platform.organization.pk).count() == 1


@pytest.mark.parametrize("voids_first", [False, True])
def test_voided_statement_counts_no_longer(platform: Platform, voids_first: bool) -> None:
    """Whichever comes first; the voided one is shown under its own name only, and what voids it stays."""
    known = str(uuid.uuid4())
    voiding = statement(f"{ADL}voided", object={"objectType": "StatementRef", "id": known})
    told = [PROGRESS | {"id": known}, voiding]

    for one in reversed(told) if voids_first else told:
        assert platform.send(one).status_code == 200

    assert not DaySum.objects.filter(organization_id=platform.organization.pk, seconds__gt=0).exists()
    codes = [platform.get(**{name: known}).status_code for name in ("statementId", "voidedStatementId")]
    assert codes == [404, 200]
    assert [one["verb"]["id"] for one in platform.get().json()["statements"]] == [f"{ADL}voided"]


def test_unknown_people_are_counted_once_they_are_known(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """By address or by account name; until then their statements wait, and an erasure takes them as well."""
    late = PROGRESS | {"actor": {"account": {"homePage": "https://lms.example.com", "name": "E2"}}}
    platform.send([late, late | {"verb": {"id": f"{ADL}shared"}}])
    monkeypatch.setattr("orgsync.server.learning.statements.BATCH", 1)
    before = Activity.objects.filter(organization_id=platform.organization.pk).count()
    Learner.objects.create(
        organization_id=platform.organization.pk,
        id=2,
        primary_email_address="bo@example.com",
        email_key="bo@example.com",
        unique_user_id="E2",
        created_at=NOW,
    )

    claimed = claim_statements(platform.organization, now=NOW)

    assert (before, claimed) == (0, 2)
    found = Activity.objects.filter(organization_id=platform.organization.pk)
    assert set(found.values_list("learner_id", "verb")) == {(2, "progressed"), (2, "shared")}
    platform.send(late)
    Statement.objects.filter(organization_id=platform.organization.pk).update(learner_id=None)
    person = read_person(platform.organization.pk, 2)
    erase_rows(person, by_id=platform.owner.pk, at=NOW, counts={})
    assert not Statement.objects.filter(organization_id=platform.organization.pk).exists()


def test_pages_and_filters(platform: Platform) -> None:
    """By agent, verb, activity and time, in both directions, page by page."""
    other = statement(object={"id": "https://example.com/other"})
    platform.send(
        [PROGRESS, other, statement(f"{ADL}shared", context={"contextActivities": {"parent": [{"id": "urn:x:p"}]}})]
    )
    agent = json.dumps({"mbox": "mailto:ana@example.com"})
    seen, page = [], platform.get(limit="2", ascending="true", agent=agent)
    while True:
        seen += [one["id"] for one in page.json()["statements"]]
        if not page.json()["more"]:
            break
        page = Client().get(page.json()["more"], headers=platform.headers)

    def count(**query: str) -> int:
        return len(platform.get(**query).json()["statements"])

    future = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert len(set(seen)) == 3
    assert [count(verb=f"{ADL}shared"), count(activity=COURSE), count(since=future), count(until=future)] == [
        1,
        2,
        0,
        3,
    ]
    assert [count(activity="urn:x:p"), count(activity="urn:x:p", related_activities="true")] == [0, 1]
    anywhere = json.dumps({"mbox": "mailto:ana@EXAMPLE.com"})
    assert count(agent=anywhere, related_agents="true") == 3


BAD: list[dict[str, Any]] = [
    {"actor": {"mbox": "ana@example.com"}},
    {"actor": {"mbox": "mailto:a@b.c", "openid": "https://a.example.com"}},
    {"actor": {"name": "Ana"}},
    {"actor": {"objectType": "Group"}},
    {"actor": {"account": {"homePage": "nowhere", "name": "E1"}}},
    {"verb": {"id": "progressed"}},
    {"verb": {"id": f"{ADL}progressed", "display": {"not a tag": "x"}}},
    {"object": {"id": "no iri"}},
    {"object": {"objectType": "Thing", "id": COURSE}},
    {"object": {"objectType": "SubStatement", "actor": {"mbox": "mailto:a@b.c"}}},
    {"object": {"id": COURSE, "definition": {"choices": []}}},
    {"result": {"duration": "10 minutes"}},
    {"result": {"completion": "yes"}},
    {"result": {"score": {"scaled": 2}}},
    {"result": {"score": {"raw": 5, "min": 6, "max": 7}}},
    {"result": {"extensions": {"progress": 40}}},
    {"context": {"registration": "1"}},
    {"context": {"platform": "x"}, "object": {"objectType": "Agent", "mbox": "mailto:a@b.c"}},
    {"timestamp": "yesterday"},
    {"timestamp": "2026-01-01T00:00:00-00:00"},
    {"version": "0.9"},
    {"id": "1"},
    {"result": None},
    {"surprise": 1},
    {"verb": {"id": f"{ADL}voided"}},
    {"authority": {"objectType": "Group", "member": [{"mbox": "mailto:a@b.c"}]}},
]


@pytest.mark.parametrize("change", BAD, ids=lambda change: json.dumps(change)[:60])
def test_what_the_standard_forbids_is_refused(platform: Platform, change: dict[str, Any]) -> None:
    """Each names the place; nothing is kept."""
    answer = platform.send(statement() | change)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("statement")
    assert not Statement.objects.exists()


def test_calls_by_the_rules_only(platform: Platform) -> None:
    """Version header, token, scope, known parameters; `about` needs none; Basic carries a token as its password."""
    basic = base64.b64encode(f"any:{platform.token}".encode()).decode()
    reader = Platform("Reader", scopes=("xapi:read",))

    assert Client().get("/xapi/about").json() == {"version": ["1.0.3", "2.0.0"]}
    codes = [
        platform.send(PROGRESS, **{"X-Experience-API-Version": "0.95"}).status_code,
        platform.send(PROGRESS, **{"X-Experience-API-Version": "2.0.0"}).status_code,
        platform.send(PROGRESS, Authorization="").status_code,
        platform.send(PROGRESS, Authorization=f"Basic {basic}").status_code,
        reader.send(PROGRESS).status_code,
        platform.get(who="ana").status_code,
        platform.get(statementId=str(uuid.uuid4()), verb=f"{ADL}shared").status_code,
        platform.send('{"actor": 1, "actor": 2}').status_code,
        platform.send(PROGRESS, "delete").status_code,
    ]
    assert codes == [400, 200, 401, 200, 403, 400, 400, 400, 405]
    assert reader.get().json()["statements"] == []


def test_only_known_verbs_count(platform: Platform) -> None:
    """Others are kept as they are; nobody's course gets a title that was never told."""
    platform.send([statement("http://example.com/verbs/pondered"), statement(object={"id": "urn:x:untitled"})])

    assert Statement.objects.filter(organization_id=platform.organization.pk, learner_id=1).count() == 2
    assert not Activity.objects.filter(organization_id=platform.organization.pk).exists()


def test_statements_about_strangers_go_after_90_days(platform: Platform) -> None:
    """Whoever is known by then keeps theirs, as long as they are in the directory."""
    stranger = {"mbox": "mailto:stranger@example.com"}
    platform.send([PROGRESS, PROGRESS | {"actor": stranger}])
    now = datetime.now(UTC)

    assert forget_strangers(now + timedelta(days=89)) == 0
    assert forget_strangers(now + timedelta(days=91)) == 1

    left = Statement.objects.get(organization_id=platform.organization.pk)
    assert (left.learner_id, left.person_key) == (1, "ana@example.com")
