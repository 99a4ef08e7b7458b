"""Triggers that keep `directory_learner.version`: the number of the last transaction that touched the person.

A learner is born with the number (the column's default) and gets a new one by a row trigger with every update. A row
trigger for inserts would keep COPY from writing a page at a time, and is not needed: a person who was not there has
no fingerprint that an invented version could fit.

On the tables that belong to a person a trigger for each statement finds the learners named in its rows and touches
those that this transaction has not touched yet, so that a load which has just inserted its people rewrites none.
"""

from django.db import migrations

TABLES = ("directory_membership", "directory_licenseassignment", "directory_permissiongrant")

ROW_TRIGGER = """
CREATE FUNCTION directory_set_learner_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END
$$;

CREATE TRIGGER learner_version BEFORE UPDATE ON directory_learner
    FOR EACH ROW EXECUTE FUNCTION directory_set_learner_version();
"""
DROP_ROW_TRIGGER = """
DROP TRIGGER learner_version ON directory_learner;
DROP FUNCTION directory_set_learner_version();
"""

# The look at the span first: a slice of a first load names people whom this transaction has just inserted, all in
# one range of ids, and needs no join then. In any other case the look ends at the first person it meets.
FUNCTION = """
CREATE FUNCTION directory_touch_{which}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_transaction CONSTANT bigint := pg_current_xact_id()::text::bigint;
    span record;
BEGIN
    FOR span IN
        SELECT organization_id, min(learner_id) AS first_id, max(learner_id) AS last_id
          FROM ({rows}) AS touched
         GROUP BY organization_id
    LOOP
        CONTINUE WHEN NOT EXISTS (
            SELECT FROM directory_learner
             WHERE organization_id = span.organization_id
               AND id BETWEEN span.first_id AND span.last_id
               AND version <> this_transaction
        );
        UPDATE directory_learner AS learner
           SET version = this_transaction
          FROM (SELECT DISTINCT learner_id FROM ({rows}) AS touched
                 WHERE organization_id = span.organization_id) AS touched
         WHERE learner.organization_id = span.organization_id
           AND learner.id = touched.learner_id
           AND learner.version <> this_transaction;
    END LOOP;
    RETURN NULL;
END
$$;
"""
KEYS = "SELECT organization_id, learner_id FROM {}"
ROWS = {
    "inserted": KEYS.format("new_rows"),
    "updated": f"{KEYS.format('old_rows')} UNION ALL {KEYS.format('new_rows')}",
    "deleted": KEYS.format("old_rows"),
}
EVENTS = {
    "inserted": "INSERT ON {table} REFERENCING NEW TABLE AS new_rows",
    "updated": "UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "deleted": "DELETE ON {table} REFERENCING OLD TABLE AS old_rows",
}


def _triggers(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        [
            f"CREATE TRIGGER learner_version_{which} AFTER {event.format(table=table)} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION directory_touch_{which}()"
            for which, event in EVENTS.items()
        ],
        [f"DROP TRIGGER learner_version_{which} ON {table}" for which in EVENTS],
    )


class Migration(migrations.Migration):
    dependencies = [("directory", "0001_initial")]
    operations = [
        migrations.RunSQL(ROW_TRIGGER, DROP_ROW_TRIGGER),
        migrations.RunSQL(
            [FUNCTION.format(which=which, rows=rows) for which, rows in ROWS.items()],
            [f"DROP FUNCTION directory_touch_{which}()" for which in ROWS],
        ),
        *map(_triggers, TABLES),
    ]
