"""People who wait for a manager are looked for by every file, also by one that names few people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0009_undo")]
    operations = [
        migrations.AddIndex(
            model_name="learner",
            index=models.Index(
                fields=["organization_id", "id"],
                condition=models.Q(pending_manager_id__isnull=False) | models.Q(pending_manager_email__isnull=False),
                name="learner_pending_manager",
            ),
        ),
    ]
