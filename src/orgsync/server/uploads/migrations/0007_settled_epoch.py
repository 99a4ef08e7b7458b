"""A job notes that it left nothing to do for its file, and by what that was judged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("uploads", "0006_erasure_request")]

    operations = [
        migrations.AddField(
            model_name="uploadjob", name="settled_epoch", field=models.BigIntegerField(blank=True, null=True)
        )
    ]
