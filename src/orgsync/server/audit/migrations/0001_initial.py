"""The tables of the audit log, and triggers that let entries only be added at one end and trimmed at the other."""

import django.db.models.fields.composite
from django.db import migrations, models

GUARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION audit_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Retention moves the checkpoint first; only what lies before it may go.
    IF EXISTS (SELECT FROM audit_audithead
                WHERE organization_id = OLD.organization_id AND kept_from > OLD.number) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit entries are removed by retention alone' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE FUNCTION audit_keep_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.organization_id = OLD.organization_id
       AND NEW.number >= OLD.number AND NEW.kept_from >= OLD.kept_from THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the head of the audit log only moves on' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER never_changed BEFORE UPDATE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE ON audit_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_removal();
CREATE TRIGGER only_moves_on BEFORE UPDATE OR DELETE ON audit_audithead
    FOR EACH ROW EXECUTE FUNCTION audit_keep_head();
"""
UNGUARD = """
DROP TRIGGER only_moves_on ON audit_audithead;
DROP TRIGGER never_removed ON audit_auditentry;
DROP TRIGGER never_changed ON audit_auditentry;
DROP FUNCTION audit_keep_head();
DROP FUNCTION audit_refuse_removal();
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("number", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("actor_kind", models.TextField()),
                ("actor_id", models.BigIntegerField(null=True)),
                ("action", models.TextField()),
                ("ids", models.JSONField(default=dict)),
                ("veiled", models.JSONField(default=dict)),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
                (
                    "pk",
                    django.db.models.fields.composite.CompositePrimaryKey(
                        "organization_id", "number", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["organization_id", "at"], name="audit_entry_by_time"),
                    models.Index(fields=["organization_id", "action", "number"], name="audit_entry_by_action"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AuditHead",
            fields=[
                ("organization_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(default=0)),
                ("hash", models.BinaryField(default=b"")),
                ("kept_from", models.BigIntegerField(default=1)),
                ("kept_after", models.BinaryField(default=b"")),
            ],
        ),
        migrations.CreateModel(
            name="PersonKey",
            fields=[
                ("organization_id", models.BigIntegerField()),
                ("learner_id", models.BigIntegerField()),
                ("key", models.BinaryField()),
                (
                    "pk",
                    django.db.models.fields.composite.CompositePrimaryKey(
                        "organization_id", "learner_id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
