"""What the product records: moves of jobs, tokens, settings, sign-ins, downloads; never anybody's values."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from orgsync.core.model import JobStatus, Mode, RowPolicy
from orgsync.server.audit.models import AuditEntry
from orgsync.server.audit.queries import csv_lines, entry_line, find_entries
from orgsync.server.audit.verify import verify_log
from orgsync.server.directory.feeds import change_feed, set_guard, set_paused
from orgsync.server.setup import ensure_feed, ensure_pool
from orgsync.server.tokens.tokens import make_token, record_use, revoke_token
from orgsync.server.uploads.decisions import cancel_job, reject_job
from tests.server.pipeline.pipeline_world import FIVE, MONDAY, TWO, Meanwhile, World
from tests.server.pipeline.test_crashes import INSIDE, Killed, die

PASSWORD = "correct horse battery"


def told(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    entries = AuditEntry.objects.filter(organization_id=world.id).order_by("number")
    return [(entry_line(entry)["actor"], entry.action, entry.ids) for entry in entries]


def actions(world: World) -> list[str]:
    return [action for _, action, _ in told(world)]


def test_job_is_followed_from_acceptance_to_its_end(world: World) -> None:
    """
    Accepted by a token, applied by the system; the next one held, approved by the owner, applied.
    """
    world.send(FIVE)
    held = world.send(TWO)
    world.run(world.approve(held))

    assert actions(world) == [
        *("job_accepted", "job_applied"),
        *("job_accepted", "job_held", "job_approved", "job_applied"),
    ]
    (accepted, _, ids), (applied, _, counts) = told(world)[:2]
    assert (accepted, applied) == (f"token {world.token.pk}", "system")
    assert (ids["mode"], counts["updated"], counts["revision"]) == ("full", 5, 1)
    assert {"leavers", "licenses_revoked"} <= set(told(world)[3][2]["reasons"])
    assert told(world)[4][0] == f"account {world.owner.pk}"
    assert verify_log(world.id).broken is None


def test_rejected_cancelled_superseded_and_failed_say_so(world: World) -> None:
    """
    The reason is in the entry of each.
    """
    world.send(FIVE)
    reject_job(world.send(TWO), by=world.owner, now=MONDAY)
    cancel_job(world.upload(FIVE), by=world.owner, now=MONDAY)
    world.send(TWO)
    world.send(FIVE.replace("Cook", "Chef", 1))
    world.send("no header\n")

    reasons = [(action, ids.get("reason")) for _, action, ids in told(world) if "reason" in ids]

    assert reasons[:3] == [
        ("job_cancelled", "rejected"),
        ("job_cancelled", "cancelled"),
        ("job_cancelled", "superseded"),
    ]
    assert reasons[3][0] == "job_failed"


def test_attempt_that_dies_leaves_no_entry(world: World) -> None:
    """
    The log tells of the attempt that was committed, once.
    """
    job = world.upload(FIVE)
    with pytest.raises(Killed):
        world.run(job, clock=Meanwhile(die, call=INSIDE))

    assert actions(world) == ["job_accepted"]
    assert world.stored(job).status == JobStatus.PROCESSING


def test_nobodys_values_are_recorded(world: World) -> None:
    """
    No address, id or title of the file is in the log, in any form that can be read.
    """
    world.send(FIVE)
    world.send(FIVE.replace("Cook", "Chef"))

    text = json.dumps([entry_line(entry) for entry in find_entries(world.id)])

    assert "job_applied" in text
    assert not [value for value in ("example.com", "E1", "Cook", "Chef", "ana") if value in text]


def test_tokens_and_settings_are_recorded_when_they_change(world: World) -> None:
    """
    Made, used for the first time, revoked; a feed's settings by name; nothing for what stays as it is.
    """
    token, _ = make_token(
        world.organization, world.feed, "new", scopes=["sync"], expires_at=None, created_by=world.owner
    )
    record_use(token, "192.0.2.1", now=timezone.now())
    record_use(token, "192.0.2.1", now=timezone.now())
    revoke_token(world.organization, token.pk, now=timezone.now())
    revoke_token(world.organization, token.pk, now=timezone.now())
    change_feed(world.feed, name="Nightly HR", mode=Mode.CHANGES, rows=RowPolicy.GOOD_ROWS, guards={})
    set_guard(world.feed, "leavers", {"number": 3})
    set_paused(world.feed, is_paused=True)
    set_paused(world.feed, is_paused=True)
    ensure_feed(world.organization, "Other", Mode.FULL)
    ensure_feed(world.organization, "Other", Mode.FULL)
    ensure_pool(world.organization, "license_english_status", name=None, seats=4)

    assert actions(world) == [
        *("token_made", "token_first_used", "token_revoked"),
        *("feed_changed", "guard_changed", "feed_changed", "feed_made", "pool_changed"),
    ]
    assert told(world)[3][2] == {"feed": world.feed.pk, "settings": ["mode"]}
    assert told(world)[4][2] == {"feed": world.feed.pk, "guards": ["leavers"]}


def test_sign_in_refusal_and_sign_out_are_recorded(world: World, settings: Any, client: Client) -> None:
    """
    In each organization of the account; an address that nobody has is no organization's matter.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    world.owner.set_password(PASSWORD)
    world.owner.save(update_fields=["password"])

    for login, password in ((world.owner.email, "wrong"), ("nobody@example.com", "x"), (world.owner.email, PASSWORD)):
        client.post("/accounts/login/", {"login": login, "password": password})
    client.get("/admin/people/learners/download/")
    client.post("/accounts/logout/")

    account = {"account": world.owner.pk}
    me = f"account {world.owner.pk}"
    assert told(world) == [
        ("nobody", "sign_in_failed", account),
        (me, "signed_in", account),
        (me, "learners_exported", {}),
        (me, "signed_out", account),
    ]


def test_organizations_do_not_see_each_other(make: Callable[..., World]) -> None:
    """
    What one does is in its own log alone.
    """
    one, other = make("One"), make("Other")

    one.send(FIVE)

    assert actions(one) == ["job_accepted", "job_applied"]
    assert actions(other) == []


def test_csv_has_a_line_for_each_entry(world: World) -> None:
    """
    Header first; ids as JSON.
    """
    world.send(FIVE)

    header, *lines = csv_lines(find_entries(world.id, last=1))

    assert header == "number,at,actor,action,ids,veiled,hash"
    assert len(lines) == 1
    assert ",system,job_applied," in lines[0]
