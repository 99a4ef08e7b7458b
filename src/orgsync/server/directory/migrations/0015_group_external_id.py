"""A group knows what an identity provider calls it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("directory", "0014_learner_invitations")]

    operations = [
        migrations.AddField(
            model_name="group", name="external_id", field=models.TextField(blank=True, db_default="", default="")
        )
    ]
