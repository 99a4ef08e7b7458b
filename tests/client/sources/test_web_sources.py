"""Web services as sources: paging, signing in, trying again, and what must never happen."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fake_services
import pytest
from fake_services import KEY, PEOPLE, Answer, Asked, Service, basic, running

from orgsync.client.errors import BadUsage, ClientError
from orgsync.client.exits import ExitCode
from orgsync.client.sources import Pulled, open_source, web

Pull = Callable[..., tuple[Pulled, list[dict[str, str]]]]


@pytest.fixture
def pull(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pull:
    """Pull a source without waiting between tries."""
    patience = web.Retrying(attempts=3, wait_initial=0, wait_max=0, wait_jitter=0)
    monkeypatch.setattr(web, "Retrying", lambda: patience)
    monkeypatch.setenv("KEY", KEY)

    def pulled(**table: object) -> tuple[Pulled, list[dict[str, str]]]:
        target = io.BytesIO()
        said = open_source(table, base=tmp_path).pull(target)
        return said, list(csv.DictReader(io.StringIO(target.getvalue().decode())))

    return pulled


def numbered(asked: Asked, name: str, first: int) -> list[dict[str, Any]]:
    """Return the records of a page; never more than three, whatever was asked for."""
    start = (int(asked.query.get(name, first)) - first) * (3 if first else 1)
    return PEOPLE[start : start + 3]


def linked(asked: Asked) -> Answer:
    at = int(asked.query.get("at", 0))
    more = {"Link": f'</people?at=0>; rel="first", </people?at={at + 3}&team=a>; rel="next"'} if at + 3 < 7 else {}
    return Answer(PEOPLE[at : at + 3], headers=more)


def following(asked: Asked) -> Answer:
    at = int(asked.query.get("cursor", 0))
    return Answer({"data": {"people": PEOPLE[at : at + 3]}, "next": str(at + 3) if at + 3 < 7 else None})


def addressed(asked: Asked) -> Answer:
    at = int(asked.query.get("at", 0))
    return Answer({"items": PEOPLE[at : at + 3], "links": {"next": f"/people?at={at + 3}" if at + 3 < 7 else ""}})


PAGED: list[tuple[Callable[[Asked], Answer], dict[str, object]]] = [
    (linked, {"paging": {"kind": "link"}, "params": {"team": "a"}}),
    (following, {"records": "data.people", "paging": {"kind": "cursor"}}),
    (addressed, {"records": "items", "paging": {"kind": "next", "next": "links.next"}}),
    (
        lambda asked: Answer(numbered(asked, "page", 1)),
        {"paging": {"kind": "page", "size": 5, "size_param": "per_page"}},
    ),
    (lambda asked: Answer(numbered(asked, "offset", 0)), {"paging": {"kind": "offset", "size": 100}}),
    (
        lambda asked: Answer({"people": numbered(asked, "offset", 0), "count": 7}),
        {"records": "people", "paging": {"kind": "offset", "total": "count"}},
    ),
]


@pytest.mark.parametrize(("route", "table"), PAGED, ids=["link", "cursor", "next", "page", "offset", "total"])
def test_every_way_of_paging_ends_with_everybody(
    route: Callable[[Asked], Answer], table: dict[str, object], pull: Pull
) -> None:
    """Also where the service gives smaller pages than it was asked for."""
    with running(Service({"/people": route})) as service:
        said, rows = pull(kind="rest", address=f"{service.address}/people", **table)

    assert [row["id"] for row in rows] == ["1", "2", "3", "4", "5", "6", "7"]
    assert rows[0] == {"id": "1", "name": "Person 1", "home.city": "Lisbon"}
    assert said == Pulled(7, ("id", "name", "home.city"), f"{service.address}/people")


def test_values_come_out_as_they_went_in(pull: Pull) -> None:
    """No exponent, no lost zero, no null in words; what is no single value is JSON."""
    records = (
        b'[{"a": 1.2E+05, "b": "007", "c": null, "d": true, "e": 12345678901234567890, "f": 0.5,'
        b' "g": [1, {"h": 2}]}, {"z": 1}]'
    )
    with running(Service({"/": lambda _: Answer(records)})) as service:
        _, rows = pull(kind="rest", address=f"{service.address}/")

    assert rows[0] == {
        "a": "120000",
        "b": "007",
        "c": "",
        "d": "true",
        "e": "12345678901234567890",
        "f": "0.5",
        "g": '[1,{"h":2}]',
        "z": "",
    }
    assert rows[1]["z"] == "1"


def test_fields_pick_what_is_wanted(pull: Pull) -> None:
    """By JMESPath, however deep."""
    records = {"people": [{"mails": [{"kind": "home", "at": "x"}, {"kind": "work", "at": "ana@example.com"}]}]}
    with running(Service({"/": lambda _: Answer(records)})) as service:
        _, rows = pull(
            kind="rest",
            address=f"{service.address}/",
            records="people",
            fields={"email": "mails[?kind=='work'].at | [0]"},
        )

    assert rows == [{"email": "ana@example.com"}]


def test_oauth_gets_a_token_and_another_one_when_it_is_refused(pull: Pull) -> None:
    """Once; a second refusal is one."""
    given: list[str] = []

    def token(asked: Asked) -> Answer:
        assert asked.headers["authorization"] == basic("orgsync", KEY)
        assert asked.body == b"grant_type=client_credentials&scope=people.read"
        given.append(f"token-{len(given) + 1}")
        return Answer({"access_token": given[-1], "token_type": "Bearer", "expires_in": 60})

    def people(asked: Asked) -> Answer:
        return fake_services.refuse(asked, "Bearer token-2") or Answer(PEOPLE)

    with running(Service({"/token": token, "/people": people})) as service:
        service.troubles = [Answer({}, 503)]
        oauth = {"token_address": f"{service.address}/token", "client_id": "orgsync", "client_secret": "env:KEY"}
        said, _ = pull(kind="rest", address=f"{service.address}/people", oauth={**oauth, "scope": "people.read"})

    assert said.rows == 7
    assert given == ["token-1", "token-2"]


def test_a_busy_service_is_asked_again_when_it_says(pull: Pull) -> None:
    """After 429 with Retry-After and after 503."""
    with running(Service({"/": lambda _: Answer(PEOPLE)})) as service:
        service.troubles = [Answer({}, 429, {"Retry-After": "0"}), Answer({}, 503)]
        said, _ = pull(kind="rest", address=f"{service.address}/?api_key=secret", params={"team": "a"})

    assert (said.rows, said.origin) == (7, f"{service.address}/")
    assert [asked.query for asked in service.asked] == [{"api_key": "secret", "team": "a"}] * 3


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (Answer({"message": "no"}, 401), ExitCode.AUTHENTICATION, "does not let us in (401): no"),
        (Answer({}, 500), ExitCode.UNREACHABLE, "answered 500"),
        (Answer({}, 429, {"Retry-After": "90000"}), ExitCode.UNREACHABLE, "answered 429"),
        (Answer(b"<html>", 200, {"Content-Type": "text/html"}), ExitCode.REJECTED, "without JSON (text/html)"),
        (Answer(b"", 302, {"Location": "https://evil.example.com/"}), ExitCode.REJECTED, "evil.example.com"),
        (Answer({"people": [{}]}), ExitCode.REJECTED, "lists at: people"),
        (Answer([]), ExitCode.REJECTED, "no record"),
        (Answer([{"a": {"b": 1}, "a.b": 2}, 3]), ExitCode.REJECTED, "no list of records"),
    ],
    ids=["refused", "failed", "tomorrow", "page", "redirect", "records", "nobody", "odd"],
)
def test_what_no_rows_can_be_made_of_is_said(answer: Answer, code: ExitCode, words: str, pull: Pull) -> None:
    """With the exit code that a cron job can tell apart."""
    with running(Service({"/": lambda _: answer})) as service, pytest.raises(ClientError) as refused:
        pull(kind="rest", address=f"{service.address}/")

    assert refused.value.exit_code == code
    assert words in str(refused.value)


def test_the_next_page_is_never_fetched_from_another_host(pull: Pull) -> None:
    """Our key would go there."""
    with running(Service({"/": lambda _: Answer(PEOPLE)})) as other:
        away = {"Link": f'<{other.address}/>; rel="next"'}
        with (
            running(Service({"/": lambda _: Answer(PEOPLE, headers=away)})) as service,
            pytest.raises(ClientError, match="another host"),
        ):
            pull(kind="rest", address=f"{service.address}/", token="env:KEY", paging={"kind": "link"})

    assert other.asked == []


def test_paging_that_turns_in_a_circle_is_stopped(pull: Pull) -> None:
    """And so is one that ends before the total."""
    again = Answer({"people": PEOPLE, "next": "x"})
    short = [Answer({"people": PEOPLE, "count": 9}), Answer({"people": [], "count": 9})]
    with running(Service({"/": lambda _: again, "/short": lambda _: short.pop(0)})) as service:
        with pytest.raises(ClientError, match="never end"):
            pull(kind="rest", address=f"{service.address}/", records="people", paging={"kind": "cursor"})
        with pytest.raises(ClientError, match="9 records and handed out 7"):
            pull(
                kind="rest",
                address=f"{service.address}/short",
                records="people",
                paging={"kind": "page", "total": "count"},
            )


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"address": "http://hr.example.com/people"}, "plain http"),
        ({"address": "https://ana:x@hr.example.com/"}, "has no place in it"),
        ({"address": "ftp://hr.example.com/"}, "no address of a web service"),
        ({"address": "https://hr.example.com/", "token": "env:NOT_SET_HERE"}, "NOT_SET_HERE is not set"),
        ({"address": "https://hr.example.com/", "token": "file:gone"}, "gone cannot be read"),
        ({"address": "https://hr.example.com/", "token": "a", "user": "b"}, "two ways to sign in"),
        ({"address": "https://hr.example.com/", "records": "a["}, "no JMESPath"),
        ({"address": "https://hr.example.com/", "paging": {"kind": "pages"}}, "[source.paging] kind"),
        ({"address": "https://hr.example.com/", "ca": "gone.pem"}, "no certificate authority"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_before_anything_is_asked(
    table: dict[str, object], words: str, pull: Pull
) -> None:
    """And no secret stands in what is said."""
    with pytest.raises(BadUsage) as refused:
        pull(kind="rest", **table)

    assert words in str(refused.value)


def test_bamboohr_gives_a_report_of_the_fields_and_says_what_it_left_out(pull: Pull) -> None:
    """BambooHR itself says nothing of fields that it does not know."""
    with running(fake_services.bamboohr()) as service:
        table = {"kind": "bamboohr", "company": "acme", "api_key": "env:KEY", "address": service.address}
        said, rows = pull(**table, fields=["employeeNumber", "workEmail", "shoeSize"])
        directory, _ = pull(**table, what="directory")
        report, _ = pull(**table, what="report", report=12)

    assert rows[0] == {"id": "4", "employeeNumber": "007", "workEmail": "ana@example.com"}
    assert rows[1]["workEmail"] == ""
    assert "shoeSize" in said.notes[0]
    assert directory.columns == report.columns == ("id", "firstName", "workEmail", "hireDate", "employeeNumber")
    assert service.asked[0].query["onlyCurrent"] == "true"
    assert KEY not in repr((said, directory, report))


def test_workday_gives_a_report_as_json_or_csv(pull: Pull) -> None:
    """Columns that only some rows have are there for all."""
    with running(fake_services.workday()) as service:
        address = f"{service.address}{fake_services.WORKDAY_REPORT}"
        table = {"kind": "workday", "address": address, "user": "isu_orgsync@acme", "password": "env:KEY"}
        said, rows = pull(**table, params={"Effective_as_of_Date": "2026-01-01"})
        _, plain = pull(**table, format="csv")

    assert said.columns == ("Employee_ID", "Email", "FTE", "Orgs", "Manager.ID")
    assert rows[0]["Orgs"] == json.dumps([{"Org": "Sales"}, {"Org": "EMEA"}], separators=(",", ":"))
    assert rows[1]["Manager.ID"] == "00021"
    assert plain == [{"Employee_ID": "00021", "Job": "Cook"}]
    assert service.asked[0].query == {"format": "json", "Effective_as_of_Date": "2026-01-01"}


def test_scim_gives_everybody_page_by_page(pull: Pull) -> None:
    """One column for each kind of address; the enterprise extension's attributes by their own names."""
    with running(fake_services.scim()) as service:
        said, rows = pull(kind="scim", address=f"{service.address}/scim/v2", token="env:KEY")

    assert [row["id"] for row in rows] == ["u1", "u2", "u3", "u4", "u5"]
    assert rows[4] == {
        "id": "u5",
        "userName": "person5@example.com",
        "active": "false",
        "name.givenName": "Ana",
        "name.familyName": "Silva 5",
        "emails.home": "home5@example.com",
        "emails.work": "person5@example.com",
        "emails.primary": "person5@example.com",
        "employeeNumber": "005",
        "manager.value": "u1",
    }
    assert said.rows == 5


def test_scim_that_ends_early_is_no_success(pull: Pull) -> None:
    """Those who are missing would look like leavers."""
    with running(fake_services.scim(total=9)) as service, pytest.raises(ClientError, match="9 users and handed out 5"):
        pull(kind="scim", address=f"{service.address}/scim/v2", token="env:KEY")
