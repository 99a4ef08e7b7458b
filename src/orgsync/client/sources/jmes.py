"""JMESPath, by which options say where something stands in an answer."""

from typing import Any

import jmespath
import jmespath.exceptions
import jmespath.parser

from orgsync.client.sources.base import UnusableSource
from orgsync.client.sources.options import Options


def searched(path: str, options: Options, name: str) -> jmespath.parser.ParsedResult:
    """Return a parsed path. Raise BadUsage, which names the option, when it is none."""
    try:
        return jmespath.compile(path)
    except jmespath.exceptions.JMESPathError as error:
        raise options.wrong(name, f"{path!r} is no JMESPath: {error}") from error


def found(path: jmespath.parser.ParsedResult | None, answer: Any) -> Any:
    """Return what stands at the path; None when there is no path or nothing there."""
    if path is None:
        return None
    try:
        return path.search(answer)
    except jmespath.exceptions.JMESPathError as error:
        raise UnusableSource(f"The answer does not have the shape that the path asks for: {error}") from error
