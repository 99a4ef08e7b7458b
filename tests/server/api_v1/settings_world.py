"""One of everything that /api/v1 knows of settings, admins, tokens and reports, and bodies that are good for it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from orgsync.server.admins.inviting import invite
from orgsync.server.hooks.models import Delivery, Webhook
from orgsync.server.hooks.secrets import sealed_key
from orgsync.server.hooks.signing import make_key
from orgsync.server.learning.models import ActivityImport, ContentImport, RecommendationRule
from orgsync.server.notify.models import OutboxMail
from orgsync.server.orgs.models import Admin, Role
from orgsync.server.reports.models import Rhythm
from orgsync.server.reports.questions import Question
from orgsync.server.reports.saving import save_report
from orgsync.server.tokens.applications import Wanted, make_application
from orgsync.server.tokens.scopes import Scope
from orgsync.server.tokens.tokens import make_token
from tests.job_world import make_admin
from tests.server.pipeline.pipeline_world import MONDAY, World

BODIES_OF_SETTINGS: dict[str, dict[str, Any]] = {
    "keep_report": {"name": "Hours"},
    "make_recommendation_rule": {"attribute": "work_title", "value": "Cook", "skill": "Knives"},
    "send_content_file": {"csv": "key,title\na,A"},
    "send_activity_file": {"csv": "person,content,verb,at"},
    "merge_spellings": {"attribute": "work_title", "keep": "Cook"},
    "give_role": {"role": "read_only"},
    "link_admin": {"email": ""},
    "invite_admin": {"email": "eve@example.com", "role": "read_only"},
    "make_access_token": {"name": "Another", "feed": 1, "scopes": ["sync"]},
    "make_api_application": {"name": "Another", "scopes": ["plans:read"]},
    "set_sign_on": {"issuer": "https://login.example.com", "client_id": "orgsync"},
    "make_webhook": {"url": "https://example.com/hook", "events": ["job.done"]},
    "change_organization_settings": {"values": {"language": "de"}},
    "set_guards": {"guards": {"leavers": {"number": 5}}},
    "make_blackout": {"first": "2026-12-24", "last": "2026-12-26", "why": "Holidays"},
    "take_blackout_back": {"first": "2026-12-24"},
    "change_told": {"items": [{"admin": 1, "of": ["told_of_held"]}]},
    "change_accent": {"accent": "#336699"},
    "change_logo": {"content": None},
    "make_sandbox_organization": {"name": "Play", "people": 50},
    "reset_sandbox_organization": {"name": "Play"},
}
OPEN_TO_READERS = frozenset({"keep_report"})
"""What an admin may write who otherwise only reads: reports that are their own."""


def fill_settings(world: World, content_id: int) -> dict[str, int]:
    """Give the organization one of everything; return the ids that stand in addresses, by parameter."""
    organization, mine, now = world.organization, world.mine, timezone.now()
    owner = Admin.objects.select_related("organization", "account").get(**mine, account=world.owner)
    helper = make_admin(organization, "helper@example.com", Role.ADMIN)
    token, _ = make_token(
        organization,
        world.feed,
        "Nightly",
        scopes=[Scope.PLANS_READ],
        expires_at=now + timedelta(days=9),
        created_by=world.owner,
    )
    program, _ = make_application(
        organization, Wanted("Console", None, [Scope.PLANS_READ], None), created_by=world.owner, now=now
    )
    webhook = Webhook.objects.create(
        **mine,
        url="https://example.com/hook",
        events=["job.done"],
        secret=sealed_key(world.id, make_key()),
        created_at=now,
    )
    delivery = Delivery.objects.create(
        **mine, webhook=webhook, once="a", message_id="msg_a", event="job.done", body="{}", created_at=now
    )
    mail = OutboxMail.objects.create(
        **mine, kind="test", recipient="bo@example.com", subject="Test", body="Text", message_id="<a@b>", created_at=now
    )
    rule = RecommendationRule.objects.create(
        **mine, attribute="work_title", value="Cook", value_key="cook", content_id=content_id, made_at=MONDAY
    )
    report = save_report(organization, world.owner, "Hours", Question(), is_shared=False, rhythm=Rhythm.NEVER, now=now)
    return {
        "admin_id": Admin.objects.get(**mine, account=helper).pk,
        "invitation_id": invite(organization, "fay@example.com", Role.READ_ONLY, {}, by=owner, now=now).pk,
        "token_id": token.pk,
        "application_id": program.pk,
        "webhook_id": webhook.pk,
        "delivery_id": delivery.pk,
        "mail_id": mail.pk,
        "rule_id": rule.pk,
        "report_id": report.pk,
        "import_id": ContentImport.objects.create(**mine, source=b"key,title\na,A", made_at=now).pk,
        "activity_import_id": ActivityImport.objects.create(
            **mine, source=b"person,content,verb,at\nana@example.com,a,viewed,2026-03-02", made_at=now
        ).pk,
    }
