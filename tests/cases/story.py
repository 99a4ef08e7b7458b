"""A case as its folder tells it: the directory before, the file, the settings, and what is expected."""

import csv
import io
import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent
TODAY: Final = date(2026, 3, 2)
REASONS: Final = {"file": 1, "hand": 2, "rule": 4, "scim": 8}
PLAN_HEADERS: Final = ("kind", "who", "target", "before", "after")

Json = dict[str, Any]
_MARKS: Final = ("is_admin", "is_protected", "overrides")


@dataclass(frozen=True)
class Case:
    """`before.json` and `upload.csv` of one folder.

    `before.json` may have `learners`, `groups`, `rule_groups`, `pools`, `permissions` (in the form of `State`), and:
    `rules` (of rule groups by name, as text),
    `assignments` by the title of what is assigned (`to`, `due`, `people`: see `state`),
    `organization`, `feed` (settings under the names of the models), `upload` (`mode`, `rows`, `dry_run`,
    `row_count`), `scopes` of the token, `attributes` (custom ones that nobody has), `week` (what the feed did
    yesterday: guard, target, count), `again` (why the file changes something when it comes a second time). Of people,
    `is_admin` and `is_protected` may be set, and `overrides` (attributes, `group:<name>`). With a `rank` above 0 the
    feed stands below the other one, whose settings are `other_feed`.
    """

    folder: Path
    before: Json
    upload: bytes

    @property
    def name(self) -> str:
        return self.folder.name

    def section(self, name: str) -> Json:
        return dict(self.before.get(name, {}))

    @property
    def people(self) -> list[Json]:
        return [dict(person) for person in self.before.get("learners", [])]

    def again(self, after: Json) -> Json:
        """Return a `before.json` for the same file once more, with the directory as it is afterwards."""
        settings = {name: self.section(name) for name in ("organization", "feed", "other_feed", "upload", "rules")}
        marks = [{name: person[name] for name in _MARKS if name in person} for person in self.people]
        people = after.get("learners", [])
        marked = [person | mark for person, mark in zip(people, marks + [{}] * len(people), strict=False)]
        custom = {name for person in [*self.people, *people] for name in person if name.startswith("attribute_")}
        kept = {"scopes": self.before.get("scopes", []), "attributes": sorted(custom)}
        stands = after.get("assignments", {})
        assigned = {
            title: {**one, "people": stands.get(title, {})} for title, one in self.section("assignments").items()
        }
        return settings | after | kept | {"learners": marked, "assignments": assigned}


@dataclass(frozen=True)
class Ending:
    """What became of a case, by whichever way it was run."""

    plan: list[tuple[str, ...]] = field(default_factory=list)
    """Lines of `PLAN_HEADERS`; an absent value is the empty text."""
    results: bytes = b""
    directory: Json = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    """Why it is held: `code: message`."""
    failed: str = ""
    """Code of why nothing was applied."""
    messages: list[str] = field(default_factory=list)
    """What is said of the file as a whole: `LEVEL code column`."""
    counts: Json = field(default_factory=dict)


def all_cases() -> list[str]:
    return sorted(path.parent.name for path in FOLDER.glob("*/before.json"))


def read_case(name: str) -> Case:
    folder = FOLDER / name
    return Case(folder, json.loads((folder / "before.json").read_text("utf-8")), (folder / "upload.csv").read_bytes())


def read_expected(case: Case) -> Ending:
    """Read what a person has accepted; counts are not written down, they follow from the results."""
    return Ending(
        plan=[tuple(line) for line in csv.reader(io.StringIO(_text(case, "plan.csv"), newline=""))][1:],
        results=_bytes(case, "results.csv"),
        directory=json.loads(_text(case, "directory.json")),
        held=_text(case, "held.txt").splitlines(),
        failed=_text(case, "failed.txt").strip(),
        messages=_text(case, "messages.txt").splitlines(),
    )


def write_expected(case: Case, ending: Ending) -> None:
    """Write the expected files; those that would be empty are removed."""
    plan = io.StringIO()
    csv.writer(plan, lineterminator="\n").writerows([PLAN_HEADERS, *ending.plan])
    files = {
        "plan.csv": plan.getvalue().encode() if ending.plan else b"",
        "results.csv": ending.results,
        "directory.json": (json.dumps(ending.directory, indent=1, ensure_ascii=False) + "\n").encode(),
        "held.txt": _lines(ending.held),
        "failed.txt": _lines([ending.failed] if ending.failed else []),
        "messages.txt": _lines(ending.messages),
    }
    for name, content in files.items():
        if content:
            (case.folder / name).write_bytes(content)
        else:
            (case.folder / name).unlink(missing_ok=True)


def plan_lines(plan: Any) -> list[tuple[str, ...]]:
    """Turn a stored plan (`PLAN_SCHEMA`) into lines of `PLAN_HEADERS`; creations show only values that are there."""
    columns = plan.select("kind", "email", "target", "before", "after").rows()
    return [
        (kind, *("" if cell is None else cell for cell in (who, target, before, _known(kind, after))))
        for kind, who, target, before, after in columns
    ]


def file_messages(issues: list[Json]) -> list[str]:
    """Return `LEVEL code column` of the wire's messages on the file as a whole, reasons to hold left out."""
    of_file = [issue for issue in issues if issue["row"] is None or (issue["row"] == 1 and issue["column"])]
    told = [issue for issue in of_file if not issue["message"].startswith("Held: ")]
    return [" ".join(filter(None, (issue["level"], issue["code"], issue["column"]))) for issue in told]


def _known(kind: str, after: str | None) -> str | None:
    if kind != "created" or after is None:
        return after
    return json.dumps(
        {name: value for name, value in json.loads(after).items() if value is not None}, ensure_ascii=False
    )


def _text(case: Case, name: str) -> str:
    return _bytes(case, name).decode()


def _bytes(case: Case, name: str) -> bytes:
    path = case.folder / name
    return path.read_bytes() if path.exists() else b""


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
