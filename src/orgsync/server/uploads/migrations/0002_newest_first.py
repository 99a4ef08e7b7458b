from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0006_learner_search_indexes"),
        ("orgs", "0001_initial"),
        ("tokens", "0001_initial"),
        ("uploads", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="uploadjob",
            index=models.Index(fields=["organization", "-id"], name="upload_job_newest"),
        ),
    ]
