from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notify", "0001_initial"),
        ("orgs", "0001_initial"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="outboxmail",
            index=models.Index(fields=["organization", "-id"], name="mail_newest"),
        ),
    ]
