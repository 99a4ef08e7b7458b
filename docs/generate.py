"""Write the generated parts of the reference pages: `python -m docs.generate`, run by `make docs`.

Prose is written by hand; what stands between two marks such as `<!-- generated: columns -->` and `<!-- end -->` is
made from the code's own catalogues and replaced as a whole.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from pathlib import Path
from typing import Final

import click

from docs import api_parts, client_parts, issue_use, page_calls
from orgsync.client.cli import CLIENT_COMMANDS, SERVER_COMMANDS, cli
from orgsync.client.exits import MEANINGS as EXIT_MEANINGS
from orgsync.client.exits import ExitCode
from orgsync.core.columns import COLUMNS, CellKind, Column, ColumnGroup
from orgsync.core.guards import GUARDS, Guard
from orgsync.core.issues import ISSUE_KINDS, IssueKind
from orgsync.core.model import Limits
from orgsync.server.audit.actions import MEANINGS, Action
from orgsync.server.hooks.events import MEANINGS as EVENT_MEANINGS
from orgsync.server.hooks.events import Event
from orgsync.server.orgs.catalogue import SECTIONS as PARTS
from orgsync.server.orgs.catalogue import Kind, Section, Setting, settings_in
from orgsync.server.orgs.rights import PERMISSIONS_OF_ROLE, RIGHTS, Permission, RightKind

REFERENCE: Final = Path(__file__).with_name("reference")
MARK: Final = re.compile(r"(<!-- generated: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
HELP_WIDTH: Final = 100
HELP_OPTIONS: Final = list(cli.context_settings["help_option_names"])


def main() -> None:
    """Bring every reference page up to date and say which ones changed."""
    for page in pages():
        old = page.read_text(encoding="utf-8")
        new = rendered(old)
        if new != old:
            page.write_text(new, encoding="utf-8")
            print(f"Wrote {page.name}.")


def pages() -> list[Path]:
    """Return the reference pages, generated or not."""
    return sorted(REFERENCE.glob("*.md"))


def rendered(text: str) -> str:
    """Return a page with its generated parts made anew; raise KeyError for a mark that nothing is known for."""
    return MARK.sub(lambda mark: f"{mark[1]}\n{SECTIONS[mark['name']]()}\n\n{mark[3]}", text)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    return "\n".join(map(_line, [head, ["---"] * len(head), *rows]))


def _line(cells: Sequence[str]) -> str:
    escaped = [cell.replace("|", "\\|") for cell in cells]
    return f"| {' | '.join(escaped)} |"


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def columns() -> str:
    """Return one table for each group of columns."""
    groups = [group for group in ColumnGroup if any(column.group is group for column in COLUMNS)]
    return "\n\n".join(f"### {group.value.capitalize()}\n\n{_columns_of(group)}" for group in groups)


def _columns_of(group: ColumnGroup) -> str:
    head = ("header", "what it is", "holds", "longest", "example")
    return table(head, [_column_row(column) for column in COLUMNS if column.group is group])


def _column_row(column: Column) -> tuple[str, ...]:
    names = " = ".join(code(name) for name in (column.name, *column.aliases))
    ours = " (ours: LinkedIn does not know this header)" if column.is_ours else ""
    has_limit = column.kind is not CellKind.IGNORED and not column.choices
    longest = f"{column.max_length:,}" if has_limit else ""
    return names, column.help + ours, _holds(column), longest, code(column.example)


def _holds(column: Column) -> str:
    return " or ".join(map(code, column.choices)) if column.choices else column.kind.value


def limits() -> str:
    bounds = Limits()
    rows = (
        ("size of a file", f"{bounds.file_bytes:,} bytes"),
        ("data rows", f"{bounds.rows:,}"),
        ("columns", f"{bounds.columns:,}"),
        ("one cell", f"{bounds.cell_bytes:,} bytes"),
        ("custom attribute columns", f"{bounds.custom_attributes:,}"),
        ("unpacked : packed size of a gzip file", f"{bounds.unpacked_ratio:,} : 1"),
    )
    return table(("what", "at most"), rows)


def issues() -> str:
    """Return every issue kind in the order of the catalogue, errors and warnings alike."""
    return table(("code", "severity", "what it says", "what to do"), [_issue_row(kind) for kind in ISSUE_KINDS])


def _issue_row(kind: IssueKind) -> tuple[str, ...]:
    wording = re.sub(r"\{(\w+)\}", lambda field: f"*{field[1]}*", kind.wording)
    unused = "" if kind.code in issue_use.codes_in_use() else " (reserved: nothing reports it yet)"
    return code(kind.code), kind.severity.value.lower(), wording + unused, kind.mend


def guards() -> str:
    head = ("guard", "holds a job when", "more than", "and more than", "or more than")
    return table(head, [_guard_row(guard) for guard in GUARDS])


def _guard_row(guard: Guard) -> tuple[str, ...]:
    if not guard.has_limit:
        return code(guard.code), guard.meaning, "always", "", ""
    limit = guard.limit
    cap = "–" if limit.cap is None else f"{limit.cap:,}"
    return code(guard.code), guard.meaning, f"{limit.number:,}", f"{limit.percent:g} %", cap


def exit_codes() -> str:
    rows = [(str(int(code)), code.name, EXIT_MEANINGS[code]) for code in ExitCode]
    return table(("code", "name", "means"), rows)


def commands() -> str:
    """Return the help of every command, as the terminal shows it."""
    return "\n\n".join(_help_of(path, command) for path, command in walk_commands())


def walk_commands() -> list[tuple[str, click.Command]]:
    """Return each command of the client and the server with its full name, subcommands after their group."""
    context = click.Context(cli, info_name="orgsync")
    found: list[tuple[str, click.Command]] = [("orgsync", cli)]
    for name in (*CLIENT_COMMANDS, *SERVER_COMMANDS):
        command = cli.get_command(context, name)
        if command is None:
            raise click.UsageError(f"orgsync {name} cannot be loaded.")
        found.append((f"orgsync {name}", command))
        found += _walk_below(f"orgsync {name}", command)
    return found


def _walk_below(path: str, command: click.Command) -> list[tuple[str, click.Command]]:
    below = sorted(command.commands.items()) if isinstance(command, click.Group) else []
    return [line for name, one in below for line in [(f"{path} {name}", one), *_walk_below(f"{path} {name}", one)]]


def _help_of(path: str, command: click.Command) -> str:
    context = click.Context(
        command, info_name=path, max_content_width=HELP_WIDTH, terminal_width=HELP_WIDTH, help_option_names=HELP_OPTIONS
    )
    # click keeps the help option of the first call, whose names may have been other ones.
    fresh = copy(command)
    fresh._help_option = None  # noqa: SLF001
    lines = fresh.get_help(context).rstrip().splitlines()
    return "\n".join([f"## {path}", "", "```text", *(line.rstrip() for line in lines), "```"])


def audit_actions() -> str:
    """Return what the audit log records."""
    return table(("action", "what was done"), [(code(action.value), MEANINGS[action]) for action in Action])


def settings() -> str:
    """Return one table for each section of settings."""
    return "\n\n".join(f"### {title}\n\n{about}\n\n{_settings_of(one)}" for one, (title, about) in PARTS.items())


def _settings_of(section: Section) -> str:
    head = ("setting", "what it does", "holds", "comes as")
    return table(head, [_setting_row(setting) for setting in settings_in(section)])


def _setting_row(setting: Setting) -> tuple[str, ...]:
    label = f"{setting.label}<br>{code(setting.name)}"
    again = " Every row is compared anew after a change." if setting.reads_files else ""
    holds = f"{setting.kind.value}{f' of {setting.unit}' if setting.unit else ''}"
    return label, setting.help + again, holds, _as_it_comes(setting)


def _as_it_comes(setting: Setting) -> str:
    if isinstance(setting.default, bool):
        return "yes" if setting.default else "no"
    if setting.default is None:
        return "never" if setting.kind is Kind.NUMBER_OR_NEVER else ""
    return str(setting.default or "–")


def webhook_events() -> str:
    return table(("type", "what happened"), [(code(event.value), EVENT_MEANINGS[event]) for event in Event])


def roles() -> str:
    """Return what each role may do, and over whom."""
    given = {name: permissions for name, permissions in PERMISSIONS_OF_ROLE.items() if name != "sub_admin"}
    rows = [
        (permission.value, *("yes" if permission in permissions else "" for permissions in given.values()))
        for permission in Permission
    ]
    return table(("what", *(name.replace("_", "-") for name in given)), rows)


def rights() -> str:
    """Return what a sub-admin can be given."""
    head = ("right", "what it is for", "gives", "by the column", "can be limited to groups")
    return table(head, [_right_row(kind) for kind in RIGHTS.values()])


def _right_row(kind: RightKind) -> tuple[str, ...]:
    gives = ", ".join(permission.value for permission in Permission if permission in kind.permissions)
    return kind.label, kind.help, gives, code(kind.column), "yes" if kind.is_limitable else ""


SECTIONS: Final[dict[str, Callable[[], str]]] = {
    "columns": columns,
    "limits": limits,
    "issues": issues,
    "guards": guards,
    "exit-codes": exit_codes,
    "commands": commands,
    "audit-actions": audit_actions,
    **client_parts.SECTIONS,
    **api_parts.SECTIONS,
    **page_calls.SECTIONS,
    "roles": roles,
    "rights": rights,
    "settings": settings,
    "webhook-events": webhook_events,
}

if __name__ == "__main__":
    main()
