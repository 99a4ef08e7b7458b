"""Check a statement by the standard: xAPI 1.0.3, and what 2.0 (IEEE 9274.1.1) adds to it."""

import re
from typing import Any, Final

from orgsync.core.xapi import shapes
from orgsync.core.xapi.shapes import StatementRefused, fields, list_of

VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
MAILBOX: Final = re.compile(r"mailto:[^@\s]+@[^@\s]+")
IDENTIFIERS: Final = ("mbox", "mbox_sha1sum", "openid", "account")
_SHA1: Final = re.compile(r"[0-9a-fA-F]{40}", re.ASCII)
_VERSION: Final = re.compile(r"(1\.0(\.\d+)?|2\.0(\.\d+)?)", re.ASCII)
_INTERACTIONS: Final = (
    *("true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert"),
    *("numeric", "other"),
)


def check_statement(statement: Any, place: str = "statement") -> None:
    """Raise StatementRefused when a statement is not well-formed; it is not changed."""
    fields(statement, place, _STATEMENT, required=("actor", "verb", "object"))
    if statement["verb"]["id"] == VOIDED and _type_of(statement["object"]) != "StatementRef":
        raise StatementRefused(f"{place}.object", "of a voiding statement must be a StatementRef.")
    _check_context_fits(statement, place)


def check_agent(value: Any, place: str) -> None:
    """Check a person who is named by exactly one identifier."""
    fields(value, place, {**_NAMING, "objectType": shapes.one_of("Agent")})
    _check_identifiers(value, place, least=1)


def check_actor(value: Any, place: str) -> None:
    (_check_group if isinstance(value, dict) and value.get("objectType") == "Group" else check_agent)(value, place)


def check_activity(value: Any, place: str) -> None:
    known = {"objectType": shapes.one_of("Activity"), "id": shapes.iri, "definition": _check_definition}
    fields(value, place, known, required=("id",))


def _check_group(value: Any, place: str) -> None:
    members = list_of(check_agent)
    fields(value, place, {**_NAMING, "objectType": shapes.one_of("Group"), "member": members}, required=("objectType",))
    _check_identifiers(value, place, least=0)
    if not any(name in value for name in IDENTIFIERS) and "member" not in value:
        raise StatementRefused(place, "needs an identifier or members.")


def _check_identifiers(value: dict[str, Any], place: str, *, least: int) -> None:
    count = sum(name in value for name in IDENTIFIERS)
    if not least <= count <= 1:
        raise StatementRefused(place, f"needs {'exactly' if least else 'at most'} one of {', '.join(IDENTIFIERS)}.")


def _mailbox(value: Any, place: str) -> None:
    if not (isinstance(value, str) and MAILBOX.fullmatch(value)):
        raise StatementRefused(place, "must be mailto: and an address.")


def _sha1(value: Any, place: str) -> None:
    if not (isinstance(value, str) and _SHA1.fullmatch(value)):
        raise StatementRefused(place, "must be 40 hexadecimal digits.")


def _account(value: Any, place: str) -> None:
    fields(value, place, {"homePage": shapes.iri, "name": shapes.text}, required=("homePage", "name"))


def _verb(value: Any, place: str) -> None:
    fields(value, place, {"id": shapes.iri, "display": shapes.language_map}, required=("id",))


def _check_definition(value: Any, place: str) -> None:
    component = list_of(_component)
    known = {
        "name": shapes.language_map,
        "description": shapes.language_map,
        "type": shapes.iri,
        "moreInfo": shapes.iri,
        "interactionType": shapes.one_of(*_INTERACTIONS),
        "correctResponsesPattern": list_of(shapes.text),
        **dict.fromkeys(("choices", "scale", "source", "target", "steps"), component),
        "extensions": shapes.extensions,
    }
    fields(value, place, known)
    of_interactions = known.keys() - {"name", "description", "type", "moreInfo", "interactionType", "extensions"}
    if "interactionType" not in value and of_interactions & value.keys():
        raise StatementRefused(f"{place}.interactionType", "is missing.")


def _component(value: Any, place: str) -> None:
    fields(value, place, {"id": shapes.text, "description": shapes.language_map}, required=("id",))


def _reference(value: Any, place: str) -> None:
    known = {"objectType": shapes.one_of("StatementRef"), "id": shapes.identifier}
    fields(value, place, known, required=("objectType", "id"))


def _sub_statement(value: Any, place: str) -> None:
    fields(value, place, _SUB_STATEMENT, required=("actor", "verb", "object"))
    _check_context_fits(value, place)


def _object(value: Any, place: str) -> None:
    _KINDS.get(_type_of(value), _unknown_object)(value, place)


def _object_of_sub(value: Any, place: str) -> None:
    if _type_of(value) == "SubStatement":
        raise StatementRefused(place, "of a SubStatement must not be a SubStatement.")
    _object(value, place)


def _unknown_object(value: Any, place: str) -> None:  # noqa: ARG001  one shape for all of them
    raise StatementRefused(f"{place}.objectType", f"must be one of {', '.join(_KINDS)}.")


def _type_of(value: Any) -> str:
    found = value.get("objectType", "Activity") if isinstance(value, dict) else "Activity"
    return found if isinstance(found, str) else ""


def _score(value: Any, place: str) -> None:
    fields(value, place, dict.fromkeys(("scaled", "raw", "min", "max"), shapes.number))
    least, most = value.get("min", float("-inf")), value.get("max", float("inf"))
    if not -1 <= value.get("scaled", 0) <= 1:
        raise StatementRefused(f"{place}.scaled", "must be between -1 and 1.")
    if least >= most:
        raise StatementRefused(f"{place}.min", "must be less than max.")
    if "raw" in value and not least <= value["raw"] <= most:
        raise StatementRefused(f"{place}.raw", "must be between min and max.")


def _result(value: Any, place: str) -> None:
    known = {
        "score": _score,
        "success": shapes.flag,
        "completion": shapes.flag,
        "response": shapes.text,
        "duration": shapes.duration,
        "extensions": shapes.extensions,
    }
    fields(value, place, known)


def _context(value: Any, place: str) -> None:
    fields(value, place, _CONTEXT)


def _context_activities(value: Any, place: str) -> None:
    fields(value, place, dict.fromkeys(("parent", "grouping", "category", "other"), _one_or_more_activities))


def _one_or_more_activities(value: Any, place: str) -> None:
    (list_of(check_activity) if isinstance(value, list) else check_activity)(value, place)


def _context_agent(value: Any, place: str) -> None:
    known = {
        "objectType": shapes.one_of("contextAgent"),
        "agent": check_agent,
        "relevantTypes": list_of(shapes.iri, least=1),
    }
    fields(value, place, known, required=("agent",))


def _context_group(value: Any, place: str) -> None:
    known = {
        "objectType": shapes.one_of("contextGroup"),
        "group": _check_group,
        "relevantTypes": list_of(shapes.iri, least=1),
    }
    fields(value, place, known, required=("group",))


def _attachment(value: Any, place: str) -> None:
    known = {
        "usageType": shapes.iri,
        "display": shapes.language_map,
        "description": shapes.language_map,
        "contentType": shapes.text,
        "length": shapes.whole_number,
        "sha2": shapes.text,
        "fileUrl": shapes.iri,
    }
    fields(value, place, known, required=("usageType", "display", "contentType", "length", "sha2"))


def _authority(value: Any, place: str) -> None:
    check_actor(value, place)
    if value.get("objectType") == "Group" and (len(value.get("member", ())) != 2 or set(IDENTIFIERS) & value.keys()):
        raise StatementRefused(place, "as a group must be two members without an identifier.")


def _version(value: Any, place: str) -> None:
    if not (isinstance(value, str) and _VERSION.fullmatch(value)):
        raise StatementRefused(place, "must be 1.0.x or 2.0.x.")


def _check_context_fits(statement: dict[str, Any], place: str) -> None:
    of_activities = {"revision", "platform"} & statement.get("context", {}).keys()
    if of_activities and _type_of(statement["object"]) != "Activity":
        raise StatementRefused(f"{place}.context.{min(of_activities)}", "is for activities only.")


_NAMING: Final = {
    "name": shapes.text,
    "mbox": _mailbox,
    "mbox_sha1sum": _sha1,
    "openid": shapes.iri,
    "account": _account,
}
_KINDS: Final = {
    "Activity": check_activity,
    "Agent": check_agent,
    "Group": _check_group,
    "StatementRef": _reference,
    "SubStatement": _sub_statement,
}
_CONTEXT: Final = {
    "registration": shapes.identifier,
    "instructor": check_actor,
    "team": _check_group,
    "contextActivities": _context_activities,
    "contextAgents": list_of(_context_agent),
    "contextGroups": list_of(_context_group),
    "revision": shapes.text,
    "platform": shapes.text,
    "language": shapes.language,
    "statement": _reference,
    "extensions": shapes.extensions,
}
_SUB_STATEMENT: Final = {
    "objectType": shapes.one_of("SubStatement"),
    "actor": check_actor,
    "verb": _verb,
    "object": _object_of_sub,
    "result": _result,
    "context": _context,
    "timestamp": shapes.moment,
    "attachments": list_of(_attachment),
}
_STATEMENT: Final = {
    "id": shapes.identifier,
    "actor": check_actor,
    "verb": _verb,
    "object": _object,
    "result": _result,
    "context": _context,
    "timestamp": shapes.moment,
    "stored": shapes.moment,
    "authority": _authority,
    "version": _version,
    "attachments": list_of(_attachment),
}
