"""One rule of a mapping: how a column of the file is made from columns of the source."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from orgsync.client.mapping import steps
from orgsync.client.mapping.catalogue import KNOWN_KEYS, ORIGINS
from orgsync.client.mapping.conditions import compiled
from orgsync.client.mapping.conditions import named_columns as condition_columns
from orgsync.client.mapping.expressions import Expression
from orgsync.client.mapping.headers import SourceColumns
from orgsync.client.mapping.lookups import Lookups
from orgsync.client.mapping.origins import chosen_texts, filled_template, template_columns
from orgsync.client.mapping.problems import BadMapping

BLANK: Final = pl.lit("")


@dataclass(frozen=True, slots=True)
class Check:
    """What can go wrong with a rule in a row: `fails` says where, `cell` shows what was there."""

    rule: str
    message: str
    fails: pl.Expr
    cell: pl.Expr = BLANK


@dataclass(slots=True)
class Compiled:
    """A rule over the rows of one source."""

    value: pl.Expr
    checks: list[Check] = field(default_factory=list)


@dataclass(slots=True)
class Compiler:
    """Turns rules into expressions over one source.

    `expressions` collects the JSONata of all rules; each one's answers have to stand in the frame under its name,
    with `<name>_failed` beside it, when the rules are evaluated.
    """

    columns: SourceColumns
    lookups: Lookups
    expressions: dict[str, Expression] = field(default_factory=dict)

    def compile(self, rule: Any, *, where: str) -> Compiled:
        """Return what a rule means; a text is short for the column of that name. Raise BadMapping otherwise."""
        if isinstance(rule, str):
            rule = {"column": rule}
        _check_keys(rule, where)
        made = self._with_steps(self._origin(rule, where), rule, where)
        if "default" in rule:
            made.value = pl.when(made.value == "").then(pl.lit(_text(rule["default"], where))).otherwise(made.value)
        if "when" in rule:
            made = self._only_when(made, rule, where)
        if rule.get("required"):
            made.checks.append(
                Check("required", "nothing is there, and the rule requires something.", made.value == "")
            )
        return made

    def _origin(self, rule: Mapping[str, Any], where: str) -> Compiled:
        name = next(key for key in ORIGINS if key in rule)
        makers: dict[str, Callable[[Any, Mapping[str, Any], str], Compiled]] = {
            "column": lambda named, _, place: Compiled(self.columns.cell(_text(named, place), where=place)),
            "value": lambda text, _, place: Compiled(pl.lit(_text(text, place))),
            "first_of": self._first_of,
            "join": self._joined,
            "template": self._template,
            "choose": self._chosen,
            "jsonata": self._jsonata,
        }
        return makers[name](rule[name], rule, where)

    def _first_of(self, named: Any, _: Mapping[str, Any], where: str) -> Compiled:
        cells = self._cells(named, where, "first_of")
        return Compiled(pl.coalesce(*(pl.when(cell != "").then(cell) for cell in cells), BLANK))

    def _joined(self, named: Any, rule: Mapping[str, Any], where: str) -> Compiled:
        cells = self._cells(named, where, "join")
        parts = [pl.when(cell != "").then(cell) for cell in cells]
        return Compiled(pl.concat_str(*parts, separator=_text(rule.get("with", " "), where), ignore_nulls=True))

    def _template(self, text: Any, _: Mapping[str, Any], where: str) -> Compiled:
        return Compiled(filled_template(_text(text, where), self.columns, where=where))

    def _chosen(self, rules: Any, _: Mapping[str, Any], where: str) -> Compiled:
        """Return the first rule whose `when` holds; a rule without one always does."""
        made = Compiled(BLANK)
        is_open: pl.Expr = pl.lit(value=True)
        cases: list[tuple[pl.Expr, pl.Expr]] = []
        for place, rule in enumerate(chosen_texts(rules, where), 1):
            at = f"{where}.choose[{place}]"
            condition = compiled(rule["when"], self.columns, where=at) if "when" in rule else pl.lit(value=True)
            holds = is_open & condition
            inner = self.compile({key: value for key, value in rule.items() if key != "when"}, where=at)
            cases.append((holds, inner.value))
            made.checks += [Check(c.rule, c.message, holds & c.fails, c.cell) for c in inner.checks]
            is_open &= ~condition
        made.value = pl.coalesce(*(pl.when(holds).then(value) for holds, value in cases), BLANK)
        return made

    def _jsonata(self, text: Any, rule: Mapping[str, Any], where: str) -> Compiled:
        named = rule.get("columns")
        if not isinstance(named, list) or not named:
            raise BadMapping(where, 'jsonata needs columns, the list of those it sees: columns = ["First", "Last"].')
        inputs = {str(header): self.columns.name(str(header), where=where) for header in named}
        expression = Expression(_text(text, where), inputs, where)
        expression.check()
        name = f"jsonata{len(self.expressions)}"
        self.expressions[name] = expression
        message = "the expression broke off in this row."
        return Compiled(pl.col(name), [Check("jsonata", message, pl.col(f"{name}_failed"))])

    def _cells(self, named: Any, where: str, key: str) -> list[pl.Expr]:
        if not isinstance(named, list) or not named:
            raise BadMapping(where, f"{key} is a list of columns.")
        return [self.columns.cell(str(header), where=where) for header in named]

    def _with_steps(self, made: Compiled, rule: Mapping[str, Any], where: str) -> Compiled:
        value = made.value
        if "extract" in rule:
            value = steps.extracted(value, rule["extract"], where=where)
        if "split" in rule:
            value = steps.part_of(value, rule["split"], rule.get("part"), where=where)
        if "replace" in rule:
            value = steps.replaced(value, rule["replace"], where=where)
        if "case" in rule:
            value = steps.cased(value, rule["case"], where=where)
        made.value = value
        if "date" in rule:
            _as_date(made, rule["date"], where)
        if "lookup" in rule:
            self._look_up(made, rule, where)
        made.value = steps.around(made.value, prefix=rule.get("prefix", ""), suffix=rule.get("suffix", ""))
        return made

    def _look_up(self, made: Compiled, rule: Mapping[str, Any], where: str) -> None:
        table = self.lookups.table(rule["lookup"], where=where)
        unknown = rule.get("unknown", "error")
        if unknown not in {"error", "keep", "blank"}:
            raise BadMapping(where, "unknown can be error, keep or blank.")
        before = made.value
        # Keys are compared without regard to case: the same list is typed by hand on both sides.
        key = before.str.to_lowercase()
        found = key.replace_strict(list(table), list(table.values()), default=None, return_dtype=pl.String)
        made.value = pl.coalesce(found, before if unknown == "keep" else BLANK)
        if unknown == "error":
            is_missing = (before != "") & ~key.is_in(list(table))
            made.checks.append(Check("lookup", "the look-up table does not have the value.", is_missing, before))

    def _only_when(self, made: Compiled, rule: Mapping[str, Any], where: str) -> Compiled:
        holds = compiled(rule["when"], self.columns, where=f"{where}.when")
        otherwise = pl.lit(_text(rule.get("otherwise", ""), where))
        checks = [Check(check.rule, check.message, holds & check.fails, check.cell) for check in made.checks]
        return Compiled(pl.when(holds).then(made.value).otherwise(otherwise), checks)


def _as_date(made: Compiled, formats: Any, where: str) -> None:
    checked = steps.check_formats(formats, where=where)
    before, dates = made.value, steps.date_cells(made.value, checked)
    made.value = dates.fill_null("")
    written = ", ".join(checked) or "YYYY-MM-DD"
    made.checks.append(
        Check("date", f"the cell is no date written as {written}.", (before != "") & dates.is_null(), before)
    )


def _check_keys(rule: Any, where: str) -> None:
    if not isinstance(rule, Mapping):
        raise BadMapping(where, 'a rule is the header of a column, or a table such as { column = "Work Email" }.')
    for problem in _key_problems(rule):
        raise BadMapping(where, problem)


def _key_problems(rule: Mapping[str, Any]) -> Iterator[str]:
    for key in rule:
        if key not in KNOWN_KEYS:
            yield f"{key} is nothing a rule can say. It can say: {', '.join(KNOWN_KEYS)}."
    origins = [key for key in ORIGINS if key in rule]
    if len(origins) != 1:
        yield f"a rule says once where its value comes from: {', '.join(ORIGINS)}."
    needs = {"with": "join", "columns": "jsonata", "part": "split", "unknown": "lookup", "otherwise": "when"}
    for key, other in needs.items():
        if key in rule and other not in rule:
            yield f"{key} means nothing without {other}."


def _text(value: Any, where: str) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if not isinstance(value, (str, int)):
        raise BadMapping(where, f"{value!r} has to be a text.")
    return str(value)


def named_columns(rule: Any) -> Iterator[str]:
    """Yield the columns of the source that a rule names, conditions included."""
    if isinstance(rule, str):
        yield rule
        return
    if "column" in rule:
        yield str(rule["column"])
    for key in ("first_of", "join", "columns"):
        yield from map(str, rule.get(key, ()))
    yield from template_columns(str(rule.get("template", "")))
    yield from condition_columns(rule.get("when"))
    for inner in rule.get("choose", ()):
        yield from named_columns(inner)
