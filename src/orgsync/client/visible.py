"""Text of others, made safe for a terminal."""

import re
from typing import Final

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def visible(text: str) -> str:
    """Replace control characters: a header or a server's message must not steer somebody's terminal."""
    return _CONTROL.sub("\ufffd", text)
