"""Bring a database to this release, and tell at little cost when it is there already.

Run as a program it is the child of a server that starts. Django's own command loads every page first, to check them,
which takes longer than to find that there is nothing to do.
"""

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


def needs_migration() -> bool:
    """Return whether the database lacks a migration; Django must be set up."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def main() -> None:
    """Set Django up and migrate, if need be."""
    django.setup()
    if needs_migration():
        call_command("migrate", interactive=False, verbosity=0)


if __name__ == "__main__":
    main()
