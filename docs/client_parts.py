"""The generated parts of the pages on sources and mapping."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from orgsync.client.mapping.catalogue import RULE_KEYS, TESTS, Role
from orgsync.client.mapping.hrisnames import NAMES
from orgsync.client.sources.catalogue import SOURCES, SourceKind
from orgsync.client.sources.options import Option, OptionKind

_KINDS: Final = {OptionKind.HIDDEN: "secret"}


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def sources() -> str:
    """Return a section for each kind of source."""
    return "\n\n".join(map(_source, SOURCES))


def _source(source: SourceKind) -> str:
    extras = " or ".join(f"`{extra}`" for extra in source.extras)
    needs = f" Needs the extra {extras}, depending on what is read." if len(source.extras) > 1 else ""
    needs = needs or (f" Needs the extra {extras}." if extras else "")
    tables = [_options(source.options)]
    tables += [
        f"In `[source.{option.name}]`:\n\n{_options(option.options)}" for option in source.options if option.options
    ]
    return "\n\n".join([f"### {source.name}", source.help + needs, *tables])


def _options(options: Sequence[Option]) -> str:
    head = ("key", "what it is", "kind", "without it")
    return _table(head, map(_option, options))


def _option(option: Option) -> tuple[str, ...]:
    kind = " or ".join(f"`{choice}`" for choice in option.choices) or _KINDS.get(option.kind, option.kind.value)
    missing = "**needed**" if option.is_required else _shown(option.default)
    return f"`{option.name}`", option.help, kind, missing


def _shown(default: object) -> str:
    if default is None:
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def rule_keys() -> str:
    """Return a table for each role that a key of a rule can have."""
    parts = []
    for role in Role:
        rows = [(f"`{key.name}`", key.help, f"`{key.example}`") for key in RULE_KEYS if key.role is role]
        parts.append(
            f"**{role.value[0].upper()}{role.value[1:]}**\n\n{_table(('key', 'what it does', 'example'), rows)}"
        )
    return "\n\n".join(parts)


def condition_tests() -> str:
    return _table(
        ("test", "holds when", "example"), [(f"`{test.name}`", test.help, f"`{test.example}`") for test in TESTS]
    )


def known_systems() -> str:
    """Return which systems and languages `orgsync map --suggest` knows names of."""
    systems = sorted({system for names in NAMES.values() for system in names})
    return ", ".join(systems) + "."


SECTIONS: Final[dict[str, Callable[[], str]]] = {
    "sources": sources,
    "mapping-rules": rule_keys,
    "mapping-conditions": condition_tests,
    "mapping-systems": known_systems,
}
