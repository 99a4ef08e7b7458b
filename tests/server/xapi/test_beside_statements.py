"""What platforms ask beside telling: documents, attachments, forms of statements, requests in a form."""

import base64
import hashlib
import json
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from orgsync.server.directory.erasing import erase_rows, read_person
from orgsync.server.learning.contents import make_content
from orgsync.server.learning.contentvalues import ContentValues
from orgsync.server.learning.models import Activity, Attachment, Content, Document, Statement
from orgsync.server.learning.moving import give_back_learning, move_learning
from orgsync.server.learning.retention import forget_strangers
from orgsync.server.learning.statements import claim_everywhere
from tests.job_world import NOW
from tests.server.xapi.test_statements import ADL, COURSE, PROGRESS, Platform, statement

pytestmark = pytest.mark.django_db

ANA = json.dumps({"mbox": "mailto:ana@example.com"})
STATE = {"activityId": COURSE, "agent": ANA, "stateId": "bookmark"}


@pytest.fixture
def platform() -> Platform:
    return Platform()


def call(platform: Platform, method: str, path: str, query: dict[str, str], body: Any = None, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    kind = given.pop("Content-Type", "application/json")
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    address = f"/xapi/{path}?{urlencode(query)}"
    return getattr(Client(), method)(address, data, content_type=kind, headers=platform.headers | given)


def test_state_is_stored_merged_listed_and_given_back_to_its_organization_alone(platform: Platform) -> None:
    """
    JSON objects merge one level deep; anything else is given back byte for byte; another organization sees nothing.
    """
    other = Platform("Other")
    registration = str(uuid.uuid4())
    for body in ({"page": 1, "seen": {"a": 1}}, {"seen": {"b": 2}}):
        assert call(platform, "post", "activities/state", STATE, body).status_code == 204
    raw = STATE | {"stateId": "raw", "registration": registration}
    assert call(platform, "put", "activities/state", raw, b"\x00\xff", Content_Type="image/png").status_code == 204

    found = call(platform, "get", "activities/state", STATE)
    assert (found.json(), found["Content-Type"]) == ({"page": 1, "seen": {"b": 2}}, "application/json")
    bytes_back = call(platform, "get", "activities/state", raw)
    assert (bytes_back.content, bytes_back["Content-Type"]) == (b"\x00\xff", "image/png")
    place = {"activityId": COURSE, "agent": ANA}
    assert call(platform, "get", "activities/state", place).json() == ["bookmark", "raw"]
    assert call(platform, "get", "activities/state", place | {"registration": registration}).json() == ["raw"]
    assert call(platform, "post", "activities/state", raw, {"a": 1}).status_code == 400
    assert call(other, "get", "activities/state", STATE).status_code == 404
    assert call(other, "get", "activities/state", place).json() == []
    assert call(platform, "put", "activities/state", STATE, b"x" * (1024 * 1024 + 1)).status_code == 413
    refused = ({"stateId": "x"}, STATE | {"agent": "ana"}, STATE | {"registration": "1"}, STATE | {"who": "ana"})
    assert {call(platform, "put", "activities/state", query, {}).status_code for query in refused} == {400}
    assert call(platform, "delete", "activities/state", place).status_code == 204
    assert not Document.objects.exists()


def test_profiles_are_not_overwritten_by_whoever_has_not_read_them(platform: Platform) -> None:
    """
    Neither by a PUT without a condition, nor with one that no longer holds.
    """
    query = {"agent": ANA, "profileId": "p"}
    path = "agents/profile"
    codes = [
        call(platform, "put", path, query, {"a": 1}).status_code,
        call(platform, "put", path, query, {"a": 1}, If_None_Match="*").status_code,
        call(platform, "put", path, query, {"a": 2}).status_code,
        call(platform, "put", path, query, {"a": 2}, If_None_Match="*").status_code,
        call(platform, "put", path, query, {"a": 2}, If_Match='"other"').status_code,
    ]
    tag = call(platform, "get", path, query)["ETag"]
    codes.append(call(platform, "put", path, query, {"a": 3}, If_Match=tag).status_code)
    codes.append(call(platform, "delete", path, query, If_Match=tag).status_code)

    assert codes == [400, 204, 409, 412, 412, 204, 412]
    digest = hashlib.sha1(b'{"a": 1}', usedforsecurity=False).hexdigest()
    assert tag == f'"{digest}"'
    assert call(platform, "get", path, query).json() == {"a": 3}


def test_documents_follow_a_merge_and_go_with_the_person(platform: Platform) -> None:
    """
    To the record that stays, back with the undo, and away with an erasure, whoever was known when they came.
    """
    call(platform, "put", "activities/state", STATE, {"page": 1})
    nobody = json.dumps({"mbox": "mailto:late@example.com"})
    call(platform, "put", "activities/state", STATE | {"agent": nobody}, {"page": 1})

    move_learning(platform.organization, {1: 2}, now=NOW)
    assert set(Document.objects.values_list("learner_id", flat=True)) == {2, None}
    give_back_learning(platform.organization, [1], now=NOW)
    platform.ana.primary_email_address = "late@example.com"
    platform.ana.email_key = "late@example.com"
    platform.ana.save(update_fields=["primary_email_address", "email_key"])
    erase_rows(read_person(platform.organization.pk, 1), by_id=platform.owner.pk, at=NOW, counts={})

    assert not Document.objects.exists()


def test_documents_of_strangers_become_theirs_or_go(platform: Platform) -> None:
    """
    Whoever comes into the directory finds them among what is stored about them; after 90 days it is too late.
    """
    for address in ("late@example.com", "nobody@example.com"):
        agent = json.dumps({"mbox": f"mailto:{address}"})
        call(platform, "put", "activities/state", STATE | {"agent": agent}, {"page": 1})
    platform.ana.primary_email_address = platform.ana.email_key = "late@example.com"
    platform.ana.save(update_fields=["primary_email_address", "email_key"])

    claim_everywhere(NOW)
    assert dict(Document.objects.values_list("person_key", "learner_id")) == {
        "late@example.com": platform.ana.id,
        "nobody@example.com": None,
    }
    stored = Document.objects.get(learner_id=None).stored_at
    assert forget_strangers(stored + timedelta(days=89)) == 0
    assert forget_strangers(stored + timedelta(days=91)) == 1
    assert Document.objects.get().learner_id == platform.ana.id


def mixed(told: Any, *contents: bytes, **headers: str) -> bytes:
    parts = [b"Content-Type: application/json\r\n\r\n" + json.dumps(told).encode()]
    for content in contents:
        given = {
            "Content-Type": "text/plain",
            "Content-Transfer-Encoding": "binary",
            "X-Experience-API-Hash": hashlib.sha256(content).hexdigest(),
            **headers,
        }
        parts.append("".join(f"{name}: {value}\r\n" for name, value in given.items()).encode() + b"\r\n" + content)
    return b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"


def attached(content: bytes, usage: str = "urn:x:photo", kind: str = "text/plain") -> dict[str, Any]:
    sha2 = hashlib.sha256(content).hexdigest()
    shown = {"usageType": usage, "display": {"en": "A photo"}, "contentType": kind}
    return statement(id=str(uuid.uuid4()), attachments=[shown | {"length": len(content), "sha2": sha2}])


def test_attachments_come_and_go_with_their_statements(platform: Platform) -> None:
    """
    Byte for byte; what no statement tells of, what does not come, and what is not what it says is refused.
    """
    content, kind = b"a\r\n--cu\r\n\xff", "multipart/mixed; boundary=cut"
    told = attached(content)

    def send(body: bytes, content_type: str = kind) -> int:
        return int(call(platform, "post", "statements", {}, body, Content_Type=content_type).status_code)

    assert send(mixed(told, content)) == 200
    back = platform.get(statementId=told["id"], attachments="true")
    boundary = back["Content-Type"].partition("boundary=")[2].encode()
    pieces = back.content.split(b"--" + boundary)
    assert json.loads(pieces[1].partition(b"\r\n\r\n")[2])["id"] == told["id"]
    assert pieces[2].partition(b"\r\n\r\n")[2].removesuffix(b"\r\n") == content
    pair = [attached(content), attached(content)]
    assert send(mixed(pair, content)) == 200
    kept = Attachment.objects.filter(statement_id__in=[one["id"] for one in pair])
    assert [bytes(one.content) for one in kept] == [content, content]
    other = attached(content)
    refused = [
        mixed(other),
        mixed(other, content, b"more"),
        mixed(other, content, **{"X-Experience-API-Hash": "0" * 64}),
        mixed(other, content, **{"Content-Transfer-Encoding": "base64"}),
        mixed(other, content)[:-8],
    ]
    assert {send(body) for body in refused} == {400}
    assert send(mixed(other, content), "multipart/mixed") == 400
    assert send(json.dumps(other).encode(), "application/json") == 400
    Statement.objects.all().delete()
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(("algorithm", "code"), [("RS256", 200), ("HS256", 400)])
def test_signature_must_be_one_of_the_very_statement(platform: Platform, algorithm: str, code: int) -> None:
    """
    By an algorithm of the standard; whose key it is, is not looked at.
    """
    whole = [json.dumps(one).encode() for one in ({"alg": algorithm}, statement())]
    parts = [base64.urlsafe_b64encode(part).rstrip(b"=") for part in [*whole, b"signed"]]
    codes = []
    for signature in (b".".join(parts), b".".join([parts[0], parts[0], parts[2]])):
        told = attached(signature, "http://adlnet.gov/expapi/attachments/signature", "application/octet-stream")
        kind = "multipart/mixed; boundary=cut"
        body = mixed(told, signature, **{"Content-Type": "application/octet-stream"})
        codes.append(call(platform, "post", "statements", {}, body, Content_Type=kind).status_code)
    assert codes == [code, 400]


def test_forms_of_a_statement_and_what_is_told_about_it(platform: Platform) -> None:
    """
    Lists in its context, one language, ids alone; statements about it are found with it, its activity and agent too.
    """
    known, words = str(uuid.uuid4()), {"de": "Lernen", "en-US": "Learning"}
    thing = {"id": COURSE, "definition": {"name": words, "description": {"fr": "Bonjour"}}}
    told = {"id": known, "object": thing, "context": {"contextActivities": {"parent": {"id": "urn:x:p"}}}}
    platform.send(statement(f"{ADL}shared", **told))
    platform.send(statement(f"{ADL}voided", object={"objectType": "StatementRef", "id": known}))
    platform.send(statement(f"{ADL}liked", object={**thing, "definition": {"name": {"pt": "Aprender"}}}))

    exact = platform.get(voidedStatementId=known).json()
    assert exact["context"]["contextActivities"]["parent"] == [{"id": "urn:x:p"}]
    german = platform.get({"Accept-Language": "fr;q=0.1, de-DE;q=0.2, de"}, voidedStatementId=known, format="canonical")
    assert german.json()["object"]["definition"] == {"name": {"de": "Lernen"}, "description": {"fr": "Bonjour"}}
    bare = platform.get(voidedStatementId=known, format="ids").json()
    assert (bare["actor"], bare["object"]) == ({"mbox": "mailto:ana@EXAMPLE.com"}, {"id": COURSE})
    found = [one["verb"]["id"] for one in platform.get(verb=f"{ADL}shared").json()["statements"]]
    assert found == [f"{ADL}voided"]
    activity = call(platform, "get", "activities", {"activityId": COURSE}).json()
    assert activity["definition"]["name"] == {"pt": "Aprender"}
    person = call(platform, "get", "agents", {"agent": ANA}).json()
    assert person == {"objectType": "Person", "mbox": ["mailto:ana@example.com"]}


def test_a_form_may_hold_the_request(platform: Platform) -> None:
    """
    As 1.0.3 has it for old browsers: headers, parameters and content are fields.
    """
    known, form = str(uuid.uuid4()), "application/x-www-form-urlencoded"
    token = platform.headers["Authorization"]
    fields = {"statementId": known, "content": json.dumps(PROGRESS), "Authorization": token}

    def send(query: str, fields: dict[str, str]) -> int:
        sent = urlencode(fields)
        return int(Client().post(f"/xapi/statements?{query}", sent, content_type=form).status_code)

    version = {"X-Experience-API-Version": "1.0.3"}
    codes = [
        send("method=PUT", fields | version),
        send("method=PUT", fields),
        send("method=PUT&statementId=1", fields | version),
        send("method=PUT", {name: value for name, value in (fields | version).items() if name != "content"}),
        send("method=GET", {"statementId": known, "Authorization": token} | version),
    ]
    assert codes == [204, 400, 400, 400, 200]


def test_an_organization_may_keep_statements_from_adding_content(platform: Platform) -> None:
    """
    They are kept, and count once somebody adds the course.
    """
    type(platform.organization).objects.filter(pk=platform.organization.pk).update(statements_make_content=False)

    platform.send(PROGRESS)
    assert not Content.objects.exists()
    assert not Activity.objects.exists()
    make_content(platform.organization, ContentValues("Learning", key=COURSE), by=platform.owner, now=NOW)

    assert Activity.objects.get().percent == 40
