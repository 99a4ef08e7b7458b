"""What the pages of the Account Center do, and the call of our own API for it; the exceptions have a reason."""

from collections.abc import Callable
from typing import Final

from docs.api_parts import api_calls

CALLS: Final[dict[str, tuple[str, ...]]] = {
    "home": ("show_home",),
    "learners": ("list_learners",),
    "learners-download": ("send_learners", "send_learners_as_of"),
    "learners-change": ("change_learners",),
    "learner-add": ("add_learner",),
    "learner": ("show_learner", "list_timeline", "list_assigned"),
    "learner-edit": ("change_learner",),
    "learner-change": ("change_learner", "deactivate_learner", "reactivate_learner"),
    "learner-invite": ("invite_learner",),
    "learner-erase": ("erase_learner",),
    "erasures": ("list_erasures", "list_erasure_requests"),
    "erasure": ("show_erasure",),
    "erasure-lift": ("lift_tombstone",),
    "erasure-request": ("show_erasure_request",),
    "erasure-decide": ("approve_erasure_request", "reject_erasure_request"),
    "groups": ("list_groups", "make_empty_group"),
    "groups-download": ("list_groups",),
    "group-rule-new": ("make_rule_group", "try_rule"),
    "group": ("show_group", "list_members", "rename", "delete_group"),
    "group-download": ("list_members",),
    "group-people": ("change_members",),
    "group-rule": ("change_rule", "delete_rule", "try_rule"),
    "group-find-why": ("why_in_group",),
    "group-why": ("why_in_group",),
    "duplicates": ("list_duplicates",),
    "duplicates-download": ("list_duplicates",),
    "duplicate": ("merge", "dismiss"),
    "spellings": ("list_spellings", "merge_spellings", "list_custom_attributes"),
    "upload-template": ("show_catalogue",),
    "jobs": ("list_jobs",),
    "jobs-download": ("list_jobs",),
    "job": ("show_job", "list_messages", "list_events"),
    "job-progress": ("show_job",),
    "job-plan": ("show_plan", "list_plan"),
    "job-download": ("send_file",),
    "job-decide": ("approve", "reject", "cancel", "undo"),
    "job-undo": ("undo",),
    "feeds": ("list_feeds", "make_feed", "order_feed"),
    "feed": ("show_feed", "change_feed_settings", "pause_feed", "resume_feed", "release", "hand_over_people"),
    "reports": ("run_report", "list_kept_reports", "run_kept_report"),
    "reports-save": ("keep_report", "forget_report"),
    "reports-people": ("list_people_behind",),
    "reports-story": ("show_story",),
    "reports-download": ("send_report", "send_people_behind"),
    "activity-imports": ("send_activity_file",),
    "activity-import": ("show_activity_import", "apply_activity_import"),
    "licenses": ("list_pools", "make_pool"),
    "licenses-download": ("list_pools",),
    "license": ("show_pool", "change_pool_settings", "list_holders", "list_pool_days"),
    "license-download": ("list_holders",),
    "license-invite": ("invite_holders",),
    "license-people": ("change_holders",),
    "recommendations": ("list_recommendation_rules", "make_recommendation_rule"),
    "recommendations-count": ("count_recommended",),
    "recommendations-download": ("list_recommendation_rules",),
    "recommendation-remove": ("remove_recommendation_rule",),
    "contents": ("list_contents",),
    "contents-download": ("list_contents",),
    "content-new": ("make_content_item",),
    "content-imports": ("send_content_file",),
    "content-import": ("show_content_import", "apply_content_import"),
    "assignments": ("list_assignments",),
    "assignments-download": ("list_assignments",),
    "assignment": ("list_assignments", "list_people_of_assignment", "end_assignment"),
    "assignment-download": ("list_people_of_assignment",),
    "content": ("show_content", "show_curation", "list_people_of_content"),
    "content-download": ("list_people_of_content",),
    "content-edit": ("change_content_item",),
    "content-curate": ("curate",),
    "content-archive": ("change_content_item",),
    "content-assign": ("make_assignment",),
    "authenticate": ("list_tokens", "show_token", "make_access_token"),
    "single-sign-on": ("show_sign_on", "set_sign_on"),
    "token-rotate": ("rotate_access_token",),
    "token-revoke": ("revoke_access_token",),
    "applications": ("list_applications", "show_application", "make_api_application"),
    "applications-download": ("list_applications",),
    "application-rotate": ("rotate_application_secret",),
    "application-revoke": ("revoke_api_application",),
    "audit": ("list_entries", "show_audit_state"),
    "audit-download": ("send_audit",),
    "audit-verify": ("verify_audit",),
    "outbox": ("list_mails",),
    "outbox-mail": ("show_outbox_mail",),
    "admins": ("list_admins", "list_admin_invitations", "invite_admin"),
    "admins-download": ("list_admins",),
    "admin": ("show_admin", "give_role", "link_admin", "remove_admin", "bring_admin_back"),
    "invitation-withdraw": ("withdraw_invitation",),
    "settings": ("list_settings",),
    "settings-section": ("list_settings", "change_organization_settings", "show_mail"),
    "settings-branding": ("show_branding", "change_accent", "change_logo"),
    "settings-guards": ("list_guards", "set_guards"),
    "settings-blackouts": ("list_blackouts", "make_blackout"),
    "settings-blackout-remove": ("take_blackout_back",),
    "settings-mail-test": ("send_test_mail",),
    "settings-mail-outcome": ("show_mail",),
    "settings-told": ("list_told", "change_told"),
    "settings-sandbox": ("show_organization", "make_sandbox_organization", "reset_sandbox_organization"),
    "settings-webhooks": ("list_webhooks", "make_webhook"),
    "webhook": ("show_webhook", "change_webhook", "remove_webhook", "send_test_event", "rotate_webhook_secret"),
    "webhook-replay": ("replay_deliveries", "list_deliveries"),
    "delivery": ("show_delivery",),
}
"""Name of a page's address → the operations that do what it does."""
EXCEPTIONS: Final[dict[str, str]] = {
    "start": "leads on to the sign-in",
    "setup": "sets up a server that has nobody yet, by the key in its log",
    "organizations": "a person's choice; a token belongs to one organization",
    "invitation": "a person takes an invitation up, with a password of their own",
    "activate": "a learner follows the link in their mail",
    "deletion": "a file that names whom to erase is sent by the wire; then: `GET /api/v1/erasure-requests`",
    "upload": "files are sent by the wire, which streams them; `dry_run=true` looks first",
    "upload-preview": "a dry run by the wire, and its plan",
    "activity-template": "a file's columns are in the reference",
    "content-template": "a file's columns are in the reference",
    "branding-css": "how pages look",
    "logo": "how pages look",
    "help": "help with the pages",
}
"""Name of a page's address → why no call does what it does."""
ACCOUNT: Final = (
    "Everything below `/accounts/` and `/learn/` (signing in and out, passwords, the second factor, sessions; what a "
    "learner does for themselves) is a person's own and has no call: a program has its token."
)


def page_calls() -> str:
    """Return the table of pages and calls, and the exceptions."""
    calls = api_calls()
    lines = ["| page | calls |", "| --- | --- |"]
    for name, address in _addresses().items():
        if name in CALLS:
            lines.append(f"| `{address}` | {', '.join(f'`{calls[call]}`' for call in CALLS[name])} |")
    named = [f"- `{_addresses()[name]}`: {why}." for name, why in EXCEPTIONS.items()]
    return "\n".join([*lines, "", "No call does what these pages do:", "", *named, "", ACCOUNT])


def _addresses() -> dict[str, str]:
    """Return the addresses of the Account Center's pages by their names."""
    # Its modules hold models, which are there only once the API's document is.
    from orgsync.server.web.urls import urlpatterns  # noqa: PLC0415

    return {str(one.name): f"/{one.pattern}" for one in urlpatterns}


SECTIONS: Final[dict[str, Callable[[], str]]] = {"page-calls": page_calls}
