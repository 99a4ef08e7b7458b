"""JSON that strangers send: as deep as anybody needs it, in texts that every database takes."""

import json
import re
from typing import Any, Final

DEEPEST: Final = 64
"""Objects and lists in one another; more is made to exhaust whoever walks through them."""
_TEXT: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_OTHERS: Final = re.compile(r"[^\[\]{}]+")
# An escape that is not itself escaped: U+0000, and halves of characters, which may stand alone.
_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*+\\u0000")


class UnreadableJson(ValueError):
    """The text is no JSON that we take; the message says why, without any of it."""


class UnkeptText(UnreadableJson):
    """It is JSON, with a text in it that no database takes."""


def read_json(content: bytes | str, **hooks: Any) -> Any:
    """
    Return what the text says; raise UnreadableJson where it is no JSON, or holds what cannot be kept.

    Refused are other encodings than UTF-8, more than 64 levels, NUL characters and halves of characters. `hooks` are
    those of `json.loads`; what they raise as ValueError counts as no JSON.
    """
    try:
        text = content if isinstance(content, str) else content.decode()
    except UnicodeDecodeError as error:
        raise UnreadableJson("It is not in UTF-8.") from error
    _check_depth(text)
    if "\\u0000" in text and _NUL.search(text):
        raise UnkeptText("It holds a NUL character.")
    try:
        found = json.loads(text, **hooks)
    except UnreadableJson:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableJson("It is no JSON.") from error
    if "\\ud" in text or "\\uD" in text:
        _check_whole(found)
    return found


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= DEEPEST:
        return
    level = 0
    for bracket in _OTHERS.sub("", _TEXT.sub("", text)):
        level += 1 if bracket in "[{" else -1
        if level > DEEPEST:
            raise UnreadableJson(f"It is nested more than {DEEPEST} deep.")


def _check_whole(found: Any) -> None:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise UnkeptText("It holds half a character.") from error
