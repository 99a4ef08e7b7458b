import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orgs", "0001_initial"),
    ]

    operations = [
        # Not an identity column: its default is named in the model, so that COPY and bulk_create may leave it out.
        # Without CACHE, so that a learner's ids follow the order of the writes also across sessions.
        migrations.RunSQL(
            "CREATE SEQUENCE directory_learnerchange_id AS bigint",
            "DROP SEQUENCE directory_learnerchange_id",
        ),
        migrations.CreateModel(
            name="PermissionGrant",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("permission", models.TextField()),
                ("scope", models.TextField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "permission",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Claim",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("feed_id", models.BigIntegerField()),
                ("fingerprint", models.BigIntegerField(null=True)),
                ("version", models.BigIntegerField(null=True)),
                ("epoch", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "feed_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "feed_id"], name="claim_by_feed")],
            },
        ),
        migrations.CreateModel(
            name="Learner",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("id", models.BigIntegerField()),
                (
                    "version",
                    models.BigIntegerField(
                        db_default=django.db.models.expressions.RawSQL("pg_current_xact_id()::text::bigint", []),
                        editable=False,
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("is_protected", models.BooleanField(default=False)),
                ("primary_email_address", models.TextField()),
                ("email_key", models.TextField(db_collation="C", null=True)),
                ("unique_user_id", models.TextField(db_collation="C", null=True)),
                ("preferred_first_name", models.TextField(null=True)),
                ("preferred_last_name", models.TextField(null=True)),
                ("work_title", models.TextField(null=True)),
                ("department_name", models.TextField(null=True)),
                ("job_function", models.TextField(null=True)),
                ("job_level", models.TextField(null=True)),
                ("worker_type", models.TextField(null=True)),
                ("worker_status", models.TextField(null=True)),
                ("start_date", models.DateField(null=True)),
                ("end_date", models.DateField(null=True)),
                ("country_code", models.TextField(null=True)),
                ("work_phone_number", models.TextField(null=True)),
                ("mobile_phone_number", models.TextField(null=True)),
                ("profile_description", models.TextField(null=True)),
                ("custom", models.JSONField(default=dict)),
                ("manager_id", models.BigIntegerField(null=True)),
                ("pending_manager_id", models.TextField(null=True)),
                ("pending_manager_email", models.TextField(null=True)),
                ("created_at", models.DateTimeField()),
                ("created_job_id", models.BigIntegerField(null=True)),
                ("created_row", models.BigIntegerField(null=True)),
                ("deactivated_at", models.DateTimeField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization_id", "email_key"), name="learner_email"),
                    models.UniqueConstraint(
                        fields=("organization_id", "unique_user_id"), name="learner_unique_user_id"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LearnerChange",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                (
                    "id",
                    models.BigIntegerField(
                        db_default=django.db.models.expressions.RawSQL("nextval('directory_learnerchange_id')", [])
                    ),
                ),
                ("at", models.DateTimeField()),
                ("job_id", models.BigIntegerField(null=True)),
                ("row_number", models.BigIntegerField(null=True)),
                ("attribute", models.TextField()),
                ("before", models.TextField(null=True)),
                ("after", models.TextField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "job_id"], name="learner_change_by_job")],
            },
        ),
        migrations.CreateModel(
            name="LicenseAssignment",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("pool_id", models.BigIntegerField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("active", "Active"),
                            ("waiting", "Waiting"),
                            ("scheduled", "Scheduled"),
                            ("denied", "Denied"),
                        ]
                    ),
                ),
                ("is_by_hand", models.BooleanField(default=False)),
                ("position", models.BigIntegerField(null=True)),
                ("since", models.DateTimeField()),
                ("since_job_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "pool_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "pool_id", "state"], name="license_by_pool")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("group_id", models.BigIntegerField()),
                ("reasons", models.SmallIntegerField()),
                ("since", models.DateTimeField()),
                ("since_job_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "group_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "group_id"], name="membership_by_group")],
            },
        ),
        migrations.CreateModel(
            name="PastLicense",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("pool_id", models.BigIntegerField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("active", "Active"),
                            ("waiting", "Waiting"),
                            ("scheduled", "Scheduled"),
                            ("denied", "Denied"),
                        ]
                    ),
                ),
                ("is_by_hand", models.BooleanField(default=False)),
                ("since", models.DateTimeField()),
                ("since_job_id", models.BigIntegerField(null=True)),
                ("until", models.DateTimeField()),
                ("until_job_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "pool_id",
                        "until",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "until_job_id"], name="past_license_by_job")],
            },
        ),
        migrations.CreateModel(
            name="PastMembership",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("group_id", models.BigIntegerField()),
                ("reasons", models.SmallIntegerField()),
                ("since", models.DateTimeField()),
                ("since_job_id", models.BigIntegerField(null=True)),
                ("until", models.DateTimeField()),
                ("until_job_id", models.BigIntegerField(null=True)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "learner_id",
                        "group_id",
                        "until",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organization_id", "until_job_id"], name="past_membership_by_job")],
            },
        ),
        migrations.CreateModel(
            name="CustomAttribute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("created_job_id", models.BigIntegerField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "name"), name="custom_attribute_name")],
            },
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                (
                    "mode",
                    models.CharField(
                        choices=[("full", "full"), ("changes", "changes"), ("additions_only", "additions_only")],
                        default="changes",
                        max_length=16,
                    ),
                ),
                (
                    "rows",
                    models.CharField(
                        choices=[("good_rows", "good_rows"), ("all_or_nothing", "all_or_nothing")],
                        default="good_rows",
                        max_length=16,
                    ),
                ),
                ("rank", models.PositiveIntegerField(default=0)),
                ("guards", models.JSONField(blank=True, default=dict)),
                ("is_paused", models.BooleanField(default=False)),
                ("holds_next", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_fields", models.JSONField(blank=True, default=list)),
                ("last_rows", models.PositiveIntegerField(blank=True, null=True)),
                ("last_applied_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "name"), name="feed_name")],
            },
        ),
        migrations.CreateModel(
            name="Group",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("name_key", models.TextField(db_collation="C")),
                ("is_rule", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("created_job_id", models.BigIntegerField(null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "name_key"), name="group_name")],
            },
        ),
        migrations.CreateModel(
            name="Pool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.TextField(db_collation="C")),
                ("name", models.TextField()),
                ("seats", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("organization", "key"), name="pool_key")],
            },
        ),
    ]
