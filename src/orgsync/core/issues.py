"""The catalogue of issue kinds: stable codes, severities and wording, the same in server and client.

An issue is one finding about a file, a row or a cell; frames of them are made in `core.issuerows`.
"""

from dataclasses import dataclass
from typing import Final

from orgsync.core.model import Severity


@dataclass(frozen=True, slots=True)
class IssueKind:
    """One entry of the catalogue."""

    code: str
    severity: Severity
    wording: str
    """Format string; its fields are given by the finder."""
    mend: str
    """What the sender can do about it, for the reference page and the mail."""


@dataclass(frozen=True, slots=True)
class FileIssue:
    """An issue of the whole file or of one header."""

    kind: IssueKind
    message: str
    column: str | None = None


def _error(code: str, wording: str, mend: str) -> IssueKind:
    return IssueKind(code, Severity.ERROR, wording, mend)


def _warning(code: str, wording: str, mend: str) -> IssueKind:
    return IssueKind(code, Severity.WARNING, wording, mend)


# --- the file -------------------------------------------------------------------------------------------
EMPTY_FILE = _error("empty_file", "The file is empty.", "Export again; nothing was applied.")
NO_HEADER = _error("no_header", "The file has no header row.", "The first row must name the columns.")
NOT_CSV = _error("not_csv", "The file looks like {looks_like}, not CSV.", "Save it as CSV (UTF-8) and send that.")
TOO_LARGE = _error("too_large", "{what} is over the limit of {limit}.", "Split the file, or ask for a higher limit.")
DUPLICATE_HEADER = _error(
    "duplicate_header", "The header {header} stands in columns {positions}.", "Keep one of the columns."
)
NO_KEY_COLUMN = _error(
    "no_key_column",
    "The file has neither an e-mail column nor a unique user id column.",
    "Add primary_email_address or unique_user_id.",
)
NO_ROWS_FULL = _error(
    "no_rows_full", "A full file without a single data row would remove everybody.", "Check the export."
)
ROW_COUNT_MISMATCH = _error(
    "row_count_mismatch",
    "X-Row-Count says {expected} data rows, the file has {found}.",
    "Export and send again.",
)
DELETION_NOT_ALLOWED = _error(
    "deletion_not_allowed",
    "A file with exactly primary_email_address and unique_id asks to erase people; this token may not.",
    "Use the User deletion panel; for a sync, call the id column unique_user_id.",
)
NO_ROWS = _warning("no_rows", "The file has a header but no data row.", "Nothing to do if that was meant.")
ENCODING_GUESSED = _warning("encoding_guessed", "The file is not UTF-8; it was read as {encoding}.", "Export as UTF-8.")
MOJIBAKE = _warning(
    "mojibake", "Text such as {example} (row {row}) looks like UTF-8 read as Latin-1.", "Export as UTF-8."
)
LOSSY_ENCODING = _warning(
    "lossy_encoding",
    "Names with “?” (first rows: {rows}) suggest that letters were lost on the way.",
    "Send the file as bytes (curl --form): Windows PowerShell turns strings into Latin-1.",
)
HEADER_SPELLING = _warning(
    "header_spelling", "The header {found} was read as {expected}.", "Write the header exactly as documented."
)
UNKNOWN_COLUMN = _warning(
    "unknown_column", "The column {found} is not known and was ignored.{hint}", "See the CSV reference."
)
UNKNOWN_LICENSE = _warning(
    "unknown_license",
    "The license column {found} fits no license pool and was ignored.",
    "Make the pool under Licenses, or leave the column out.",
)
UNNAMED_COLUMN = _warning(
    "unnamed_column",
    "Column {position} has no header and no values; it was dropped.",
    "Remove the trailing delimiter.",
)
NAMELESS_COLUMN = _warning(
    "nameless_column",
    "Column {position} has no header; what it holds was ignored.",
    "Give the column a header, or leave it out.",
)
NOT_SUPPORTED = _warning(
    "not_supported",
    "The column {found} is known but not supported; it was ignored.",
    "Use the permission columns.",
)
NOT_ALLOWED = _warning(
    "not_allowed",
    "{column} was ignored: the token may not change permissions.",
    "Use a token with permissions:write.",
)

# --- the shape of a row ---------------------------------------------------------------------------------
SHORT_ROW = _error(
    "short_row",
    "The row has {found} cells, the header has {expected}.",
    "Quote cells that hold the delimiter or a line break.",
)
LONG_ROW = _error(
    "long_row",
    "The row has {found} cells, the header has {expected}.",
    "Quote cells that hold the delimiter.",
)
UNCLOSED_QUOTE = _error(
    "unclosed_quote",
    "A quote opened in this row is never closed.",
    "Close the quote, or double it inside the cell.",
)
BROKEN_QUOTE = _error("broken_quote", "A quote stands where none may stand.", "Double quotes inside a quoted cell.")
NUL_BYTE = _error("nul_byte", "The row holds a NUL byte.", "Export again; the file may be damaged.")
CELL_TOO_LARGE = _error("cell_too_large", "A cell is larger than {limit} bytes.", "Shorten the cell.")

# --- one cell -------------------------------------------------------------------------------------------
TOO_LONG = _error("too_long", "{column} is longer than {limit} characters.", "Shorten the value.")
INVALID_EMAIL = _error(
    "invalid_email", "{column} is not an e-mail address.", "Write name@example.com, at most 254 characters."
)
INVALID_VALUE = _error("invalid_value", "{column} must be one of: {allowed}.", "Use one of the values listed.")
INVALID_DATE = _warning(
    "invalid_date", "{column} is not a date that can be read; the value was ignored.", "Write YYYY-MM-DD."
)
CONTROL_CHARACTER = _error("control_character", "{column} holds a control character.", "Remove the character.")
CLEAR_IDENTITY = _error(
    "clear_identity", "{column} identifies the person and cannot be cleared.", "Leave the cell blank."
)
EMAILS_DIFFER = _error(
    "emails_differ",
    "primary_email_address and invited_email_address are the same field and differ.",
    "Keep one column.",
)
IDS_DIFFER = _error("ids_differ", "{columns} are the same field and differ.", "Keep one column.")
DOMAIN_ONLY = _error(
    "domain_only",
    "With domain_name_change only the part behind @ may change.",
    "Correct the new address, or leave domain_name_change out.",
)
SCIENTIFIC_ID = _error(
    "scientific_id",
    "{column} looks like a number that a spreadsheet has rewritten (1.2E+05).",
    "Export the id as text.",
)
SCIENTIFIC_ID_KNOWN = _warning(
    "scientific_id_known",
    "{column} looks like a number that a spreadsheet has rewritten; the person was found by e-mail.",
    "Export the id as text.",
)
LEADING_ZEROS_LOST = _warning(
    "leading_zeros_lost", "{column} equals the stored id without its leading zeros.", "Export the id as text."
)
NEAR_DUPLICATE_VALUE = _warning(
    "near_duplicate_value",
    "{column}: “{value}” differs only in case or blanks from “{other}”.",
    "Choose one spelling; reports tell them apart.",
)
GROUP_ADDED_AND_REMOVED = _error(
    "group_added_and_removed", "The group {group} is both added and removed.", "Keep one of the two."
)
INVALID_GROUP_LIST = _error(
    "invalid_group_list",
    "{column} is not a list of group names.",
    "Separate names by commas; quote a name that holds one.",
)

# --- who is meant ---------------------------------------------------------------------------------------
NO_KEY = _error("no_key", "The row has neither an e-mail address nor a unique user id.", "Give at least one of them.")
NEW_WITHOUT_EMAIL = _error(
    "new_without_email",
    "No learner has this unique user id, and a new learner needs an e-mail address.",
    "Add the address.",
)
DUPLICATE_PROFILE = _error(
    "duplicate_profile",
    "The id and the address belong to two different learners.",
    "Correct one of them, or merge the two learners.",
)
ID_MISMATCH = _error(
    "id_mismatch",
    "The learner with this address has another unique user id.",
    "Use new_unique_user_id to change an id.",
)
POSSIBLE_REHIRE = _error(
    "possible_rehire",
    "The address belongs to an inactive learner with another id.",
    "Join the two, or free the address.",
)
UNKNOWN_EXISTING_EMAIL = _error(
    "unknown_existing_email",
    "No learner has the address in existing_email_address.",
    "Check the old address.",
)
EMAIL_TAKEN = _error(
    "email_taken",
    "The address belongs to another learner who keeps it.",
    "Change the other learner's address first or in the same file.",
)
ID_TAKEN = _error(
    "id_taken",
    "The unique user id belongs to another learner who keeps it.",
    "Change the other learner's id first or in the same file.",
)
DUPLICATE_ROW = _warning("duplicate_row", "The row equals row {row}; it was applied once.", "Remove one of the two.")
CONFLICTING_ROW = _error(
    "conflicting_row", "Row {row} already speaks of this person and differs.", "Keep one row a person."
)
END_DATE_PASSED = _warning(
    "end_date_passed",
    "worker_status is active, but the last day is over: the person is a leaver.",
    "Move or clear end_date when the person is still there.",
)
ERASED_PERSON = _error(
    "erased_person",
    "The row names a person who was erased.",
    "Take the row out of the export; an owner can lift the erasure.",
)
ERASED_MANAGER = _warning(
    "erased_manager",
    "The manager is a person who was erased; the cell was ignored.",
    "Name another manager.",
)
REACTIVATION_HELD = _error(
    "reactivation_held",
    "The person left and may not come back by a file.",
    "Reactivate the person in the Account Center.",
)

# --- managers, groups, licenses -------------------------------------------------------------------------
UNKNOWN_MANAGER = _warning(
    "unknown_manager",
    "No learner is known as the manager {reference}; the link is made when one appears.",
    "Add the manager to the file.",
)
MANAGER_EMAIL_DIFFERS = _warning(
    "manager_email_differs",
    "The manager's id counts; the address given belongs to someone else.",
    "Correct manager_primary_email_address.",
)
MANAGER_LOOP = _warning("manager_loop", "The managers form a loop: {loop}.", "Correct one of the managers.")
OWN_MANAGER = _warning(
    "own_manager", "A person cannot be their own manager; the manager was ignored.", "Correct the manager."
)
RULE_GROUP = _warning("rule_group", "{group} is filled by a rule; a file does not change it.", "Change the rule.")
NO_SEAT = _warning("no_seat", "No seat is free in {pool}; the person waits.", "Free or add seats.")
NOT_INVITED = _warning(
    "not_invited",
    "No invitation was sent: this job has invited {limit} people already.",
    "Invite them from the page of their license, or allow more in the settings.",
)
MERGE_REFUSED = _error(
    "merge_refused",
    "The other record cannot go: it is gone already, belongs to an admin, or is edited too.",
    "Keep the admin's record, and merge two records at a time.",
)
KEPT_BY_HAND = _warning("kept_by_hand", "{what} was set by hand and stays.", "Lift the local override.")
LEAVER_KEEPS_NO_LICENSE = _warning(
    "leaver_keeps_no_license",
    "worker_status inactive beats {column} active: no license was granted.",
    "Nothing to do.",
)
OWNED_BY_OTHER_FEED = _warning(
    "owned_by_other_feed",
    "{column} is owned by the feed {feed}; the value was ignored.",
    "Change the order of feeds.",
)
SKIPPED_BY_MODE = _warning(
    "skipped_by_mode", "{what} was left out: the file only adds.", "Use the mode changes or full."
)
ADMIN_PROTECTED = _warning(
    "admin_protected",
    "The person is an admin; an owner has to approve this change.",
    "Ask an owner to approve.",
)
REMOVAL_LATER = _warning(
    "removal_later",
    "{what} is left for later: only additions were approved.",
    "Approve or reject the held job with the rest of the file.",
)
OVERTAKEN = _warning(
    "overtaken",
    "{what} stays as a later file of this feed wrote it.",
    "Nothing to do, unless the held file was the better one: then send it again.",
)

# --- undo -----------------------------------------------------------------------------------------------
UNDO_CONFLICT = _warning(
    "undo_conflict",
    "{what} was changed again since and stays as it is.",
    "Undo the later change first, or change it by hand.",
)
UNDO_KEEPS_PERSON = _warning(
    "undo_keeps_person",
    "Something has happened to the person since: they are deactivated, not removed.",
    "Nothing to do, unless the person should stay: then reactivate them.",
)
NOT_UNDOABLE = _warning(
    "not_undoable",
    "{what} cannot be undone.",
    "Nothing can be done by an undo; see how to undo a job.",
)

ISSUE_KINDS: Final[tuple[IssueKind, ...]] = tuple(
    value for value in list(globals().values()) if isinstance(value, IssueKind)
)
KINDS_BY_CODE: Final[dict[str, IssueKind]] = {kind.code: kind for kind in ISSUE_KINDS}
