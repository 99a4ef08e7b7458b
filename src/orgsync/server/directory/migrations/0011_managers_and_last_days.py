"""Whose manager somebody is, and whose last day has come; made without keeping writers out."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("directory", "0010_speed")]
    operations = [
        AddIndexConcurrently(
            "learner",
            models.Index(
                fields=["organization_id", "manager_id"],
                condition=models.Q(manager_id__isnull=False),
                name="learner_by_manager",
            ),
        ),
        AddIndexConcurrently(
            "learner",
            models.Index(
                fields=["organization_id", "end_date"],
                condition=models.Q(end_date__isnull=False),
                name="learner_by_end_date",
            ),
        ),
    ]
