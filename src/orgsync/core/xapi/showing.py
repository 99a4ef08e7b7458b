"""The forms in which a stored statement is given back: as it is, in one language, or with no more than its ids."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from orgsync.core.xapi.checking import IDENTIFIERS

_ACTIVITIES: Final = ("parent", "grouping", "category", "other")
_COMPONENTS: Final = ("choices", "scale", "source", "target", "steps")
Change = Callable[[dict[str, Any]], dict[str, Any]]


def with_lists(statement: dict[str, Any]) -> dict[str, Any]:
    """Return a checked statement in which activities of the context are lists, also where only one came."""

    def listed(activities: Mapping[str, Any]) -> dict[str, Any]:
        return {name: one if isinstance(one, list) else [one] for name, one in activities.items()}

    found = dict(statement)
    if "contextActivities" in found.get("context", {}):
        found["context"] = found["context"] | {"contextActivities": listed(found["context"]["contextActivities"])}
    if found["object"].get("objectType") == "SubStatement":
        found["object"] = with_lists(found["object"])
    return found


def only_ids(statement: dict[str, Any]) -> dict[str, Any]:
    """Leave out of people, activities and verb what only describes them."""
    return _changed(statement, _bare_actor, _bare_activity, lambda verb: {"id": verb["id"]})


def in_one_language(statement: dict[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    """Leave one language in every language map: the first wanted one that it has, else the first that it has."""

    def one(texts: Mapping[str, str]) -> dict[str, str]:
        tag = next((known for asked in wanted for known in texts if _fits(known, asked)), next(iter(texts), None))
        return {} if tag is None else {tag: texts[tag]}

    def described(thing: dict[str, Any], *names: str) -> dict[str, Any]:
        return thing | {name: one(thing[name]) for name in names if name in thing}

    def activity(thing: dict[str, Any]) -> dict[str, Any]:
        if "definition" not in thing:
            return thing
        definition = described(thing["definition"], "name", "description")
        for name in _COMPONENTS:
            if name in definition:
                definition[name] = [described(part, "description") for part in definition[name]]
        return thing | {"definition": definition}

    return _changed(statement, lambda actor: actor, activity, lambda verb: described(verb, "display"))


def languages_in(header: str) -> list[str]:
    """Return the language tags of an Accept-Language header, the most wanted first."""
    weighed = []
    for part in header.split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighed.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(weighed, key=lambda pair: pair[0]) if tag and tag != "*"]


def _fits(known: str, asked: str) -> bool:
    return known.lower() == asked.lower() or known.lower().startswith(f"{asked.lower()}-")


def _bare_actor(actor: dict[str, Any]) -> dict[str, Any]:
    names = ("objectType", *IDENTIFIERS) if actor.get("objectType") == "Group" else IDENTIFIERS
    found = {name: actor[name] for name in names if name in actor}
    if "member" in actor and not found.keys() & set(IDENTIFIERS):
        found["member"] = [_bare_actor(one) for one in actor["member"]]
    return found


def _bare_activity(thing: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in thing.items() if name != "definition"}


def _changed(statement: dict[str, Any], actor: Change, activity: Change, verb: Change) -> dict[str, Any]:
    """Return the statement with its parts changed by kind, those of its context and of a statement inside it too."""
    thing, context = statement["object"], dict(statement.get("context", {}))
    match thing.get("objectType", "Activity"):
        case "Activity":
            thing = activity(thing)
        case "Agent":
            thing = actor(thing) | {"objectType": "Agent"}
        case "Group":
            thing = actor(thing)
        case "SubStatement":
            thing = _changed(thing, actor, activity, verb)
    found = statement | {"actor": actor(statement["actor"]), "verb": verb(statement["verb"]), "object": thing}
    context |= {name: actor(context[name]) for name in ("instructor", "team") if name in context}
    if "contextActivities" in context:
        lists = {name: context["contextActivities"].get(name) for name in _ACTIVITIES}
        context["contextActivities"] = {name: [activity(one) for one in some] for name, some in lists.items() if some}
    return found | ({"context": context} if context else {})
