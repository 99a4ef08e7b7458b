"""The one catalogue of what a rule of the mapping may say, from which check, help and reference page are made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a key of a rule does; a rule has exactly one key that says where its value comes from."""

    ORIGIN = "where the value comes from"
    DETAIL = "belongs to another key"
    STEP = "what is done with it, in this order"
    ANSWER = "what stands there at the end"


@dataclass(frozen=True, slots=True)
class RuleKey:
    """One key of a rule."""

    name: str
    role: Role
    help: str
    example: str


RULE_KEYS: Final[tuple[RuleKey, ...]] = (
    RuleKey("column", Role.ORIGIN, "The column of the source with this header.", 'column = "Work Email"'),
    RuleKey("first_of", Role.ORIGIN, "The first of several columns that is not blank.", 'first_of = ["Nick", "First"]'),
    RuleKey("value", Role.ORIGIN, "The same text in every row.", 'value = "active"'),
    RuleKey("join", Role.ORIGIN, "Several columns, blank ones left out.", 'join = ["Team", "Office"]'),
    RuleKey("with", Role.DETAIL, "What stands between the parts of `join`; without it one blank.", 'with = ", "'),
    RuleKey(
        "template",
        Role.ORIGIN,
        "A text with columns in braces; blank in rows in which one of them is.",
        'template = "{First}.{Last}@example.com"',
    ),
    RuleKey(
        "choose",
        Role.ORIGIN,
        "The first of several rules whose `when` holds.",
        'choose = [{ when = { column = "Grade", is = "C1" }, value = "Executive" }, { value = "Staff" }]',
    ),
    RuleKey(
        "jsonata",
        Role.ORIGIN,
        "A JSONata expression over the `columns` named beside it; needs the extra `map`.",
        "jsonata = \"$uppercase(Last) & ', ' & First\"",
    ),
    RuleKey("columns", Role.DETAIL, "The columns that the JSONata expression sees.", 'columns = ["First", "Last"]'),
    RuleKey(
        "extract",
        Role.STEP,
        "The first group of a regular expression; blank where it does not fit.",
        "extract = '(\\d+)$'",
    ),
    RuleKey("split", Role.STEP, "Cut the value at this text and keep one `part`.", 'split = ","'),
    RuleKey("part", Role.DETAIL, "Which part to keep: 1 is the first, -1 the last.", "part = -1"),
    RuleKey("replace", Role.STEP, "Replace texts by others wherever they stand.", 'replace = { "ß" = "ss" }'),
    RuleKey("case", Role.STEP, "`lower`, `upper` or `title`.", 'case = "lower"'),
    RuleKey(
        "date",
        Role.STEP,
        "How the source writes the date, one format or several; the result is ISO. A cell that fits none is an error.",
        'date = ["%d.%m.%Y", "%d.%m.%y"]',
    ),
    RuleKey(
        "lookup",
        Role.STEP,
        "The value that a table of `[mapping.lookups]`, or one written here, has for this one.",
        'lookup = { Germany = "DE", France = "FR" }',
    ),
    RuleKey(
        "unknown",
        Role.DETAIL,
        "What a value becomes that the look-up table lacks: `error` (also without this key), `keep`, or `blank`.",
        'unknown = "keep"',
    ),
    RuleKey("prefix", Role.STEP, "Put this in front of a value that is not blank.", 'prefix = "E-"'),
    RuleKey("suffix", Role.STEP, "Put this behind a value that is not blank.", 'suffix = "@example.com"'),
    RuleKey(
        "when", Role.ANSWER, "Do all of this only where a condition holds.", 'when = { column = "Type", is = "Staff" }'
    ),
    RuleKey(
        "otherwise",
        Role.ANSWER,
        "The text where `when` does not hold; without it the cell is blank.",
        'otherwise = "inactive"',
    ),
    RuleKey("default", Role.ANSWER, "The text where the value is blank.", 'default = "Unknown"'),
    RuleKey("required", Role.ANSWER, "A blank result is an error.", "required = true"),
)

ORIGINS: Final = tuple(key.name for key in RULE_KEYS if key.role is Role.ORIGIN)
KNOWN_KEYS: Final = tuple(key.name for key in RULE_KEYS)


@dataclass(frozen=True, slots=True)
class Test:
    """One way to judge a cell in a condition."""

    name: str
    help: str
    example: str


TESTS: Final[tuple[Test, ...]] = (
    Test("is", "The cell is this text.", 'is = "Active"'),
    Test("is_not", "The cell is not this text.", 'is_not = "Terminated"'),
    Test("one_of", "The cell is one of these texts.", 'one_of = ["Active", "On leave"]'),
    Test("none_of", "The cell is none of these texts.", 'none_of = ["Contractor", "Intern"]'),
    Test("blank", "Whether the cell is blank.", "blank = false"),
    Test("contains", "The cell holds this text.", 'contains = "Sales"'),
    Test("starts_with", "The cell starts with this text.", 'starts_with = "E"'),
    Test("ends_with", "The cell ends with this text.", 'ends_with = "@example.com"'),
    Test("matches", "A regular expression fits somewhere in the cell.", "matches = '^\\d{6}$'"),
    Test(
        "before",
        "The cell is a date before this one, or before `today`; `date` says how it is written.",
        'before = "today"',
    ),
    Test("after", "The cell is a date after this one, or after `today`.", 'after = "2024-12-31"'),
)
TEST_NAMES: Final = tuple(test.name for test in TESTS)
