import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orgs", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="OutboxMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("job_id", models.BigIntegerField(null=True)),
                ("kind", models.CharField(max_length=32)),
                ("recipient", models.TextField()),
                ("subject", models.TextField()),
                ("body", models.TextField()),
                ("message_id", models.TextField()),
                ("attachment", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("last_error", models.TextField(blank=True, default="")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at", None)), fields=["organization", "id"], name="mail_unsent"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "job_id", "kind", "recipient"), name="mail_once")
                ],
            },
        ),
    ]
