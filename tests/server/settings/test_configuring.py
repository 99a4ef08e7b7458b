"""Settings: one catalogue, checked values, what changes with them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from orgsync.core.checking import open_file
from orgsync.server.audit.models import AuditEntry
from orgsync.server.configuring import WrongSetting, change_settings
from orgsync.server.orgs.blackouts import add_blackout, blackout_at
from orgsync.server.orgs.catalogue import FILE_POLICIES, SETTINGS, is_date_format
from orgsync.server.orgs.limits import set_organization_guards
from orgsync.server.orgs.models import Organization
from orgsync.server.uploads.epoch import epoch_of_job
from tests.job_world import make_job, make_organization, make_token

pytestmark = pytest.mark.django_db
OTHERS: dict[str, Any] = {"blank_clears": ["work_title"], "date_formats": ["%d.%m.%Y"]}
WRONG = {
    "name": " ",
    "time_zone": "Europe/Atlantis",
    "language": "tlh",
    "approval_days": 0,
    "undo_days": 1_000_000,
    "anonymize_after_days": -1,
    "blank_clears": ["no_such_attribute"],
    "date_formats": ["%d/%m/%Y", "%m/%d/%Y"],
    "reply_to": "not an address",
    "support_contact": "x" * 201,
}


def settings_entries(organization: Organization) -> list[dict[str, Any]]:
    log = AuditEntry.objects.filter(organization_id=organization.pk, action="settings_changed")
    return list(log.order_by("number").values_list("ids", flat=True))


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_catalogue_is_true(setting: Any) -> None:
    """
    Each setting is an attribute of the organization and comes as the catalogue says; its default is a value it takes.
    """
    field = Organization._meta.get_field(setting.name)
    stored = field.get_default() if field.has_default() else None

    assert stored == setting.default
    if setting.default is not None:
        assert change_settings(make_organization(), {setting.name: setting.default}) == []


@pytest.mark.parametrize("name", FILE_POLICIES)
def test_what_a_row_means_moves_the_epoch_and_the_revision(name: str) -> None:
    """
    Files are compared anew, and a plan made before is made anew; another setting moves neither.
    """
    organization = make_organization()
    job, file = make_job(make_token(organization)), open_file(b"primary_email_address\nana@example.com\n")
    change_settings(organization, {"support_contact": "help@example.com"})
    before = epoch_of_job(job, file), Organization.objects.get().revision

    change_settings(organization, {name: OTHERS.get(name, not getattr(organization, name))})
    job.organization.refresh_from_db()
    after = epoch_of_job(job, file), Organization.objects.get().revision

    assert before[1] == 0
    assert after[0] != before[0]
    assert after[1] == 1


@pytest.mark.parametrize("name", WRONG)
def test_wrong_values_change_nothing(name: str) -> None:
    """
    The setting is named, and what was given beside it is not stored either.
    """
    organization = make_organization()

    with pytest.raises(WrongSetting) as refused:
        change_settings(organization, {"privacy_contact": "privacy@example.com", name: WRONG[name]})

    assert refused.value.name == name
    assert Organization.objects.get().privacy_contact == ""
    assert settings_entries(organization) == []


def test_audit_log_tells_numbers_and_no_texts() -> None:
    """
    Numbers and choices before and after; of a text, which may name a person, only that it changed.
    """
    organization = make_organization()

    changed = change_settings(organization, {"support_contact": "Ana Example", "undo_days": 14, "approval_days": 7})

    assert changed == ["support_contact", "undo_days"]
    assert settings_entries(organization) == [
        {"settings": ["support_contact", "undo_days"], "before": {"undo_days": 30}, "after": {"undo_days": 14}}
    ]


def test_name_is_taken_once() -> None:
    """
    Commands name an organization by its name.
    """
    make_organization("Globex")

    with pytest.raises(WrongSetting):
        change_settings(make_organization(), {"name": "Globex"})


def test_guards_are_replaced_as_a_whole() -> None:
    """
    What is left out has the default again; the log names what changed, with its numbers.
    """
    organization = make_organization(guards={"leavers": {"number": 5}, "joiners": {"cap": 9}})

    changed = set_organization_guards(organization, {"joiners": {"cap": 9}, "rows_in_error": {"percent": 2.5}})

    assert changed == ["leavers", "rows_in_error"]
    assert Organization.objects.get().guards == {"joiners": {"cap": 9}, "rows_in_error": {"percent": 2.5}}
    entry = AuditEntry.objects.get(organization_id=organization.pk, action="guard_changed")
    assert entry.ids["before"] == {"leavers": {"number": 5}}
    assert entry.ids["after"] == {"rows_in_error": {"percent": 2.5}}


def test_blackout_days_are_the_organizations_own() -> None:
    """
    Half past midnight in Auckland is a blackout day there, although it is the day before in UTC.
    """
    organization = make_organization(time_zone="Pacific/Auckland")
    add_blackout(organization, datetime(2026, 12, 24).date(), datetime(2026, 12, 24).date(), "Christmas")  # noqa: DTZ001
    organization.refresh_from_db()

    assert blackout_at(organization, datetime(2026, 12, 23, 11, 30, tzinfo=UTC)) is not None
    assert blackout_at(organization, datetime(2026, 12, 24, 11, 30, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("%d.%m.%Y", True),
        ("%m/%d/%y", True),
        ("%d %b %Y", True),
        ("%d.%m", False),
        ("%H:%M", False),
        ("%Y%Y%d%m", False),
    ],
)
def test_date_formats_name_a_day(text: str, is_one: bool) -> None:
    """
    Year, month and day, each once.
    """
    assert is_date_format(text) is is_one
