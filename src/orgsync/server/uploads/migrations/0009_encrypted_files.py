"""A file may be encrypted: its row holds its key, wrapped."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0008_job_scim")]

    operations = [
        migrations.AddField(model_name="media", name="sealed_key", field=models.BinaryField(blank=True, null=True))
    ]
