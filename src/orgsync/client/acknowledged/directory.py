"""The acknowledged people as the core's directory: the `current` side of a plan that is made here."""

import polars as pl

from orgsync.client.acknowledged.people import MANAGER_FIELDS, license_fields, with_fields
from orgsync.core.columns import ATTRIBUTE_NAMES, CUSTOM_PREFIX
from orgsync.core.directory import (
    ACTIVE,
    GROUP_SCHEMA,
    LEARNER_SCHEMA,
    LICENSE_SCHEMA,
    MEMBERSHIP_SCHEMA,
    POOL_SCHEMA,
    REASON_FILE,
    Directory,
)
from orgsync.core.normalize import fold_keys
from orgsync.core.planning.licenses import LICENSE_PREFIX


def directory_of(people: pl.DataFrame) -> Directory:
    """Return a directory in which everybody is claimed by this feed, pools have no limit, and nothing is by hand."""
    groups, memberships = _groups(people)
    pools = [name.removeprefix(LICENSE_PREFIX) for name in license_fields(people)]
    custom = [name for name in people.columns if name.startswith(CUSTOM_PREFIX)]
    return Directory(
        learners=_learners(people, custom),
        groups=groups,
        memberships=memberships,
        pools=pl.DataFrame(
            [(number, key, key, None) for number, key in enumerate(pools, 1)], POOL_SCHEMA, orient="row"
        ),
        licenses=_licenses(people, pools),
        custom_attributes=frozenset(custom),
    )


def _learners(people: pl.DataFrame, custom: list[str]) -> pl.DataFrame:
    known = with_fields(people, (*ATTRIBUTE_NAMES, *MANAGER_FIELDS))
    by_id = known.select(manager_unique_user_id="unique_user_id", found_by_id="learner_id").drop_nulls()
    by_mail = known.select(manager_key="email_key", found_by_mail="learner_id").drop_nulls()
    linked = (
        known.with_columns(manager_key=fold_keys(known["manager_primary_email_address"]))
        .join(by_id, on="manager_unique_user_id", how="left", maintain_order="left")
        .join(by_mail, on="manager_key", how="left", maintain_order="left")
        .with_columns(manager_id=pl.coalesce("found_by_id", "found_by_mail"))
    )
    waits = pl.col("manager_id").is_null()
    return linked.select(
        "learner_id",
        "is_active",
        *("primary_email_address", "email_key", "unique_user_id", "manager_id"),
        *ATTRIBUTE_NAMES,
        *custom,
        is_admin=pl.lit(value=False),
        is_protected=pl.lit(value=False),
        is_claimed_here=pl.lit(value=True),
        is_claimed_elsewhere=pl.lit(value=False),
        missed_here=pl.lit(None, pl.Int64),
        pending_manager_id=pl.when(waits).then("manager_unique_user_id"),
        pending_manager_email=pl.when(waits).then("manager_key"),
    ).select(*LEARNER_SCHEMA, *custom)


def _groups(people: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    named = people.select("learner_id", group_name="groups").explode("group_name").drop_nulls()
    named = named.with_columns(group_key=fold_keys(named["group_name"]))
    groups = named.unique("group_key", keep="first", maintain_order=True).sort("group_key")
    groups = groups.with_row_index("group_id", offset=1).select(
        pl.col("group_id").cast(pl.Int64), "group_name", "group_key", is_rule=pl.lit(value=False)
    )
    links = named.join(groups.select("group_key", "group_id"), on="group_key", maintain_order="left")
    links = links.select("learner_id", "group_id", reasons=pl.lit(REASON_FILE, pl.Int16)).unique(maintain_order=True)
    return groups.match_to_schema(GROUP_SCHEMA), links.match_to_schema(MEMBERSHIP_SCHEMA)


def _licenses(people: pl.DataFrame, pools: list[str]) -> pl.DataFrame:
    parts = [
        people.filter(pl.col(f"{LICENSE_PREFIX}{key}") == ACTIVE).select(
            "learner_id",
            pool_id=pl.lit(number, pl.Int64),
            state=pl.lit(ACTIVE),
            is_by_hand=pl.lit(value=False),
            position=pl.lit(None, pl.Int64),
        )
        for number, key in enumerate(pools, 1)
    ]
    return pl.concat([pl.DataFrame(schema=LICENSE_SCHEMA), *parts])
