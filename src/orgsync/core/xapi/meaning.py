"""What a well-formed statement tells of learning: who, what, and how far."""

import math
from dataclasses import dataclass
from typing import Any, Final

from orgsync.core.normalize import fold_key
from orgsync.core.xapi.checking import IDENTIFIERS
from orgsync.core.xapi.shapes import read_duration

_ADL: Final = "http://adlnet.gov/expapi/verbs/"
_STREAM: Final = "http://activitystrea.ms/schema/1.0/"
_SHORT_STREAM: Final = "http://activitystrea.ms/"
_VIDEO: Final = "https://w3id.org/xapi/video/verbs/"
VERBS: Final[dict[str, str]] = {
    **{f"{_ADL}{verb}": "viewed" for verb in ("experienced", "launched", "initialized", "attempted")},
    **{f"{_VIDEO}{verb}": "viewed" for verb in ("played", "initialized")},
    **{f"{stream}{verb}": "viewed" for stream in (_STREAM, _SHORT_STREAM) for verb in ("consume", "watch", "read")},
    "http://id.tincanapi.com/verb/viewed": "viewed",
    f"{_ADL}progressed": "progressed",
    f"{_ADL}completed": "completed",
    **{f"{stream}complete": "completed" for stream in (_STREAM, _SHORT_STREAM)},
    f"{_ADL}liked": "liked",
    **{f"{stream}{verb}": "liked" for stream in (_STREAM, _SHORT_STREAM) for verb in ("like", "favorite")},
    **{f"{stream}{verb}": "unliked" for stream in (_STREAM, _SHORT_STREAM) for verb in ("unlike", "unfavorite")},
    f"{_ADL}shared": "shared",
    **{f"{stream}share": "shared" for stream in (_STREAM, _SHORT_STREAM)},
}
"""Verb of a statement → what we count. Any other verb is kept and not counted."""
PERCENT: Final = "https://w3id.org/xapi/cmi5/result/extensions/progress"
SHARE: Final = "https://w3id.org/xapi/video/extensions/progress"
"""Extensions of a result that say how far a person is: from 0 to 100, and from 0 to 1."""
_MOST_SECONDS: Final = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Told:
    """What a statement tells that can be counted."""

    verb: str
    activity: str
    """The IRI that is the content's key."""
    title: str
    """As the definition gives it; empty without one."""
    seconds: int
    """How long it took; a month at most, so that a broken clock counts for little."""
    percent: int | None


def told_by(statement: dict[str, Any]) -> Told | None:
    """Return what a checked statement tells; None where we count nothing of it."""
    verb, thing, result = VERBS.get(statement["verb"]["id"]), statement["object"], statement.get("result", {})
    if verb is None or thing.get("objectType", "Activity") != "Activity":
        return None
    if result.get("completion") is True and verb in {"viewed", "progressed"}:
        verb = "completed"
    seconds = read_duration(result["duration"], "result.duration") if "duration" in result else 0
    names = thing.get("definition", {}).get("name", {})
    title = next((names[tag] for tag in ("en-US", "en", "und") if tag in names), next(iter(names.values()), ""))
    counts_time = verb in {"viewed", "progressed", "completed"}
    return Told(
        verb=verb,
        activity=thing["id"],
        title=" ".join(title.split()),
        seconds=min(round(seconds), _MOST_SECONDS) if counts_time else 0,
        percent=_percent(result.get("extensions", {})),
    )


def actor_key(agent: dict[str, Any]) -> str:
    """Return the one text under which an agent is found again; empty for a group without an identifier."""
    name = next((name for name in IDENTIFIERS if name in agent), "")
    if not name:
        return ""
    value = agent[name]
    if name == "account":
        return f"account {value['homePage']} {value['name']}"
    return f"{name} {value if name == 'openid' else fold_key(value.removeprefix('mailto:'))}"


def person_key(agent: dict[str, Any]) -> str:
    """Return the folded address or the account name by which a person of the directory may be known; else empty."""
    if agent.get("objectType") == "Group":
        return ""
    if "mbox" in agent:
        return fold_key(agent["mbox"].removeprefix("mailto:"))
    return str(agent["account"]["name"]).strip() if "account" in agent else ""


def _percent(extensions: dict[str, Any]) -> int | None:
    found, factor = (extensions[PERCENT], 1) if PERCENT in extensions else (extensions.get(SHARE), 100)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        return None
    return max(0, min(100, round(found * factor)))
