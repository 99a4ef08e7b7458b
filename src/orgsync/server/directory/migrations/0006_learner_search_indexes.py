"""Indexes of the list of learners; made without keeping writers out."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

NAME = ["organization_id", "last_name_key", "first_name_key", "id"]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("directory", "0005_fill_learner_search_keys")]
    operations = [
        AddIndexConcurrently("learner", models.Index(fields=NAME, name="learner_by_name")),
        AddIndexConcurrently(
            "learner", models.Index(fields=["organization_id", "first_name_key"], name="learner_by_first_name")
        ),
        AddIndexConcurrently(
            "learner", models.Index(fields=["organization_id", "changed_at", "id"], name="learner_by_change")
        ),
        AddIndexConcurrently(
            "learner", models.Index(fields=["organization_id", "department_name"], name="learner_by_department")
        ),
        AddIndexConcurrently(
            "learner",
            models.Index(fields=NAME, condition=models.Q(is_active=False), name="learner_inactive"),
        ),
    ]
