"""Two records side by side: what each says, in what they differ, and what the one that stays is to get."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from orgsync.core.columns import ATTRIBUTE_NAMES, label_of
from orgsync.server.directory.models import Claim, Feed, Learner, Pool
from orgsync.server.directory.queries import groups_of, licenses_of, people_in_order
from orgsync.server.web.forms.learners import STATE_WORDS
from orgsync.server.web.learnertable import name_of

KEYS: Final = {"primary_email_address": _("E-mail address"), "unique_user_id": _("Unique user ID")}


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing of both records; with a name where one of the two values is to be chosen."""

    label: Any
    one: Any
    other: Any
    name: str = ""

    @property
    def differs(self) -> bool:
        return bool(self.one != self.other)

    @property
    def is_choice(self) -> bool:
        """Whether both have a value, and another one: what is empty is filled in any case."""
        return bool(self.name and self.differs and self.one is not None and self.other is not None)


def compared(one: Learner, other: Learner) -> list[Compared]:
    """Return everything that two records say, keys first; a few statements."""
    pair = (one, other)
    keys = [_line(pair, label, attrgetter(name), name) for name, label in KEYS.items()]
    builtin = [name for name in ATTRIBUTE_NAMES if name != "worker_status"]
    stored = [_line(pair, label_of(name), attrgetter(name), name) for name in builtin]
    custom = [_custom(pair, name) for name in sorted({*one.custom, *other.custom})]
    attributes = [line for line in (*stored, *custom) if line.one is not None or line.other is not None]
    return [*keys, *attributes, *_around(pair)]


def _line(pair: tuple[Learner, Learner], label: Any, get: Callable[[Learner], Any], name: str = "") -> Compared:
    return Compared(label, _shown(get(pair[0])), _shown(get(pair[1])), name)


def _shown(value: Any) -> Any:
    return date_format(value, "j M Y") if isinstance(value, date) else value


def _custom(pair: tuple[Learner, Learner], name: str) -> Compared:
    return _line(pair, label_of(name), lambda learner: learner.custom.get(name), name)


def _around(pair: tuple[Learner, Learner]) -> list[Compared]:
    organization_id, ids = pair[0].organization_id, [learner.id for learner in pair]
    groups, held, feeds = groups_of(organization_id, ids), licenses_of(organization_id, ids), _feeds(*pair)
    pools = dict(Pool.objects.filter(organization_id=organization_id).values_list("id", "name"))
    bosses = people_in_order(organization_id, [one.manager_id for one in pair if one.manager_id is not None])
    managers = {boss.id: name_of(boss) for boss in bosses}
    said = {who: [f"{pools[pool]}: {STATE_WORDS[state]}" for pool, state in some] for who, some in held.items()}
    return [
        _line(pair, _("Manager"), lambda learner: managers.get(learner.manager_id or 0)),
        _line(pair, _("Groups"), lambda learner: _joined(groups.get(learner.id, ()))),
        _line(pair, _("Licenses"), lambda learner: _joined(said.get(learner.id, ()))),
        _line(pair, _("Feeds"), lambda learner: _joined(feeds.get(learner.id, ()))),
        _line(pair, _("Status"), lambda learner: _("active") if learner.is_active else _("inactive")),
    ]


def _feeds(one: Learner, other: Learner) -> dict[int, list[str]]:
    claims = Claim.objects.filter(organization_id=one.organization_id, learner_id__in=(one.id, other.id))
    named = dict(Feed.objects.filter(organization_id=one.organization_id).values_list("id", "name"))
    found: dict[int, list[str]] = {}
    for learner_id, feed_id in claims.order_by("feed_id").values_list("learner_id", "feed_id"):
        found.setdefault(learner_id, []).append(named[feed_id])
    return found


def _joined(names: Sequence[str]) -> str | None:
    return ", ".join(names) or None
