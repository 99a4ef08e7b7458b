"""What a job begins needs no trigger: whoever writes it touches its people, in one statement.

To hand a trigger the million rows of a first load costs PostgreSQL a tenth of writing them. A link that is begun
otherwise, which has no job, still touches its learner by itself; so does whatever changes or ends one.
"""

from django.db import migrations

TABLES = ("directory_membership", "directory_licenseassignment")
FUNCTION = """
CREATE FUNCTION directory_touch_learner_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    this_transaction CONSTANT bigint := pg_current_xact_id()::text::bigint;
BEGIN
    UPDATE directory_learner SET version = this_transaction
     WHERE organization_id = NEW.organization_id AND id = NEW.learner_id AND version <> this_transaction;
    RETURN NULL;
END
$$;
"""
BY_ROW = """
CREATE TRIGGER learner_version_inserted AFTER INSERT ON {table}
    FOR EACH ROW WHEN (NEW.since_job_id IS NULL) EXECUTE FUNCTION directory_touch_learner_of_row();
"""
BY_STATEMENT = """
CREATE TRIGGER learner_version_inserted AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION directory_touch_inserted();
"""
DROP = "DROP TRIGGER learner_version_inserted ON {table};"


def _instead(old: str, new: str) -> list[str]:
    return [sql.format(table=table) for table in TABLES for sql in (old, new)]


class Migration(migrations.Migration):
    dependencies = [("directory", "0016_headcounts")]
    operations = [
        migrations.RunSQL(
            [FUNCTION, *_instead(DROP, BY_ROW)],
            [*_instead(DROP, BY_STATEMENT), "DROP FUNCTION directory_touch_learner_of_row()"],
        )
    ]
