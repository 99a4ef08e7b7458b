import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("uploads", "0002_newest_first"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="uploadjob",
            name="chosen",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="uploadjob",
            name="first_approved_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="uploadjob",
            name="first_approved_by",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="uploadjob",
            name="kind",
            field=models.CharField(
                choices=[("file", "File"), ("undo", "Undo"), ("edit", "Edit"), ("sweep", "Sweep")],
                default="file",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="uploadjob",
            name="rest_of",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="uploads.uploadjob",
            ),
        ),
        migrations.AddField(
            model_name="uploadjob",
            name="takes_nothing",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="uploadjob",
            name="undoes",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="uploads.uploadjob",
            ),
        ),
        migrations.CreateModel(
            name="AppliedEffect",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("job_id", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("target", models.TextField(blank=True, default="")),
                ("feed_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                ("counts", models.BooleanField(default=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "job_id",
                        "kind",
                        "target",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "feed_id", "at"], name="applied_effect_by_feed")],
            },
        ),
    ]
