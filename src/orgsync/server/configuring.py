"""Change an organization's settings: checked, in one transaction with the audit entry."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from orgsync.core.errors import OrgSyncError
from orgsync.server.audit.actions import Action
from orgsync.server.audit.log import record
from orgsync.server.directory.revision import PAGE_PATIENCE, lock_directory, raise_revision
from orgsync.server.orgs.catalogue import BY_NAME, Kind, Setting, is_date_format
from orgsync.server.orgs.models import Organization
from orgsync.server.orgs.zones import is_zone

_ORDERS: Final = ({"%d/%m/%Y", "%m/%d/%Y"}, {"%d.%m.%Y", "%m.%d.%Y"}, {"%d-%m-%Y", "%m-%d-%Y"})
"""Formats that would read the same cell as two different days."""


class WrongSetting(OrgSyncError):
    """A value cannot be used; `name` is the setting's."""

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.reason = reason
        super().__init__(f"{name}: {reason}")


def change_settings(organization: Organization, values: Mapping[str, Any]) -> list[str]:
    """
    Give settings other values; return the names of those that have changed. What is not named stays.

    Raises WrongSetting, with nothing changed, and DirectoryBusy while a sync is being applied. A setting that changes
    what rows mean raises the directory's revision, so that a plan made under the old one is made anew.
    """
    given = {name: _checked(BY_NAME[name], value) for name, value in values.items()}
    with transaction.atomic():
        return _change(organization, given)


def _change(organization: Organization, given: dict[str, Any]) -> list[str]:
    lock_directory(organization.pk, wait=PAGE_PATIENCE)
    mine = Organization.objects.filter(id=organization.pk)
    before = mine.values(*given).get() if given else {}
    changed = [name for name in given if given[name] != before[name]]
    if not changed:
        return []
    if "name" in changed and Organization.objects.filter(name=given["name"]).exclude(id=organization.pk).exists():
        raise WrongSetting("name", "Another organization has this name.")
    mine.update(**{name: given[name] for name in changed})
    if any(BY_NAME[name].reads_files for name in changed):
        raise_revision(organization.pk)
    told = [name for name in changed if BY_NAME[name].is_told]
    ids = {
        "settings": changed,
        "before": {name: before[name] for name in told},
        "after": {name: given[name] for name in told},
    }
    record(organization.pk, Action.SETTINGS_CHANGED, ids, at=timezone.now())
    for name in changed:
        setattr(organization, name, given[name])
    return changed


def _checked(setting: Setting, value: Any) -> Any:
    """Return the value as it is stored, or raise WrongSetting."""
    if value is None and setting.kind is Kind.NUMBER_OR_NEVER:
        return None
    check: Callable[[Setting, Any], Any] = _CHECKS.get(setting.kind, _text)
    return check(setting, value)


def _flag(_setting: Setting, value: Any) -> bool:
    return bool(value)


def _number(setting: Setting, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not setting.minimum <= value <= setting.maximum:
        raise WrongSetting(setting.name, f"Give a number from {setting.minimum:,} to {setting.maximum:,}.")
    return value


def _one_of(setting: Setting, value: Any) -> str:
    if value not in dict(setting.choices):
        raise WrongSetting(setting.name, f"{value} is none of those that can be chosen.")
    return str(value)


def _some_of(setting: Setting, value: Any) -> list[str]:
    return [_one_of(setting, one) for one in value]


def _zone(setting: Setting, value: Any) -> str:
    if not is_zone(value):
        raise WrongSetting(setting.name, "There is no such time zone.")
    return str(value)


def _formats(setting: Setting, value: Any) -> list[str]:
    formats = list(dict.fromkeys(line.strip() for line in value if line.strip()))
    wrong = [text for text in formats if not is_date_format(text)]
    if wrong:
        raise WrongSetting(setting.name, f"{wrong[0]} is no date format; write it as %d.%m.%Y.")
    if len(formats) > setting.maximum:
        raise WrongSetting(setting.name, f"Give at most {setting.maximum}.")
    if any(both <= set(formats) for both in _ORDERS):
        raise WrongSetting(setting.name, "Day first or month first, not both: 03/04 would be two days at once.")
    return formats


def _address(setting: Setting, value: str) -> str:
    if not value.strip():
        return ""
    try:
        validate_email(value.strip())
    except ValidationError as error:
        raise WrongSetting(setting.name, "That is no e-mail address.") from error
    return value.strip()


def _text(setting: Setting, value: Any) -> str:
    lines = str(value).replace("\r\n", "\n").strip()
    text = lines if setting.kind is Kind.LONG_TEXT else " ".join(lines.split())
    if len(text) > setting.maximum:
        raise WrongSetting(setting.name, f"At most {setting.maximum:,} characters.")
    if not text and setting.default is None:
        raise WrongSetting(setting.name, "It cannot be empty.")
    return text


_CHECKS: Final[Mapping[Kind, Callable[[Setting, Any], Any]]] = {
    Kind.FLAG: _flag,
    Kind.NUMBER: _number,
    Kind.NUMBER_OR_NEVER: _number,
    Kind.CHOICE: _one_of,
    Kind.SEVERAL: _some_of,
    Kind.LINES: _formats,
    Kind.ZONE: _zone,
    Kind.EMAIL: _address,
}
