"""A job says that an identity provider asked for it, and what that means beyond its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0007_settled_epoch")]

    operations = [
        migrations.AddField(model_name="uploadjob", name="scim", field=models.JSONField(blank=True, null=True))
    ]
