"""The text of a new orgsync.toml, and what a download of the Admin Center teaches about headers."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orgsync.client.config import LINKEDIN, load_config
from orgsync.client.replacing import replacing
from orgsync.core.columns import CUSTOM_PREFIX, pool_key
from orgsync.core.csvfile import read_csv

_EMAILS: Final = ("invited_email_address", "primary_email_address")


@dataclass(frozen=True, slots=True)
class Learned:
    """Headers of a download, in its spelling."""

    email: str
    licenses: tuple[str, ...]
    attributes: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """What the person said."""

    kind: str
    server: str
    name: str
    source: str
    learned: Learned | None = None


def learned_headers(file: Path) -> Learned:
    """Read the headers of a file of users; raise UnreadableFile when it is no CSV."""
    headers = [header.strip() for header in read_csv(file).headers]
    licenses = tuple(header for header in headers if pool_key(header))
    attributes = tuple(header for header in headers if header.startswith(CUSTOM_PREFIX))
    email = next((header for header in _EMAILS if header in headers), _EMAILS[0])
    others = tuple(header for header in headers if header not in {*licenses, *attributes, *_EMAILS})
    return Learned(email, licenses, attributes, others)


def write_config(answers: Answers, output: Path) -> None:
    """Write the file, whole and checked: what we write we can read."""
    with replacing(output) as target:
        target.write(_text(answers).encode())
    load_config(output.absolute())


def _text(answers: Answers) -> str:
    return "\n".join([*_head(answers), *_target(answers), *_rest()])


def _head(answers: Answers) -> list[str]:
    return [
        "# orgsync.toml: where people come from, what their fields mean, where they go, and what is too much.",
        "# Relative paths start at this file. Look it over with: orgsync doctor",
        "",
        "[source]",
        'kind = "file"                      # other kinds: docs/reference/sources.md',
        f"path = {json.dumps(answers.source, ensure_ascii=False)}",
        "",
        "# Only where the file's headers are not ours; orgsync map --suggest proposes one.",
        "# [mapping.columns]",
        '# preferred_first_name = "First name"',
        "",
    ]


def _target(answers: Answers) -> list[str]:
    is_linkedin = answers.kind == LINKEDIN
    lines = [
        "[target]",
        f'kind = "{answers.kind}"',
        f"server = {json.dumps(answers.server)}",
        f"name = {json.dumps(answers.name)}" if answers.name else '# name = "production"  # for a second account there',
        'mode = "full"                      # the file is everybody: whoever is missing has left; or "changes"',
        '# token_file = "token"             # mode 600; or: orgsync token set, or the variable ORGSYNC_TOKEN',
        "# token_expires = 2027-01-31       # runs warn of it 14 days ahead (warn_days)",
        '# ca = "ca.pem"                    # the one authority to trust; proxies: HTTPS_PROXY, NO_PROXY',
        'timeout = "2h"                     # how long a job is watched',
    ]
    return [*lines, *(_linkedin(answers.learned) if is_linkedin else []), ""]


def _linkedin(learned: Learned | None) -> list[str]:
    licenses = list(learned.licenses) if learned else []
    lines = [
        "# Licenses that everybody in the file gets and leavers lose; the headers are your account's own.",
        f"licenses = {json.dumps(licenses, ensure_ascii=False)}"
        if licenses
        else '# licenses = ["license_english_status"]',
        f'email_header = "{learned.email}"' if learned else '# email_header = "invited_email_address"',
        '# headers = { department_name = "attribute_department", work_phone_number = "" }  # rename; "" leaves out',
        "# automatic = true                 # LinkedIn then gives no job id; results come by mail",
    ]
    if learned and learned.attributes:
        lines.append(f"# Attributes that the account has: {', '.join(learned.attributes)}")
    return lines


def _rest() -> list[str]:
    return [
        "# What is too much for one night; docs/reference/guards.md has them all.",
        "# [guard.leavers]",
        "# number = 20",
        "# percent = 5.0",
        "",
        "[run]",
        'log = "orgsync-run.jsonl"          # one JSON object a line; no personal data',
        'metrics = "orgsync.prom"           # for Prometheus: the textfile collector\'s folder',
        'summary = "orgsync-summary.txt"    # one page on the last run',
        'results = "orgsync-results.csv"    # holds personal data: mode 600',
        "",
    ]
