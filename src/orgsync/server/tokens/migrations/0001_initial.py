import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("directory", "0001_initial"),
        ("orgs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CallCount",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("token_id", models.BigIntegerField()),
                ("hour", models.DateTimeField()),
                ("uploads", models.PositiveIntegerField(default=0)),
                ("others", models.PositiveIntegerField(default=0)),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id",
                        "token_id",
                        "hour",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.TextField()),
                ("prefix", models.CharField(max_length=16)),
                ("digest", models.BinaryField(unique=True)),
                ("scopes", models.JSONField(default=list)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("last_used_from", models.GenericIPAddressField(blank=True, null=True)),
                ("notify_addresses", models.JSONField(default=list)),
                ("emails_creator", models.BooleanField(default=True)),
                ("mails_in_manual_mode", models.BooleanField(default=False)),
                ("allowed_networks", models.JSONField(default=list)),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
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
            ],
            options={
                "indexes": [models.Index(fields=["organization", "feed"], name="token_by_feed")],
            },
        ),
    ]
