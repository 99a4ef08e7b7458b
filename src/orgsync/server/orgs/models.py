"""Organizations, the accounts that sign in, and the role an account has in an organization."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models


class Organization(models.Model):
    """The customer: owns everything else."""

    name = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    revision = models.BigIntegerField(default=0)
    """Raised in the same transaction by every write to the directory; a plan is good for one revision."""
    next_learner_id = models.BigIntegerField(default=1)

    leaves_by_status = models.BooleanField(default=True)
    """Whether `worker_status` inactive makes a person a leaver."""
    waits_for_start_date = models.BooleanField(default=True)
    """Whether licenses and invitations wait for `start_date`."""
    reactivates_returners = models.BooleanField(default=True)
    """Whether a leaver whom a file names again comes back by that file."""
    reads_groups_literally = models.BooleanField(default=False)
    """Whether `groups` also takes away memberships made by hand, as LinkedIn does."""
    blank_clears = models.JSONField(default=list, blank=True)
    """Attribute names in which a blank cell empties the value."""
    date_formats = models.JSONField(default=list, blank=True)
    """Further date formats (strftime) that files may use, beside ISO."""
    approval_days = models.PositiveSmallIntegerField(default=7)
    undo_days = models.PositiveSmallIntegerField(default=30)
    attaches_results = models.BooleanField(default=False)
    """Whether result mails carry the results file (at most 5 MB)."""
    guards = models.JSONField(default=dict, blank=True)
    """Limits for all feeds, by guard kind, under those of a feed: {"leavers": {"number": 50}}."""
    blackouts = models.JSONField(default=list, blank=True)
    """Spans of days on which every job is held: [{"from": "2026-12-20", "until": "2027-01-02", "why": "…"}]."""
    requires_second_factor = models.BooleanField(default=False, db_default=False)
    """Whether nothing is open to an admin who has not set up a second factor."""
    needs_second_person = models.BooleanField(default=False)
    """Whether a held job needs the approval of two people."""
    anonymize_after_days = models.PositiveIntegerField(null=True, blank=True)
    """Days after which a leaver is anonymized; null: never."""
    purge_after_days = models.PositiveIntegerField(null=True, blank=True)
    """Days after anonymizing after which a leaver is removed; null: never."""
    source_days = models.PositiveSmallIntegerField(default=7)
    result_days = models.PositiveSmallIntegerField(default=30)
    mail_text_days = models.PositiveSmallIntegerField(default=30)
    timeline_days = models.PositiveIntegerField(default=3 * 365)
    """Days after leaving for which the timeline is kept."""
    audit_days = models.PositiveIntegerField(default=7 * 365)
    time_zone = models.TextField(default="UTC")
    language = models.TextField(blank=True, default="")
    """In which dates and numbers are written; empty: as the reader's browser asks."""
    accent = models.TextField(blank=True, default="")
    """Colour of the pages, `#rrggbb`; empty: orgsync's own."""
    logo_version = models.TextField(blank=True, default="")
    """Digest of the logo; empty without one."""
    reply_to = models.TextField(blank=True, default="")
    invites_learners = models.BooleanField(default=False, db_default=False)
    """Whether somebody who gets a first license is invited by mail."""
    invitation_text = models.TextField(blank=True, default="", db_default="")
    most_invitations = models.PositiveIntegerField(default=1_000, db_default=1_000)
    """How many people one job, or one click, invites."""
    learners_sign_in = models.BooleanField(default=True, db_default=True)
    """Whether learners have pages of their own."""
    learners_need_license = models.BooleanField(default=False, db_default=False)
    learner_session_days = models.PositiveSmallIntegerField(default=14, db_default=14)
    learners_report_progress = models.BooleanField(default=True, db_default=True)
    """Whether learners say themselves how far they are."""
    statements_make_content = models.BooleanField(default=True, db_default=True)
    """Whether an xAPI statement about content that nobody has added adds it."""
    tells_colleagues = models.BooleanField(default=True, db_default=True)
    """Whether colleagues hear of likes, shares and completions."""
    most_learner_mails = models.PositiveSmallIntegerField(default=5, db_default=5)
    """Of shares and digests, to one learner in a day."""
    is_sandbox = models.BooleanField(default=False)
    """For trying things out: marked everywhere, can be emptied, and none of its mails leaves the server."""
    digest_on = models.DateField(null=True, blank=True)
    """The day of the last results digest."""
    support_contact = models.TextField(blank=True, default="")
    privacy_contact = models.TextField(blank=True, default="")
    security_contact = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return self.name


class Logo(models.Model):
    """An organization's picture, apart from its row, which every request reads."""

    organization_id = models.BigIntegerField(primary_key=True)
    content = models.BinaryField()
    content_type = models.TextField()

    def __str__(self) -> str:
        return f"logo of organization {self.organization_id}"


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts by e-mail address; the folded address is the key."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Account":
        account = self.model(email=email.strip(), email_key=email.strip().casefold(), **fields)
        account.set_password(password)
        account.save()
        return account

    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(email_key=(username or "").strip().casefold())


class Account(AbstractBaseUser):
    """Somebody who signs in; may belong to several organizations. Global by design."""

    email = models.EmailField(max_length=254)
    email_key = models.TextField(unique=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "email_key"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.email


class FactorTry(models.Model):
    """A code of a second factor that somebody gave. Global by design, as accounts are; kept for a day."""

    account = models.ForeignKey(Account, models.CASCADE, db_index=False)
    at = models.DateTimeField()
    used = models.BinaryField(default=b"")
    """Keyed hash of a code that was right; empty for a wrong one."""

    class Meta:
        indexes = [models.Index(fields=["account", "at"], name="factor_tries")]

    def __str__(self) -> str:
        return f"second factor of account {self.account_id}"


class Role(models.TextChoices):
    OWNER = "owner"
    ADMIN = "admin"
    SUB_ADMIN = "sub_admin"
    """May do what their rights say (`rights.Right`), for everybody or for the people of some groups."""
    READ_ONLY = "read_only"


class StandingAdmins(models.Manager["Admin"]):
    """Knows only the admins who have not been deactivated."""

    def get_queryset(self) -> models.QuerySet["Admin"]:
        return super().get_queryset().filter(deactivated_at=None)


class Admin(models.Model):
    """An account's role in one organization; may be linked to a learner.

    `objects` leaves out who was deactivated, so that no question of rights can forget to; `everyone` has them all.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    account = models.ForeignKey(Account, models.CASCADE, db_index=False)
    role = models.CharField(max_length=16, choices=Role.choices)
    learner_id = models.BigIntegerField(null=True, blank=True)
    told_of_held = models.BooleanField(default=True)
    told_of_failed = models.BooleanField(default=True)
    told_of_late = models.BooleanField(default=True)
    told_digest = models.BooleanField(default=False)
    grants = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()), blank=True)
    """A sub-admin's rights: name of the right → ids of the groups that it is limited to; null for everybody."""
    is_by_file = models.BooleanField(default=False, db_default=False)
    """Whether the grants follow the permission columns of files."""
    created_at = models.DateTimeField(null=True, blank=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[StandingAdmins] = StandingAdmins()
    everyone: ClassVar[models.Manager["Admin"]] = models.Manager()

    class Meta:
        base_manager_name = "everyone"
        constraints = [
            models.UniqueConstraint(fields=["organization", "account"], name="admin_once_per_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.account} ({self.role})"


class Invitation(models.Model):
    """An invitation to be an admin, by a link in a mail. Only the hash of the link's key is stored."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False)
    email = models.EmailField(max_length=254)
    email_key = models.TextField()
    role = models.CharField(max_length=16, choices=Role.choices)
    grants = models.JSONField(default=dict, blank=True)
    is_by_file = models.BooleanField(default=False)
    learner_id = models.BigIntegerField(null=True, blank=True)
    digest = models.BinaryField(unique=True)
    """SHA-256 of the key in the link; a random secret needs no slow hash."""
    created_by = models.ForeignKey(Account, models.SET_NULL, null=True, db_index=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    """When it was taken back, or replaced by a newer one."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "email_key"],
                condition=models.Q(accepted_at=None, ended_at=None),
                name="invited_once",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"


class SingleSignOn(models.Model):
    """How an organization's admins sign in at its own identity provider, by OpenID Connect."""

    organization = models.OneToOneField(Organization, models.CASCADE)
    public_id = models.TextField(unique=True)
    """Stands in the addresses that the provider knows; never changes."""
    issuer = models.TextField()
    client_id = models.TextField()
    secret = models.BinaryField()
    """Sealed."""
    domains = models.JSONField(default=list, blank=True)
    """Folded e-mail domains by which people find this sign-in."""
    makes_admins = models.BooleanField(default=False)
    """Whether somebody new with an address of these domains becomes a read-only admin at first sign-in."""
    is_on = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"single sign-on {self.public_id}"
