"""What `orgsync admin person edit` is told; free of Django, so that the command line can be read without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a command changes about people, in the words of the command line."""

    values: Mapping[str, str | None] = field(default_factory=dict)
    new_address: str | None = None
    new_user_id: str | None = None
    manager: str | None = None
    """Address of the manager; empty for none."""
    joins: Sequence[str] = ()
    leaves: Sequence[str] = ()
    licenses: Mapping[str, bool] = field(default_factory=dict)
    is_protected: bool | None = None
    keeps: Sequence[str] = ()
    lifts: Sequence[str] = ()

    @property
    def is_nothing(self) -> bool:
        values = (getattr(self, one.name) for one in fields(self))
        return all(value is None or (not isinstance(value, bool | str) and not value) for value in values)
