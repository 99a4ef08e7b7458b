"""Who reports to whom after this file. A manager may stand anywhere, also after the row that names them."""

from dataclasses import dataclass

import polars as pl

from orgsync.core import issues as kinds
from orgsync.core.columns import CLEAR_TOKEN
from orgsync.core.directory import Directory
from orgsync.core.frames import beside
from orgsync.core.issuerows import issue_rows, no_issues, worded
from orgsync.core.model import Mode
from orgsync.core.plan import Policy
from orgsync.core.planning.later import keep_managers

MANAGER_COLUMNS = ("manager_id", "pending_manager_id", "pending_manager_email")


@dataclass(frozen=True, slots=True)
class Managers:
    """`named`: the rows given, with final `manager_id`, `pending_manager_id`, `pending_manager_email`.

    `linked`: people whom no row names and whose pending manager has appeared: `learner_id`, `manager_id`.
    """

    named: pl.DataFrame
    linked: pl.DataFrame
    issues: pl.DataFrame


def plan_managers(named: pl.DataFrame, directory: Directory, policy: Policy) -> Managers:
    """Look every named manager up in the directory as it will be, then as it was."""
    rows = _with_references(named)
    by_id, by_mail = _lookup(rows, directory, "unique_user_id"), _lookup(rows, directory, "email_key")
    rows = _join(rows, by_id, "manager_reference_id", "found_by_id")
    rows = _join(rows, by_mail, "manager_reference_mail", "found_by_mail")
    rows, issues = _decide(rows, policy)
    rows, later = keep_managers(rows, policy)
    rows = _link_silent(rows, by_id, by_mail)
    linked = _link_pending(rows, directory, by_id, by_mail)
    loops = _loops(rows, linked, directory)
    return Managers(rows, linked, pl.concat([issues, later, _skipped(rows, policy), loops]))


def _with_references(named: pl.DataFrame) -> pl.DataFrame:
    """Add `manager_reference_id`, `manager_reference_mail` (null: not said) and `clears_manager`."""
    id_cell = _cell(named, "manager_unique_user_id")
    mail_cell = _cell(named, "manager_primary_email_address")
    mail_key = _cell(named, "manager_email_key")
    return named.with_columns(
        clears_manager=((id_cell == CLEAR_TOKEN) | (mail_cell == CLEAR_TOKEN)).fill_null(value=False),
        manager_reference_id=pl.when(id_cell != CLEAR_TOKEN).then(id_cell),
        manager_reference_mail=pl.when(mail_cell != CLEAR_TOKEN).then(mail_key),
    )


def _cell(rows: pl.DataFrame, name: str) -> pl.Expr:
    return pl.col(name) if name in rows.columns else pl.lit(None, dtype=pl.String)


def _lookup(rows: pl.DataFrame, directory: Directory, key: str) -> pl.DataFrame:
    """Return `key` → `learner_id`: keys after this file first, then keys as they were where now nobody has them."""
    moved = rows.select("learner_id", key)
    stayed = directory.learners.select("learner_id", key).join(moved, on="learner_id", how="anti")
    after = pl.concat([moved, stayed]).drop_nulls(key)
    before = directory.learners.select("learner_id", key).drop_nulls(key).join(after, on=key, how="anti")
    return pl.concat([after, before])


def _join(rows: pl.DataFrame, lookup: pl.DataFrame, reference: str, found: str) -> pl.DataFrame:
    key = next(name for name in lookup.columns if name != "learner_id")
    named = lookup.rename({key: reference, "learner_id": found})
    # Many report to few: the look-up is made of those first.
    return beside(rows, named.join(rows.select(reference).unique(), on=reference, how="semi"), reference)


def _decide(rows: pl.DataFrame, policy: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    reference = pl.coalesce("manager_reference_id", "manager_reference_mail")
    is_said = reference.is_not_null()
    # The id counts; the address is only asked when the id is not given or not known.
    found = pl.coalesce("found_by_id", "found_by_mail")
    is_self = (found == pl.col("learner_id")).fill_null(value=False)
    had_one = pl.any_horizontal(pl.col(f"{name}_before").is_not_null() for name in MANAGER_COLUMNS)
    untouched = ~is_said & ~pl.col("clears_manager") | is_self
    if policy.mode is Mode.ADDITIONS_ONLY:
        untouched = untouched | had_one | pl.col("clears_manager")
    is_pending = is_said & found.is_null()
    is_left_out = pl.lit(policy.mode is Mode.ADDITIONS_ONLY) & pl.col("manager_id_before").is_not_null()
    rows = rows.with_columns(
        is_self=is_said & is_self,
        is_unknown=is_pending & ~is_left_out,
        manager_id=pl.when(untouched).then(pl.col("manager_id_before")).when(is_said).then(found),
        pending_manager_id=pl.when(untouched)
        .then(pl.col("pending_manager_id_before"))
        .when(is_pending)
        .then(pl.col("manager_reference_id")),
        pending_manager_email=pl.when(untouched)
        .then(pl.col("pending_manager_email_before"))
        .when(is_pending)
        .then(pl.col("manager_reference_mail")),
    )
    differs = pl.col("found_by_id").is_not_null() & (pl.col("found_by_mail") != pl.col("found_by_id"))
    unknown = kinds.UNKNOWN_MANAGER
    issues = [
        issue_rows(
            rows.filter("is_unknown").with_columns(reference=reference),
            unknown,
            column="manager",
            message=worded(unknown, reference=pl.col("reference")),
        ),
        issue_rows(
            rows.filter(differs),
            kinds.MANAGER_EMAIL_DIFFERS,
            column="manager",
            message=kinds.MANAGER_EMAIL_DIFFERS.wording,
        ),
        issue_rows(rows.filter("is_self"), kinds.OWN_MANAGER, column="manager", message=kinds.OWN_MANAGER.wording),
    ]
    return rows, pl.concat(issues)


def _skipped(rows: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """In a file that only adds, say whose manager it would have replaced or taken away."""
    if policy.mode is not Mode.ADDITIONS_ONLY:
        return no_issues()
    kind = kinds.SKIPPED_BY_MODE
    is_said = pl.coalesce("manager_reference_id", "manager_reference_mail").is_not_null() & ~pl.col("is_self")
    is_other = pl.coalesce("found_by_id", "found_by_mail").ne_missing(pl.col("manager_id"))
    has_one = pl.any_horizontal(pl.col(name).is_not_null() for name in MANAGER_COLUMNS)
    left_out = rows.filter((is_said & is_other) | (pl.col("clears_manager") & has_one))
    return issue_rows(left_out, kind, column="manager", message=kind.wording.format(what="A new manager"))


def _link_silent(rows: pl.DataFrame, by_id: pl.DataFrame, by_mail: pl.DataFrame) -> pl.DataFrame:
    """Link people in the file whose row leaves a waiting reference as it was, and whose manager is there now."""
    waits = [pl.col(name).is_not_null() for name in MANAGER_COLUMNS[1:]]
    if rows.filter(pl.any_horizontal(waits)).is_empty():
        return rows
    rows = _join(rows, by_id, "pending_manager_id", "appeared_by_id")
    rows = _join(rows, by_mail, "pending_manager_email", "appeared_by_mail")
    found = pl.coalesce("appeared_by_id", "appeared_by_mail")
    appeared = pl.when(found != pl.col("learner_id")).then(found)
    pending = [pl.when(appeared.is_null()).then(pl.col(name)).alias(name) for name in MANAGER_COLUMNS[1:]]
    linked = rows.with_columns(pl.coalesce(appeared, "manager_id").alias("manager_id"), *pending)
    return linked.drop("appeared_by_id", "appeared_by_mail")


def _link_pending(rows: pl.DataFrame, directory: Directory, by_id: pl.DataFrame, by_mail: pl.DataFrame) -> pl.DataFrame:
    """Find people outside the file whose pending manager this file brings."""
    waiting = directory.learners.filter(
        pl.col("pending_manager_id").is_not_null() | pl.col("pending_manager_email").is_not_null()
    ).select("learner_id", "pending_manager_id", "pending_manager_email")
    waiting = waiting.join(rows.select("learner_id"), on="learner_id", how="anti")
    waiting = _join(waiting, by_id, "pending_manager_id", "found_by_id")
    waiting = _join(waiting, by_mail, "pending_manager_email", "found_by_mail")
    found = waiting.select("learner_id", manager_id=pl.coalesce("found_by_id", "found_by_mail"))
    return found.filter(pl.col("manager_id").is_not_null() & (pl.col("manager_id") != pl.col("learner_id")))


def _loops(rows: pl.DataFrame, linked: pl.DataFrame, directory: Directory) -> pl.DataFrame:
    """Warn of rows whose new manager closes a loop; the loop is named by its people's ids or addresses."""
    changed = rows.filter(
        pl.col("manager_id").is_not_null() & pl.col("manager_id").ne_missing(pl.col("manager_id_before"))
    )
    if changed.is_empty():
        return no_issues()
    said = pl.concat([rows.select("learner_id", "manager_id"), linked])
    kept = directory.learners.select("learner_id", "manager_id").join(said, on="learner_id", how="anti")
    links = pl.concat([said, kept])
    circling = _circling(links)
    if not circling:
        return no_issues()
    suspects = changed.filter(pl.col("learner_id").is_in(list(circling)))
    names = _names(rows, directory, circling)
    kind = kinds.MANAGER_LOOP
    texts = [
        kind.wording.format(loop=" → ".join(names[person] for person in _walk(person, circling)))
        for person in suspects["learner_id"]
    ]
    return issue_rows(
        suspects.with_columns(text=pl.Series(texts, dtype=pl.String)), kind, column="manager", message=pl.col("text")
    )


def _circling(links: pl.DataFrame) -> dict[int, int]:
    """Return learner → manager for everybody who is part of a loop.

    Each person points at their manager's place in the frame; squaring the pointers a few times takes everybody
    who has a top above them off the map, so only loops and those below them are walked one by one.
    """
    places = links.select("learner_id").with_row_index("place")
    above = links.join(
        places.rename({"learner_id": "manager_id", "place": "next"}), on="manager_id", how="left", maintain_order="left"
    )
    start = above["next"].cast(pl.Int64)
    pointer = start
    for _ in range(links.height.bit_length() + 1):
        if pointer.null_count() == pointer.len():
            return {}
        pointer = pointer.gather(pointer)
    stuck = links.filter(pointer.is_not_null())
    chain = dict(stuck.select("learner_id", "manager_id").iter_rows())
    return _only_loops(chain)


def _only_loops(chain: dict[int, int]) -> dict[int, int]:
    """Take away those who only lead into a loop."""
    incoming: dict[int, int] = dict.fromkeys(chain, 0)
    for manager in chain.values():
        if manager in incoming:
            incoming[manager] += 1
    free = [person for person, count in incoming.items() if count == 0]
    while free:
        manager = chain.pop(free.pop())
        if manager in incoming and manager in chain:
            incoming[manager] -= 1
            if incoming[manager] == 0:
                free.append(manager)
    return chain


def _walk(person: int, chain: dict[int, int]) -> list[int]:
    loop = [person]
    while (manager := chain[loop[-1]]) != person and len(loop) < 20:
        loop.append(manager)
    return [*loop, person]


def _names(rows: pl.DataFrame, directory: Directory, people: dict[int, int]) -> dict[int, str]:
    said = rows.select("learner_id", name=pl.coalesce("unique_user_id", "primary_email_address"))
    kept = directory.learners.select("learner_id", name=pl.coalesce("unique_user_id", "primary_email_address"))
    frame = pl.concat([kept, said]).filter(pl.col("learner_id").is_in(list(people)))
    return dict(frame.iter_rows())
