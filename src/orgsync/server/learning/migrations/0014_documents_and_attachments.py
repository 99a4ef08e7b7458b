"""Documents beside statements, attachments of statements, and which statement another one refers to."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("learning", "0013_content_takes_license"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("statement_id", models.UUIDField()),
                ("sha2", models.TextField()),
                ("content_type", models.TextField()),
                ("content", models.BinaryField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "statement_id",
                        "sha2",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Document",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("id", models.BinaryField()),
                ("place", models.BinaryField()),
                ("registration", models.UUIDField(null=True)),
                ("name", models.TextField()),
                ("content_type", models.TextField()),
                ("content", models.BinaryField()),
                ("stored_at", models.DateTimeField()),
                ("person_key", models.TextField(blank=True)),
                ("learner_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="statement",
            name="refers",
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["organization_id", "place", "stored_at"], name="document_by_place"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["organization_id", "learner_id"], name="document_by_learner"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["organization_id", "person_key"], name="document_by_person"),
        ),
        migrations.RunSQL(
            """
            ALTER TABLE learning_attachment ADD CONSTRAINT attachment_of_statement
                FOREIGN KEY (organization_id, statement_id) REFERENCES learning_statement (organization_id, id)
                ON DELETE CASCADE
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            """
            UPDATE learning_statement SET refers = (statement -> 'object' ->> 'id')::uuid
             WHERE statement -> 'object' ->> 'objectType' = 'StatementRef'
            """,
            migrations.RunSQL.noop,
        ),
    ]
