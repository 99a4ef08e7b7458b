import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Account",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                ("email", models.EmailField(max_length=254)),
                ("email_key", models.TextField(unique=True)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revision", models.BigIntegerField(default=0)),
                ("next_learner_id", models.BigIntegerField(default=1)),
                ("leaves_by_status", models.BooleanField(default=True)),
                ("waits_for_start_date", models.BooleanField(default=True)),
                ("reactivates_returners", models.BooleanField(default=True)),
                ("reads_groups_literally", models.BooleanField(default=False)),
                ("blank_clears", models.JSONField(blank=True, default=list)),
                ("date_formats", models.JSONField(blank=True, default=list)),
                ("approval_days", models.PositiveSmallIntegerField(default=7)),
                ("undo_days", models.PositiveSmallIntegerField(default=30)),
                ("attaches_results", models.BooleanField(default=False)),
                ("support_contact", models.TextField(blank=True, default="")),
                ("privacy_contact", models.TextField(blank=True, default="")),
                ("security_contact", models.TextField(blank=True, default="")),
            ],
        ),
        migrations.CreateModel(
            name="Admin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "role",
                    models.CharField(
                        choices=[("owner", "Owner"), ("admin", "Admin"), ("read_only", "Read Only")], max_length=16
                    ),
                ),
                ("learner_id", models.BigIntegerField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, to="orgs.organization"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "account"), name="admin_once_per_organization")
                ],
            },
        ),
    ]
