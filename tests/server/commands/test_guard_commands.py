"""Guards and blackouts by command: what holds, who has set it, and what is refused."""

from datetime import date

import pytest
from click.testing import CliRunner

from orgsync.core.errors import OrgSyncError
from orgsync.core.guards import Limit
from orgsync.server.commands.actions import Actions
from orgsync.server.commands.admin import admin
from tests.job_world import make_organization, make_token

pytestmark = pytest.mark.django_db


def test_guard_of_a_feed_gets_its_own_numbers_and_loses_them() -> None:
    """
    What is not named keeps its default; no numbers at all bring the defaults back.
    """
    organization = make_organization()
    feed = make_token(organization).feed

    changed = Actions(organization.name).set_guard(feed.name, "leavers", {"cap": 5_000})
    restored = Actions(organization.name).set_guard(feed.name, "leavers", {})

    assert changed == Limit(cap=5_000)
    assert restored == Limit()


def test_guard_of_all_feeds_stands_under_that_of_one() -> None:
    """
    Without a feed the limits are the organization's; the list says what holds and who has set it.
    """
    organization = make_organization()
    feed = make_token(organization).feed
    actions = Actions(organization.name)

    actions.set_guard(None, "leavers", {"number": 50, "cap": 9})
    changed = actions.set_guard(feed.name, "leavers", {"number": 80})

    of_feed, of_all = ({line.code: line for line in actions.list_guards(name)} for name in (feed.name, None))
    assert changed == Limit(number=80, cap=9)
    assert (of_feed["leavers"].limits, of_feed["leavers"].set_by) == (
        "more than 80 and more than 5 %, or more than 9",
        "feed over organization",
    )
    assert (of_all["leavers"].limits, of_all["leavers"].set_by) == (
        "more than 50 and more than 5 %, or more than 9",
        "organization",
    )
    assert (of_all["admin_change"].limits, of_all["admin_change"].set_by) == ("always", "default")
    assert of_all["joiners"].limits == "more than 20 and more than 25 %"


def test_guard_of_a_feed_that_is_not_there_is_refused() -> None:
    """
    A misspelt name changes nothing, for no feed.
    """
    organization = make_organization()

    with pytest.raises(OrgSyncError, match="no feed Nightli"):
        Actions(organization.name).set_guard("Nightli", "leavers", {"number": 50})


def test_blackouts_by_command() -> None:
    """
    Added, listed, taken back; a wrong span is refused.
    """
    actions, day = Actions(make_organization().name), date(2026, 12, 20)

    added = actions.add_blackout(day, date(2027, 1, 2), "Christmas freeze.")
    with pytest.raises(OrgSyncError, match="before the first"):
        actions.add_blackout(day, date(2026, 12, 19), "Typing error")

    assert actions.list_blackouts() == [added]
    assert actions.remove_blackout(day) == [added]
    assert actions.list_blackouts() == []


@pytest.mark.parametrize(
    "given",
    [
        ["guard", "leaver", "--number", "5"],
        ["guard", "admin_change", "--number", "5"],
        ["guard", "leavers", "--percent", "101"],
        ["guard", "leavers", "--number", "-1"],
        ["blackout", "add", "--from", "Christmas", "--until", "2027-01-02", "--why", "Freeze"],
        ["blackout", "add", "--from", "2026-12-20", "--why", "Freeze"],
        ["blackout", "remove"],
    ],
    ids=" ".join,
)
def test_what_a_command_cannot_mean_is_refused(given: list[str]) -> None:
    """
    Before any database is looked for.
    """
    assert CliRunner().invoke(admin, given).exit_code == 2
