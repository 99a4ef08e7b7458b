"""Find the statements that refer to another one; made while others write."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("learning", "0014_documents_and_attachments")]
    operations = [
        AddIndexConcurrently(
            model_name="statement",
            index=models.Index(
                condition=models.Q(("refers__isnull", False)),
                fields=["organization_id", "refers"],
                name="statement_referring",
            ),
        ),
    ]
