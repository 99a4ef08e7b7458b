"""Folded names to find and sort people by, and when somebody was last touched.

Defaults in the database, so that the table is not rewritten and the previous release may go on writing. The time is
kept by the trigger that keeps the version: no code path can forget it, and memberships and licenses count too.
"""

import django.contrib.postgres.functions
from django.db import migrations, models

TOUCH = """
CREATE OR REPLACE FUNCTION directory_set_learner_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := pg_current_xact_id()::text::bigint;
    NEW.changed_at := transaction_timestamp();
    RETURN NEW;
END
$$;
"""
TOUCH_VERSION_ONLY = TOUCH.replace("    NEW.changed_at := transaction_timestamp();\n", "")


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_learner_fillfactor")]
    operations = [
        migrations.AddField(
            model_name="learner",
            name="first_name_key",
            field=models.TextField(db_collation="C", db_default=""),
        ),
        migrations.AddField(
            model_name="learner",
            name="last_name_key",
            field=models.TextField(db_collation="C", db_default=""),
        ),
        migrations.AddField(
            model_name="learner",
            name="changed_at",
            field=models.DateTimeField(db_default=django.contrib.postgres.functions.TransactionNow(), editable=False),
        ),
        migrations.RunSQL(TOUCH, TOUCH_VERSION_ONLY),
    ]
