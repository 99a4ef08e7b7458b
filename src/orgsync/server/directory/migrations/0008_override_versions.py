"""An override touches its learner like a membership does."""

from django.db import migrations

EVENTS = {
    "inserted": "INSERT ON {table} REFERENCING NEW TABLE AS new_rows",
    "updated": "UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "deleted": "DELETE ON {table} REFERENCING OLD TABLE AS old_rows",
}
TABLE = "directory_override"


class Migration(migrations.Migration):
    dependencies = [("directory", "0007_engine")]
    operations = [
        migrations.RunSQL(
            [
                f"CREATE TRIGGER learner_version_{which} AFTER {event.format(table=TABLE)} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION directory_touch_{which}()"
                for which, event in EVENTS.items()
            ],
            [f"DROP TRIGGER learner_version_{which} ON {TABLE}" for which in EVENTS],
        )
    ]
