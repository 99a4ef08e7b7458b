"""Counts over a whole directory, kept for the next plan."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0015_group_external_id"),
    ]

    operations = [
        migrations.CreateModel(
            name="Headcount",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("feed_id", models.BigIntegerField()),
                ("revision", models.BigIntegerField()),
                ("names", models.JSONField(default=list)),
                ("people", models.BinaryField()),
                ("licenses", models.BinaryField()),
                ("memberships", models.BinaryField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization_id", "feed_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
    ]
