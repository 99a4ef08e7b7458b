"""A job keeps how long its phases took."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0009_encrypted_files")]

    operations = [
        migrations.AddField(model_name="uploadjob", name=name, field=models.PositiveIntegerField(blank=True, null=True))
        for name in ("read_ms", "plan_ms", "apply_ms")
    ]
