"""Everything that can be set for an organization: pages, commands, the audit log and the reference page read this."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from orgsync.core.columns import ATTRIBUTE_NAMES


class Section(StrEnum):
    """A page of settings; the value is its name in addresses."""

    ORGANIZATION = "organization"
    CONTACTS = "contacts"
    FILES = "files"
    APPROVALS = "approvals"
    LEAVERS = "leavers"
    RETENTION = "retention"
    MAIL = "mail"
    LEARNERS = "learners"


SECTIONS: Final[dict[Section, tuple[str, str]]] = {
    Section.ORGANIZATION: ("Organization", "Its name, time zone and language."),
    Section.CONTACTS: ("Contacts", "Whom people ask; shown in the foot of every page and every mail."),
    Section.FILES: ("How files are read", "What a cell means: blank cells, dates, status, groups."),
    Section.APPROVALS: ("Approvals and undo", "Who decides on a held file, and for how long."),
    Section.LEAVERS: ("Leavers", "What becomes of people who have left."),
    Section.RETENTION: ("Retention", "How long files, mails and the audit log are kept."),
    Section.MAIL: ("Mail", "Where mail comes from, what it carries, and whether it arrives."),
    Section.LEARNERS: ("Learner pages", "Who signs in to learn, what they may say themselves, what colleagues hear."),
}
"""Section → its title and what is in it, in the order in which they are shown."""


class Kind(StrEnum):
    """What a setting holds."""

    TEXT = "text"
    LONG_TEXT = "text of several lines"
    EMAIL = "address"
    FLAG = "yes or no"
    NUMBER = "number"
    NUMBER_OR_NEVER = "number, or never"
    CHOICE = "one of a list"
    SEVERAL = "several of a list"
    LINES = "one a line"
    ZONE = "time zone"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: the only place where its name, limits and wording are written."""

    name: str
    """Of the attribute of `Organization`."""
    section: Section
    kind: Kind
    label: str
    help: str
    default: Any
    unit: str = ""
    minimum: int = 1
    maximum: int = 36_500
    """Of a number; of a text, its length."""
    choices: tuple[tuple[str, str], ...] = ()
    reads_files: bool = False
    """Whether it changes what a row means: then the epoch moves, and every row is compared anew."""

    @property
    def is_told(self) -> bool:
        """Whether the audit log may hold its values: numbers and choices; never a text, which may name a person."""
        return self.kind not in {Kind.TEXT, Kind.LONG_TEXT, Kind.EMAIL}


LANGUAGES: Final = (
    ("", "as the reader's browser asks"),
    ("en", "English (US)"),
    ("en-gb", "English (UK)"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("nl", "Nederlands"),
    ("pt", "Português"),
)


def _flag(name: str, section: Section, label: str, text: str, *, default: bool, reads_files: bool = False) -> Setting:
    return Setting(name, section, Kind.FLAG, label, text, default, reads_files=reads_files)


def _days(name: str, section: Section, label: str, text: str, *, default: int, maximum: int = 36_500) -> Setting:
    return Setting(name, section, Kind.NUMBER, label, text, default, "days", maximum=maximum)


def _contact(name: str, label: str, text: str) -> Setting:
    return Setting(name, Section.CONTACTS, Kind.TEXT, label, text, "", maximum=200)


SETTINGS: Final[tuple[Setting, ...]] = (
    Setting(
        *("name", Section.ORGANIZATION, Kind.TEXT, "Name"),
        "As pages and mails call it. Commands name the organization by it.",
        default=None,
        maximum=200,
    ),
    Setting(
        *("time_zone", Section.ORGANIZATION, Kind.ZONE, "Time zone"),
        "For start and end dates, blackout days, mails and the daily digest, and for pages when a browser does not say "
        "where its reader is.",
        default="UTC",
    ),
    Setting(
        *("language", Section.ORGANIZATION, Kind.CHOICE, "Language of dates and numbers"),
        "How pages write dates and numbers. Their words are English.",
        default="",
        choices=LANGUAGES,
    ),
    _flag(
        *("requires_second_factor", Section.ORGANIZATION, "Second factor"),
        "Whether every admin has to set up an authenticator app or a passkey before anything else is open to them.",
        default=False,
    ),
    _contact("support_contact", "Support", "Who helps when something does not work: a name, an address, a page."),
    _contact("privacy_contact", "Privacy", "Whom people ask about their data."),
    _contact("security_contact", "Security", "Whom to tell of a lost token or anything that looks wrong."),
    _flag(
        *("leaves_by_status", Section.FILES, "An inactive worker_status makes a leaver"),
        "A row that says inactive deactivates the person. Without it the column is only stored.",
        default=True,
        reads_files=True,
    ),
    _flag(
        *("waits_for_start_date", Section.FILES, "Licenses wait for the start date"),
        "Somebody whose start_date is still to come gets licenses and invitations on that day, not before.",
        default=True,
        reads_files=True,
    ),
    _flag(
        *("reactivates_returners", Section.FILES, "A leaver whom a file names again comes back"),
        "Without it such a row is in error (reactivation_held), and the person stays as they are until somebody "
        "reactivates them by hand.",
        default=True,
        reads_files=True,
    ),
    _flag(
        *("reads_groups_literally", Section.FILES, "The groups column takes away memberships made by hand"),
        "As LinkedIn does: the cell is the whole list. Without it a file takes away only what a file gave.",
        default=False,
        reads_files=True,
    ),
    Setting(
        *("blank_clears", Section.FILES, Kind.SEVERAL, "A blank cell empties these attributes"),
        "In every other column a blank cell leaves the stored value alone, and #CLEAR# empties it.",
        default=[],
        choices=tuple((name, name) for name in ATTRIBUTE_NAMES),
        reads_files=True,
    ),
    Setting(
        *("date_formats", Section.FILES, Kind.LINES, "Further date formats"),
        "Beside ISO (2026-03-31), one a line, tried in this order: %d.%m.%Y reads 31.03.2026, %m/%d/%Y reads "
        "03/31/2026. Never give both %d/%m/%Y and %m/%d/%Y.",
        default=[],
        maximum=10,
        reads_files=True,
    ),
    _flag(
        *("needs_second_person", Section.APPROVALS, "A held file needs two people"),
        "Nobody approves alone: the second approval, by somebody else, applies the plan. Bulk actions too.",
        default=False,
    ),
    _days(
        *("approval_days", Section.APPROVALS, "An approval can be given for"),
        "A file that nobody decided on by then is cancelled, and nothing of it was applied.",
        default=7,
        maximum=365,
    ),
    _days(
        *("undo_days", Section.APPROVALS, "A job can be undone for"),
        "After that the timeline still tells what was, but there is no button any more.",
        default=30,
        maximum=3_650,
    ),
    Setting(
        *("anonymize_after_days", Section.LEAVERS, Kind.NUMBER_OR_NEVER, "Anonymize a leaver after"),
        "Name, address, ids, phones, free text and custom values go, from the timeline too; a number that reports "
        "count by stays. Coming back before that cancels. Cannot be undone.",
        *(None, "days"),
    ),
    Setting(
        *("purge_after_days", Section.LEAVERS, Kind.NUMBER_OR_NEVER, "Remove what is left, after anonymizing, after"),
        "The number goes too: reports of the past no longer count the person. Cannot be undone.",
        *(None, "days"),
    ),
    _days(
        *("timeline_days", Section.LEAVERS, "Keep the timeline of a leaver for"),
        "The directory as of a past day is read from it.",
        default=3 * 365,
    ),
    _days(
        *("source_days", Section.RETENTION, "Source files"),
        "What HR sent. Nothing needs it once its job has ended; a file whose job waits is kept.",
        default=7,
        maximum=3_650,
    ),
    _days(
        *("result_days", Section.RETENTION, "Results files and plans"),
        "For looking up what a job did.",
        default=30,
        maximum=3_650,
    ),
    _days(
        *("mail_text_days", Section.RETENTION, "Texts of mails"),
        "That a mail was sent, to whom and when, stays in the outbox.",
        default=30,
        maximum=3_650,
    ),
    _days(
        *("audit_days", Section.RETENTION, "The audit log"),
        "Older entries are removed from its beginning; what remains still verifies.",
        default=7 * 365,
    ),
    Setting(
        *("reply_to", Section.MAIL, Kind.EMAIL, "Replies go to"),
        "The address that an answer to one of our mails is sent to; empty: back to the sender above.",
        default="",
        maximum=254,
    ),
    _flag(
        *("invites_learners", Section.MAIL, "Invite people who get a license"),
        "By mail, once each, with a link that is good for 30 days. The first file of a feed invites nobody: invite "
        "those people from the page of their license.",
        default=False,
    ),
    Setting(
        *("invitation_text", Section.MAIL, Kind.LONG_TEXT, "Text of the invitation"),
        "Stands between the greeting and the link: what the license is for, where to learn. Empty: a sentence of ours.",
        default="",
        maximum=2_000,
    ),
    Setting(
        *("most_invitations", Section.MAIL, Kind.NUMBER, "One job invites at most"),
        "The rest gets the license without an invitation, and the job says so.",
        *(1_000, "people"),
        maximum=10_000,
    ),
    _flag(
        *("attaches_results", Section.MAIL, "Attach the results file"),
        "It names people. Without it a mail holds counts and a link behind sign-in. At most 5 MB.",
        default=False,
    ),
    _flag(
        *("learners_sign_in", Section.LEARNERS, "Learners have pages of their own"),
        "Whoever is active signs in under /learn/ by a link that is mailed to them, or by single sign-on. Switched "
        "off, every learner is signed out at once.",
        default=True,
    ),
    _flag(
        *("learners_need_license", Section.LEARNERS, "Only with a license"),
        "Whether a learner needs an active license of any pool to sign in. Who loses the last one is out at once.",
        default=False,
    ),
    _days(
        *("learner_session_days", Section.LEARNERS, "A learner stays signed in for"),
        "Then a new link is needed. Leaving, and being erased, end it at once.",
        default=14,
        maximum=365,
    ),
    _flag(
        *("learners_report_progress", Section.LEARNERS, "Learners say themselves how far they are"),
        "On a course's page they mark it as begun or completed. Switch it off where the platform tells us by xAPI or "
        "by file: then only that counts.",
        default=True,
    ),
    _flag(
        *("statements_make_content", Section.LEARNERS, "xAPI statements add content"),
        "A statement about a course that is not in the catalogue adds it, where it gives a title. Switched off, such "
        "statements are kept, and count once somebody adds the course.",
        default=True,
    ),
    _flag(
        *("tells_colleagues", Section.LEARNERS, "Colleagues hear of likes, shares and completions"),
        "On the learner's home, and by mail where they want it. Everybody can keep their own to themselves. Switched "
        "off, nobody hears of anybody; recommendations count likes and completions without naming anyone.",
        default=True,
    ),
    Setting(
        *("most_learner_mails", Section.LEARNERS, Kind.NUMBER, "Mails to one learner in a day, at most"),
        "Of shares and digests. What is beyond that waits on the learner's home; sign-in links do not count.",
        *(5, "mails"),
        maximum=50,
    ),
)
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
FILE_POLICIES: Final = tuple(setting.name for setting in SETTINGS if setting.reads_files)
"""What the epoch of a job holds of its organization."""

DATE_PARTS: Final = {frozenset("Ymd"), frozenset("ymd"), frozenset("Ybd"), frozenset("YBd"), frozenset("F")}
DATE_FORMAT: Final = re.compile(r"(?:%[YymdbBF]|[ ./,-]){1,12}")


def settings_in(section: Section) -> Iterator[Setting]:
    """Yield the settings of a section in their order."""
    return (setting for setting in SETTINGS if setting.section is section)


def is_date_format(text: str) -> bool:
    """Tell whether a text is a date format that files may use: each of year, month and day once, with plain marks."""
    parts = re.findall(r"%(.)", text)
    return DATE_FORMAT.fullmatch(text) is not None and frozenset(parts) in DATE_PARTS and len(parts) == len(set(parts))
