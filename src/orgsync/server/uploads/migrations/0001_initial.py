import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import orgsync.core.model


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("directory", "0003_learner_fillfactor"),
        ("orgs", "0001_initial"),
        ("tokens", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("token_id", models.BigIntegerField()),
                ("key", models.TextField()),
                ("body_sha256", models.BinaryField()),
                ("media_public_id", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "token_id",
                        "key",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Media",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.TextField(db_collation="C")),
                (
                    "kind",
                    models.CharField(
                        choices=[("source", "Source"), ("result", "Result"), ("plan", "Plan")], max_length=16
                    ),
                ),
                ("file_name", models.TextField(blank=True, default="")),
                ("storage_key", models.TextField()),
                ("size", models.BigIntegerField()),
                ("sha256", models.BinaryField()),
                ("content_sha256", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
                ("content_encoding", models.TextField(blank=True, default="")),
                ("asked_mode", models.CharField(blank=True, default="", max_length=16)),
                ("asked_rows", models.CharField(blank=True, default="", max_length=16)),
                ("asked_dry_run", models.BooleanField(default=False)),
                ("expected_rows", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "feed",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="directory.feed"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to="tokens.accesstoken"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UploadJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("public_id", models.BigIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            (orgsync.core.model.JobStatus["CREATED"], orgsync.core.model.JobStatus["CREATED"]),
                            (orgsync.core.model.JobStatus["QUEUED"], orgsync.core.model.JobStatus["QUEUED"]),
                            (orgsync.core.model.JobStatus["PROCESSING"], orgsync.core.model.JobStatus["PROCESSING"]),
                            (orgsync.core.model.JobStatus["HELD"], orgsync.core.model.JobStatus["HELD"]),
                            (orgsync.core.model.JobStatus["DONE"], orgsync.core.model.JobStatus["DONE"]),
                            (orgsync.core.model.JobStatus["FAILED"], orgsync.core.model.JobStatus["FAILED"]),
                            (orgsync.core.model.JobStatus["CANCELLED"], orgsync.core.model.JobStatus["CANCELLED"]),
                        ],
                        default=orgsync.core.model.JobStatus["CREATED"],
                        max_length=16,
                    ),
                ),
                ("is_automatic", models.BooleanField(default=False)),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            (orgsync.core.model.Mode["FULL"], orgsync.core.model.Mode["FULL"]),
                            (orgsync.core.model.Mode["CHANGES"], orgsync.core.model.Mode["CHANGES"]),
                            (orgsync.core.model.Mode["ADDITIONS_ONLY"], orgsync.core.model.Mode["ADDITIONS_ONLY"]),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "rows",
                    models.CharField(
                        choices=[
                            (orgsync.core.model.RowPolicy["GOOD_ROWS"], orgsync.core.model.RowPolicy["GOOD_ROWS"]),
                            (
                                orgsync.core.model.RowPolicy["ALL_OR_NOTHING"],
                                orgsync.core.model.RowPolicy["ALL_OR_NOTHING"],
                            ),
                        ],
                        max_length=16,
                    ),
                ),
                ("is_dry_run", models.BooleanField(default=False)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("worker", models.TextField(blank=True, default="")),
                ("phase", models.CharField(blank=True, default="", max_length=16)),
                ("done", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("created_count", models.PositiveIntegerField(default=0)),
                ("updated_count", models.PositiveIntegerField(default=0)),
                ("deleted_count", models.PositiveIntegerField(default=0)),
                ("unchanged_count", models.PositiveIntegerField(default=0)),
                ("skipped_count", models.PositiveIntegerField(default=0)),
                ("warning_count", models.PositiveIntegerField(default=0)),
                ("error_count", models.PositiveIntegerField(default=0)),
                ("total_count", models.PositiveIntegerField(default=0)),
                ("messages", models.JSONField(default=list)),
                ("hold_reasons", models.JSONField(default=list)),
                ("reason_code", models.TextField(blank=True, default="")),
                ("reason", models.TextField(blank=True, default="")),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("revision", models.BigIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("modified_at", models.DateTimeField(auto_now=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("held_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_plan",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="uploads.media",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, to="directory.feed"),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="uploads.media",
                    ),
                ),
                (
                    "requested_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "result",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="uploads.media",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="uploads.media",
                    ),
                ),
                (
                    "token",
                    models.ForeignKey(
                        db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, to="tokens.accesstoken"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="media",
            constraint=models.UniqueConstraint(fields=("organization", "public_id"), name="media_public_id"),
        ),
        migrations.AddIndex(
            model_name="uploadjob",
            index=models.Index(fields=["organization", "source"], name="upload_job_by_source"),
        ),
        migrations.AddIndex(
            model_name="uploadjob",
            index=models.Index(
                condition=models.Q(
                    (
                        "status__in",
                        [
                            orgsync.core.model.JobStatus["QUEUED"],
                            orgsync.core.model.JobStatus["PROCESSING"],
                            orgsync.core.model.JobStatus["HELD"],
                        ],
                    )
                ),
                fields=["organization", "id"],
                name="upload_job_unfinished",
            ),
        ),
        migrations.AddConstraint(
            model_name="uploadjob",
            constraint=models.UniqueConstraint(fields=("organization", "public_id"), name="upload_job_public_id"),
        ),
    ]
