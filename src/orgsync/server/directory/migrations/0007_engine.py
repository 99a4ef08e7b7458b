import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0006_learner_search_indexes"),
        ("orgs", "0002_engine"),
    ]

    operations = [
        migrations.CreateModel(
            name="NotDuplicate",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("other_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "other_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("target", models.TextField()),
                ("at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "target",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Tombstone",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("key_hash", models.BinaryField()),
                ("erasure_id", models.BigIntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id", "key_hash", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="claim",
            name="missed",
            field=models.SmallIntegerField(db_default=0),
        ),
        migrations.AddField(
            model_name="claim",
            name="since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="claim",
            name="since_job_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="last_content_sha256",
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="last_epoch",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="last_fill",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.AddField(
            model_name="feed",
            name="last_revision",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="feed",
            name="late_after_hours",
            field=models.PositiveSmallIntegerField(default=26),
        ),
        migrations.AddField(
            model_name="feed",
            name="missing_files",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="feed",
            name="named_fields",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="feed",
            name="told_late_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="group",
            name="rule",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="learner",
            name="anonymized_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name="PastClaim",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("feed_id", models.BigIntegerField()),
                ("since", models.DateTimeField(null=True)),
                ("since_job_id", models.BigIntegerField(null=True)),
                ("until", models.DateTimeField()),
                ("until_job_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "feed_id",
                        "until",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "until_job_id"], name="past_claim_by_job")],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("learner_id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("by_id", models.BigIntegerField(null=True)),
                ("counts", models.JSONField(default=dict)),
                ("lifted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "learner_id"), name="erased_once")],
            },
        ),
    ]
