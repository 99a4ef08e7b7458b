"""Every action that the audit log knows."""

from enum import StrEnum


class Action(StrEnum):
    """What was done; the value is what is stored and printed."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    PASSWORD_RESET = "password_reset"  # nosec B105 # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # nosec B105 # noqa: S105
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    ORGANIZATION_SET_UP = "organization_set_up"
    ROLE_GIVEN = "role_given"
    ADMIN_INVITED = "admin_invited"
    INVITATION_ENDED = "invitation_ended"
    ADMIN_DEACTIVATED = "admin_deactivated"
    ADMIN_LINKED = "admin_linked"
    TOKEN_MADE = "token_made"  # nosec B105 # noqa: S105 - an action's name
    TOKEN_ROTATED = "token_rotated"  # nosec B105 # noqa: S105
    TOKEN_REVOKED = "token_revoked"  # nosec B105 # noqa: S105
    TOKEN_FIRST_USED = "token_first_used"  # nosec B105 # noqa: S105
    APPLICATION_MADE = "application_made"
    APPLICATION_SECRET_ROTATED = "application_secret_rotated"  # nosec B105 # noqa: S105
    APPLICATION_REVOKED = "application_revoked"
    APPLICATION_TOKEN_GIVEN = "application_token_given"  # nosec B105 # noqa: S105
    APPLICATION_REFUSED = "application_refused"
    SIGN_ON_CHANGED = "sign_on_changed"
    SIGN_ON_REFUSED = "sign_on_refused"
    FEED_MADE = "feed_made"
    FEED_CHANGED = "feed_changed"
    SETTINGS_CHANGED = "settings_changed"
    BRANDING_CHANGED = "branding_changed"
    TOLD_CHANGED = "told_changed"
    TEST_MAIL_SENT = "test_mail_sent"
    WEBHOOK_MADE = "webhook_made"
    WEBHOOK_CHANGED = "webhook_changed"
    WEBHOOK_REMOVED = "webhook_removed"
    WEBHOOK_SECRET_ROTATED = "webhook_secret_rotated"  # nosec B105 # noqa: S105
    WEBHOOK_REPLAYED = "webhook_replayed"
    WEBHOOK_DISABLED = "webhook_disabled"
    SANDBOX_MADE = "sandbox_made"
    SANDBOX_RESET = "sandbox_reset"
    GUARD_CHANGED = "guard_changed"
    BLACKOUT_CHANGED = "blackout_changed"
    APPROVALS_CHANGED = "approvals_changed"
    LEARNERS_INVITED = "learners_invited"
    LEARNER_LINK_MADE = "learner_link_made"
    POOL_CHANGED = "pool_changed"
    RECOMMENDATION_RULE_MADE = "recommendation_rule_made"
    RECOMMENDATION_RULE_REMOVED = "recommendation_rule_removed"
    GROUP_MADE = "group_made"
    GROUP_RENAMED = "group_renamed"
    CONTENT_MADE = "content_made"
    CONTENT_CHANGED = "content_changed"
    CONTENT_ARCHIVED = "content_archived"
    CONTENT_IMPORTED = "content_imported"
    CONTENT_EXPORTED = "content_exported"
    GROUPS_EXPORTED = "groups_exported"
    LICENSES_EXPORTED = "licenses_exported"
    REPORT_EXPORTED = "report_exported"
    ACTIVITY_IMPORTED = "activity_imported"
    JOB_ACCEPTED = "job_accepted"
    JOB_HELD = "job_held"
    JOB_FIRST_APPROVED = "job_first_approved"
    JOB_APPROVED = "job_approved"
    JOB_CANCELLED = "job_cancelled"
    JOB_APPLIED = "job_applied"
    JOB_TRIED = "job_tried"
    JOB_UNDONE = "job_undone"
    JOB_FAILED = "job_failed"
    PERMISSIONS_CHANGED = "permissions_changed"
    LEARNER_EDITED = "learner_edited"
    LEARNER_ERASED = "learner_erased"
    ERASURE_LIFTED = "erasure_lifted"
    ERASURE_REQUESTED = "erasure_requested"
    ERASURE_APPROVED = "erasure_approved"
    ERASURE_REJECTED = "erasure_rejected"
    LEAVERS_ANONYMIZED = "leavers_anonymized"
    LEAVERS_REMOVED = "leavers_removed"
    CLAIMS_HANDED_OVER = "claims_handed_over"
    DUPLICATE_DISMISSED = "duplicate_dismissed"
    FILE_DOWNLOADED = "file_downloaded"
    LEARNERS_EXPORTED = "learners_exported"
    JOBS_EXPORTED = "jobs_exported"
    ADMINS_EXPORTED = "admins_exported"
    APPLICATIONS_EXPORTED = "applications_exported"
    AUDIT_EXPORTED = "audit_exported"
    AUDIT_TRIMMED = "audit_trimmed"
    AUDIT_VERIFIED = "audit_verified"


MEANINGS: dict[Action, str] = {
    Action.SIGNED_IN: "An account signed in.",
    Action.SIGNED_OUT: "An account signed out.",
    Action.SIGN_IN_FAILED: "Somebody tried to sign in to an account and was refused, by the password or, where "
    "`reason` says so, by the second factor.",
    Action.PASSWORD_RESET: "An account got a new password by the link of a mail.",
    Action.PASSWORD_CHANGED: "An account changed its password.",
    Action.FACTOR_ADDED: "An account set up a second factor, or got new recovery codes: `factor` says which.",
    Action.FACTOR_REMOVED: "An account removed a second factor: `factor` says which.",
    Action.ORGANIZATION_SET_UP: "The organization was made.",
    Action.ROLE_GIVEN: "An account was given a role, or other rights in it.",
    Action.ADMIN_INVITED: "Somebody was invited to be an admin.",
    Action.INVITATION_ENDED: "An invitation was taken back, or replaced by a newer one.",
    Action.ADMIN_DEACTIVATED: "An admin was deactivated; their sessions and invitations ended.",
    Action.ADMIN_LINKED: "An admin was linked to a learner, or the link was taken away.",
    Action.TOKEN_MADE: "An access token was made.",
    Action.TOKEN_ROTATED: "An access token got a successor, and works itself until a chosen end.",
    Action.TOKEN_REVOKED: "An access token was revoked.",
    Action.TOKEN_FIRST_USED: "An access token was used for the first time.",
    Action.APPLICATION_MADE: "An API application was made.",
    Action.APPLICATION_SECRET_ROTATED: "An API application got another secret; the old one works until a chosen end.",
    Action.APPLICATION_REVOKED: "An API application was revoked, with all of its tokens.",
    Action.APPLICATION_TOKEN_GIVEN: "An API application fetched an access token.",
    Action.APPLICATION_REFUSED: "Somebody asked for a token of an API application and was refused: `reason` says why.",
    Action.SIGN_ON_CHANGED: "Single sign-on was set up, changed, or switched on or off: `changed` says what.",
    Action.SIGN_ON_REFUSED: "Somebody came from the identity provider and was not let in: `reason` says why.",
    Action.FEED_MADE: "A feed was made.",
    Action.FEED_CHANGED: "Settings of a feed were changed; it was paused, resumed or released.",
    Action.SETTINGS_CHANGED: "Settings were changed: which, and numbers and choices before and after.",
    Action.BRANDING_CHANGED: "The organization's logo or colour was changed.",
    Action.TOLD_CHANGED: "Which admin is told of what was changed.",
    Action.TEST_MAIL_SENT: "An admin had a test mail sent to their own address.",
    Action.WEBHOOK_MADE: "A webhook was made.",
    Action.WEBHOOK_CHANGED: "A webhook's address, events or state was changed by a person.",
    Action.WEBHOOK_REMOVED: "A webhook was removed.",
    Action.WEBHOOK_SECRET_ROTATED: "A webhook got another secret; the old one signs too for a while.",
    Action.WEBHOOK_REPLAYED: "Deliveries of a webhook were sent again.",
    Action.WEBHOOK_DISABLED: "A webhook that failed for days was switched off by the server.",
    Action.SANDBOX_MADE: "The organization was made as a sandbox.",
    Action.SANDBOX_RESET: "A sandbox was emptied: how many people and jobs it had held.",
    Action.GUARD_CHANGED: "The limits of a guard were changed.",
    Action.BLACKOUT_CHANGED: "Days on which every job is held were added or removed.",
    Action.APPROVALS_CHANGED: "How many people approve a held job was changed, or for how long that counts.",
    Action.LEARNERS_INVITED: "People were invited to their license by hand, or invited again: how many, or who.",
    Action.LEARNER_LINK_MADE: "An operator made a link that signs a learner in.",
    Action.POOL_CHANGED: "A license pool was made, or its name or seats changed.",
    Action.RECOMMENDATION_RULE_MADE: "A rule was made that recommends content to people with a value of an attribute.",
    Action.RECOMMENDATION_RULE_REMOVED: "A rule that recommends content was removed.",
    Action.GROUP_MADE: "An empty group was made by hand.",
    Action.GROUP_RENAMED: "A group got another name.",
    Action.CONTENT_MADE: "A course, a learning path or a collection was made.",
    Action.CONTENT_CHANGED: "Content was changed, its parts or its audience, or it was offered again.",
    Action.CONTENT_ARCHIVED: "Content was archived.",
    Action.CONTENT_IMPORTED: "Content was made or changed by a file: how much.",
    Action.CONTENT_EXPORTED: "The content, or the people to whom some is assigned, were downloaded.",
    Action.GROUPS_EXPORTED: "The groups, or the people of one of them, were downloaded.",
    Action.LICENSES_EXPORTED: "The license pools, or the people of one of them, were downloaded.",
    Action.ACTIVITY_IMPORTED: "A file of activity was recorded.",
    Action.REPORT_EXPORTED: "A report, or the people behind a line of it, was downloaded.",
    Action.JOB_ACCEPTED: "A file was accepted and its job queued.",
    Action.JOB_HELD: "A job was put on hold for a person to look at.",
    Action.JOB_FIRST_APPROVED: "The first of two people approved the plan of a held job.",
    Action.JOB_APPROVED: "A person approved the plan of a held job.",
    Action.JOB_CANCELLED: "A job was rejected, cancelled, superseded or expired: `reason` says which.",
    Action.JOB_APPLIED: "A job's plan was written to the directory.",
    Action.JOB_TRIED: "A dry run ended; nothing was applied.",
    Action.JOB_UNDONE: "A job's effects were taken back by another job.",
    Action.JOB_FAILED: "A job ended without being applied.",
    Action.PERMISSIONS_CHANGED: "Administrative permissions of people were changed by a job.",
    Action.LEARNER_EDITED: "A person changed values of a learner by hand.",
    Action.LEARNER_ERASED: "An owner erased a person for good.",
    Action.ERASURE_LIFTED: "An owner let files create an erased person again.",
    Action.ERASURE_REQUESTED: "A deletion file asked to erase people.",
    Action.ERASURE_APPROVED: "An owner let people be erased.",
    Action.ERASURE_REJECTED: "An owner rejected a deletion file.",
    Action.LEAVERS_ANONYMIZED: "Leavers were anonymized after the organization's delay.",
    Action.LEAVERS_REMOVED: "Anonymized leavers were removed after the organization's delay.",
    Action.CLAIMS_HANDED_OVER: "People were handed from one feed, or from none, to another.",
    Action.DUPLICATE_DISMISSED: "Two learners were marked as different people.",
    Action.FILE_DOWNLOADED: "A file with personal data was downloaded: `kind` says which.",
    Action.LEARNERS_EXPORTED: "The list of learners was downloaded.",
    Action.JOBS_EXPORTED: "The list of jobs was downloaded.",
    Action.ADMINS_EXPORTED: "The list of admins was downloaded.",
    Action.APPLICATIONS_EXPORTED: "The list of API applications was downloaded.",
    Action.AUDIT_EXPORTED: "The audit log was exported.",
    Action.AUDIT_TRIMMED: "Retention removed old entries.",
    Action.AUDIT_VERIFIED: "The whole chain was recomputed: `holds` says what came of it.",
}
"""One sentence for each action, for the reference page."""
