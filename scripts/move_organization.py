"""Move an organization from one cell to another: `python scripts/move_organization.py FROM-URL TO-URL NAME`.

A cell is one installation with one PostgreSQL. Both must run the same release and the same signing key, share the
bucket, and hand out ids from ranges of their own (`--ids 2` gives a new cell its range). Send nothing to the
organization meanwhile: take it out of the router first. The rows arrive in one transaction; those of the old cell stay
until `--remove` takes them away. The role must be a superuser: audit entries and foreign keys are written as they are.
"""

import argparse
import sys
from collections.abc import Iterator

import psycopg
from psycopg.sql import SQL, Identifier, Literal

RANGE = 2**40
"""Ids of a cell; 8,000 cells fit into what a browser counts exactly."""
UNFINISHED = """
    SELECT count(*) FROM uploads_uploadjob
     WHERE organization_id = %s AND status IN ('CREATED', 'QUEUED', 'PROCESSING')
"""
OWNED = """
    SELECT table_name FROM information_schema.columns
     WHERE table_schema = 'public' AND column_name = 'organization_id' ORDER BY table_name
"""
COLUMNS = """
    SELECT column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
COUNTERS = """
    SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema = 'public' AND is_identity = 'YES' AND data_type = 'bigint'
"""
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY 1, 2"
NO_CHECKS = "SET LOCAL session_replication_role = 'replica'"
OF_ACCOUNTS = {
    "orgs_account": "id",
    "account_emailaddress": "user_id",
    "mfa_authenticator": "user_id",
    "socialaccount_socialaccount": "user_id",
}
"""Tables of people who sign in, and the column that names the account."""
NUMBERED_ANEW = OF_ACCOUNTS.keys() - {"orgs_account"}
"""Nothing refers to these rows, and not all of them have ids that are large enough for a range."""

Session = psycopg.Connection[tuple[object, ...]]


class CannotMove(Exception):
    """Nothing was moved; the text says why."""


def give_ids(cell: Session, number: int) -> None:
    """Let a cell hand out ids from its own range; for a cell in which nothing is stored yet."""
    for table, column in cell.execute(COUNTERS).fetchall():
        start = Literal(number * RANGE)
        change = SQL("ALTER TABLE {} ALTER COLUMN {} RESTART WITH {}")
        cell.execute(change.format(Identifier(str(table)), Identifier(str(column)), start))


def move(source: Session, target: Session, name: str) -> dict[str, int]:
    """Copy an organization's rows; return how many of each table. Raise CannotMove, with nothing written."""
    with source.transaction(), target.transaction():
        source.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        organization = _id_of(source, name)
        _check(source, target, organization)
        target.execute(NO_CHECKS)
        return {table: _copy(source, target, table, which) for table, which in _parts(source, target, organization)}


def remove(source: Session, name: str) -> None:
    """Take an organization's rows out of the cell that it has left. Accounts stay."""
    with source.transaction():
        organization = _id_of(source, name)
        source.execute(NO_CHECKS)
        for (table,) in source.execute(OWNED).fetchall():
            statement = SQL("DELETE FROM {} WHERE organization_id = {}")
            source.execute(statement.format(Identifier(str(table)), Literal(organization)))
        source.execute("DELETE FROM orgs_organization WHERE id = %s", [organization])


def _id_of(cell: Session, name: str) -> object:
    found = cell.execute("SELECT id FROM orgs_organization WHERE name = %s", [name]).fetchone()
    if found is None:
        raise CannotMove(f"There is no organization {name}.")
    return found[0]


def _check(source: Session, target: Session, organization: object) -> None:
    if source.execute(MIGRATIONS).fetchall() != target.execute(MIGRATIONS).fetchall():
        raise CannotMove("The cells run different releases.")
    ((unfinished,),) = source.execute(UNFINISHED, [organization]).fetchall()
    if unfinished:
        raise CannotMove(f"{unfinished} jobs have not ended yet.")


def _parts(source: Session, target: Session, organization: object) -> Iterator[tuple[str, SQL]]:
    """Yield each table, and the condition that names the rows of it that move."""
    statement = "SELECT DISTINCT account_id FROM orgs_admin WHERE organization_id = %s"
    wanted = {account for (account,) in source.execute(statement, [organization]).fetchall()}
    # Somebody who is an admin of another organization may be there already.
    known = target.execute("SELECT id FROM orgs_account WHERE id = ANY (%s)", [list(wanted)]).fetchall()
    new = sorted(wanted - {account for (account,) in known})
    for table, column in OF_ACCOUNTS.items():
        yield table, SQL("{} = ANY ({})").format(Identifier(column), Literal(new))
    yield "orgs_organization", SQL("id = {}").format(Literal(organization))
    for (table,) in source.execute(OWNED).fetchall():
        yield str(table), SQL("organization_id = {}").format(Literal(organization))


def _copy(source: Session, target: Session, table: str, which: SQL) -> int:
    names = [str(name) for (name,) in source.execute(COLUMNS, [table]).fetchall()]
    if table in NUMBERED_ANEW:
        names.remove("id")
    columns = SQL(", ").join(map(Identifier, names))
    reading = SQL("COPY (SELECT {} FROM {} WHERE {}) TO STDOUT (FORMAT binary)")
    writing = SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(Identifier(table), columns)
    cursor = target.cursor()
    with (
        source.cursor().copy(reading.format(columns, Identifier(table), which)) as old,
        cursor.copy(writing) as new,
    ):
        for block in old:
            new.write(block)
    return cursor.rowcount


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", help="libpq address of the cell that it leaves, or of the new cell with --ids")
    parser.add_argument("target", nargs="?", help="libpq address of the cell that it goes to")
    parser.add_argument("name", nargs="?", help="the organization's name")
    parser.add_argument("--ids", type=int, metavar="CELL", help="only give this cell the range of that number")
    parser.add_argument("--remove", action="store_true", help="only remove the rows that were moved: SOURCE - NAME")
    options = parser.parse_args()
    with psycopg.connect(options.source, autocommit=True) as source:
        if options.ids is not None:
            give_ids(source, options.ids)
        elif options.remove:
            remove(source, options.name)
        else:
            with psycopg.connect(options.target, autocommit=True) as target:
                for table, count in move(source, target, options.name).items():
                    print(f"{count:>9,} {table}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotMove as error:
        sys.exit(f"Error: {error}")
