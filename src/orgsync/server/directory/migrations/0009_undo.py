from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0008_override_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="pastlicense",
            name="position",
            field=models.BigIntegerField(null=True),
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("organization_id", models.BigIntegerField()),
                (
                    "kind",
                    models.TextField(choices=[("learner", "Learner"), ("group", "Group"), ("attribute", "Attribute")]),
                ),
                ("removed_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("job_id", models.BigIntegerField(null=True)),
                ("values", models.JSONField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "kind",
                        "removed_id",
                        "at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "job_id"], name="removal_by_job")],
            },
        ),
    ]
