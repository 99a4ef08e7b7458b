"""Too many effects of one kind: in all, in one department, pool, group or attribute, or over the last days."""

from typing import Final

import polars as pl

from orgsync.core.guards.case import DAYS, Case, HoldReason
from orgsync.core.guards.limits import Limit
from orgsync.core.guards.measures import BY_CODE, Measure

_SHOWN: Final = 5
"""Parts that a message names; the plan has them all."""
_PARTS: Final = {"department": "Departments", "pool": "Pools", "group": "Groups", "attribute": "Attributes"}


def check_count(case: Case, code: str, limit: Limit) -> HoldReason | None:
    """Say that the plan does too much of one kind, or, where it does not, that it would with the days before."""
    measure = BY_CODE[code]
    if measure.spares_first_file and case.is_first_file:
        return None
    lines = case.measured.filter(pl.col("code") == code)
    now = lines.filter(limit.trips(pl.col("count"), pl.col("base")))
    if not now.is_empty():
        return _reason(case, measure, lines, now, "")
    # The base is taken as it was before the effects of those days.
    summed = lines.filter(pl.col("past") > 0).with_columns(
        count=pl.col("count") + pl.col("past"),
        base=pl.max_horizontal(pl.col("base") - measure.drift * pl.col("past"), 0),
    )
    leaking = summed.filter(limit.trips(pl.col("count"), pl.col("base")))
    return None if leaking.is_empty() else _reason(case, measure, summed, leaking, f" in {DAYS} days")


def _reason(case: Case, measure: Measure, lines: pl.DataFrame, tripped: pl.DataFrame, span: str) -> HoldReason:
    """Word the reason: the whole first, then the parts that trip by themselves, the largest first."""
    of_parts = tripped.filter(pl.col("target") != "").sort("count", "target", descending=[True, False])
    whole = lines.filter(pl.col("target") == "") if measure.has_total else of_parts
    if whole.is_empty():
        # Over the days only a part is known to leak.
        whole = of_parts
    count, base = int(whole["count"].sum()), int(whole["base"].sum())
    things = measure.base.format(feed=case.whose)
    who = f"{count:,} people beside {base:,} {things}" if measure.is_apart else f"{count:,} of {base:,} {things}"
    message = f"{who} {measure.verb}{span}.{_before(whole, span)}{_parts(of_parts)}"
    names = tuple(of_parts["target"].str.splitn(":", 2).struct.field("field_1").head(_SHOWN).to_list())
    return HoldReason(measure.code, message, count, base, names)


def _before(whole: pl.DataFrame, span: str) -> str:
    past = int(whole["past"].sum())
    return f" {past:,} of them were applied before this plan." if span else ""


def _parts(lines: pl.DataFrame) -> str:
    text = ""
    split = lines.with_columns(pl.col("target").str.splitn(":", 2).struct.rename_fields(["part", "name"])).unnest(
        "target"
    )
    for part, heading in _PARTS.items():
        found = split.filter(pl.col("part") == part)
        named = [
            f"{name} ({count:,} of {base:,})" for name, count, base in found.select("name", "count", "base").rows()
        ]
        more = f" and {len(named) - _SHOWN:,} more" if len(named) > _SHOWN else ""
        text += f" {heading}: {', '.join(named[:_SHOWN])}{more}." if named else ""
    return text
