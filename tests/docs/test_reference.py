"""The reference pages say what the code says: nothing out of date, nothing left out, no link to nowhere."""

import re
from pathlib import Path

import pytest

from docs import generate, issue_use
from orgsync.core.columns import COLUMNS, Column
from orgsync.core.guards import GUARDS
from orgsync.core.issues import ISSUE_KINDS, IssueKind

DOCS = Path(generate.__file__).parent
ROOT = DOCS.parent
SOURCE = ROOT / "src"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
VARIABLES = sorted(
    {
        name
        for module in SOURCE.rglob("*.py")
        for name in re.findall(r"\bORGSYNC_[A-Z]+(?:_[A-Z]+)*\b", module.read_text(encoding="utf-8"))
    }
)
COMMANDS = [path for path, _ in generate.walk_commands()]


def reference(name: str) -> str:
    return (generate.REFERENCE / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", generate.pages(), ids=lambda page: page.name)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    """A page is as `make docs` would write it now."""
    text = page.read_text(encoding="utf-8")

    assert generate.rendered(text) == text


def test_every_generated_part_stands_on_a_page() -> None:
    """No table is made for nobody."""
    named = {mark["name"] for page in generate.pages() for mark in generate.MARK.finditer(page.read_text("utf-8"))}

    assert named == generate.SECTIONS.keys()


@pytest.mark.parametrize("kind", ISSUE_KINDS, ids=lambda kind: kind.code)
def test_issue_is_documented(kind: IssueKind) -> None:
    """Every code can be looked up."""
    assert f"`{kind.code}`" in reference("issue-codes.md")


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_column_is_documented_with_its_aliases(column: Column) -> None:
    """Every header that is understood is named."""
    missing = [name for name in (column.name, *column.aliases) if f"`{name}`" not in reference("csv.md")]

    assert missing == []


@pytest.mark.parametrize("code", [guard.code for guard in GUARDS])
def test_guard_is_documented(code: str) -> None:
    """Every reason to hold by a guard can be looked up."""
    assert f"| `{code}` |" in reference("guards.md")


@pytest.mark.parametrize("variable", VARIABLES)
def test_environment_variable_is_documented(variable: str) -> None:
    """Every variable that the code reads has a row of its own."""
    assert f"| `{variable}` |" in reference("environment.md")


def test_no_variable_is_documented_that_nothing_reads() -> None:
    """A row of the page is true."""
    documented = set(re.findall(r"\| `(ORGSYNC_[A-Z_]+)` \|", reference("environment.md")))

    assert documented <= {*VARIABLES, *(f"{name}_FILE" for name in VARIABLES)}


@pytest.mark.parametrize("path", COMMANDS)
def test_command_is_documented(path: str) -> None:
    """Every command and subcommand has its help on the page."""
    assert f"## {path}\n" in reference("cli.md")


def test_reserved_codes_are_those_that_nothing_reports() -> None:
    """A catalogue entry that no module names is called reserved, and no other one."""
    lines = reference("issue-codes.md").splitlines()
    reserved = {line.split("`")[1] for line in lines if "(reserved: nothing reports it yet)" in line}

    assert reserved == {kind.code for kind in ISSUE_KINDS} - issue_use.codes_in_use()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """A link to another file of the repository, or to a heading in it, is not broken."""
    text = page.read_text(encoding="utf-8")
    broken = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not leads_somewhere(page, link)]

    assert broken == []


def leads_somewhere(page: Path, link: str) -> bool:
    if "://" in link or link.startswith("mailto:"):
        return True
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """Return the anchors that headings get when the page is shown."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
