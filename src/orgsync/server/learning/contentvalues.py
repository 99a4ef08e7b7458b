"""What is said of a content, and what of it cannot be: the one catalogue that form, file and API read."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from orgsync.server.learning.models import ContentKind

KEY_LENGTH: Final = 500
TITLE_LENGTH: Final = 300
SHORT_LENGTH: Final = 100
URL_LENGTH: Final = 2_000
TEXT_LENGTH: Final = 10_000
MOST_MINUTES: Final = 100_000
MOST_SKILLS: Final = 20
MOST_PARTS: Final = 200
LEVELS: Final = ("Beginner", "Intermediate", "Advanced")
"""Suggested; another word is taken too."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LIMITS: Final = {
    "key": KEY_LENGTH,
    "title": TITLE_LENGTH,
    "provider": SHORT_LENGTH,
    "url": URL_LENGTH,
    "description": TEXT_LENGTH,
    "level": SHORT_LENGTH,
}


@dataclass(frozen=True, slots=True)
class ContentValues:
    """Everything that a person says of a content."""

    title: str
    kind: ContentKind = ContentKind.COURSE
    key: str = ""
    """Empty: its address, or one that is made up."""
    provider: str = ""
    url: str = ""
    description: str = ""
    language: str = ""
    level: str = ""
    minutes: int | None = None
    skills: Sequence[str] = ()

    @property
    def stored_key(self) -> str:
        return self.key or self.url or f"urn:uuid:{uuid.uuid4()}"


def problems_of(values: ContentValues) -> dict[str, str]:
    """Return by field what cannot be, in words that say what to do; nothing where all is well."""
    found = {
        name: f"This has at most {most:,} characters."
        for name, most in _LIMITS.items()
        if len(getattr(values, name)) > most
    }
    if not values.title.strip():
        found["title"] = "Give it a title."
    if values.url and not _is_web_address(values.url):
        found["url"] = "This is no address of a page: write https://…"
    if values.language and not _LANGUAGE.fullmatch(values.language):
        found["language"] = "Write a language tag, such as en, de or pt-BR."
    if values.minutes is not None and not 0 <= values.minutes <= MOST_MINUTES:
        found["minutes"] = f"Give 0 to {MOST_MINUTES:,} minutes."
    if len(values.skills) > MOST_SKILLS or any(len(skill) > SHORT_LENGTH for skill in values.skills):
        found["skills"] = f"Name at most {MOST_SKILLS} skills, of {SHORT_LENGTH} characters each."
    return found


def split_list(text: str) -> list[str]:
    """Return the parts of a list that is written with semicolons or line breaks, each once, in order."""
    words = (" ".join(word.split()) for word in text.replace("\n", ";").split(";"))
    return list(dict.fromkeys(word for word in words if word))


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)
