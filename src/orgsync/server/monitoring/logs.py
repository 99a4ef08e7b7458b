"""Log lines of every process: JSON, or words for a terminal, on standard error; without secrets and people.

Ours and those of libraries go the same way. Errors are told by type, place and SQLSTATE, never by their text: a
database quotes rows, and rows are people.
"""

import logging
import re
import sys
import traceback
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_QUIET: Final = {"procrastinate": "WARNING", "asyncio": "WARNING", "django.request": "ERROR", "urllib3": "ERROR"}
"""They tell of what our own lines tell already, with arguments or paths: what counts is from this level up."""


def _if_whole(instead: str) -> Callable[[re.Match[str]], str]:
    """Return what replaces a match that has its second group; one without it stays as it is."""
    return lambda found: found.expand(instead) if found[2] else found[0]


# A run of characters is taken whole, whether it is to be hidden or not: a pattern that began anew inside it would look
# at a long path as often as it has characters.
_HIDDEN: Final = (
    (re.compile(r"(/password/reset/key/)[^\s\"']+"), r"\1…"),
    (re.compile(r"([^\s@<>\"'=(]++)(@[^\s@<>\"',)]+\.[^\s@<>\"',)]+)?"), _if_whole("…@…")),
    (re.compile(r"\b(os[a-z]?_)[A-Za-z0-9_-]{8,}"), r"\1…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+"), r"\1 …"),
    (re.compile(r"(\b\w++://[^\s:/@]++:)[^\s@]++(@)?"), _if_whole(r"\1…@")),
    (re.compile(r"(/[^\s?\"']*+)(\?[^\s\"']+)?"), _if_whole(r"\1?…")),
)
"""What no line may show: secret links, addresses of people, tokens, passwords in addresses, queries."""


def configure(settings: Mapping[str, str]) -> None:
    """Send all log lines to standard error, in `format` (json or console) and from `level` up.

    Django calls this in every process of ours, with its setting LOGGING.
    """
    level = settings["level"].upper()
    handler = _ToStandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(processors=_rendering(settings["format"]), foreign_pre_chain=_SHARED)
    )
    root = logging.getLogger()
    root.handlers = [
        *(kept for kept in root.handlers if not isinstance(kept, (_ToStandardError, logging.StreamHandler))),
        handler,
    ]
    root.setLevel(level)
    for name in ("django", "django.server"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.NOTSET)
    levels = logging.getLevelNamesMapping()
    for name, quiet in _QUIET.items():
        logging.getLogger(name).setLevel(max(levels[quiet], levels[level]))
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(levels[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


class _ToStandardError(logging.Handler):
    """Writes to whatever standard error is at the time, one line at once."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(f"{self.format(record)}\n")
        sys.stderr.flush()


def tell_error(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Replace an exception by its type and the places that it passed, its causes first."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["exception"] = [_told(one) for one in _causes(error)]
    return line


def hide(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Blank out what no line may show, wherever it stands."""
    return {name: hidden(value) for name, value in line.items()}


def hidden(value: Any) -> Any:
    """Return a value without what no line may show; what is neither text nor number becomes text."""
    if isinstance(value, str):
        for pattern, instead in _HIDDEN:
            value = pattern.sub(instead, value)
        return value
    if isinstance(value, Mapping):
        return {name: hidden(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [hidden(part) for part in value]
    return value if value is None or isinstance(value, (bool, int, float)) else hidden(str(value))


def _causes(error: BaseException) -> list[BaseException]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return [*(_causes(cause) if cause is not None else []), error]


def _told(error: BaseException) -> dict[str, Any]:
    told: dict[str, Any] = {"type": f"{type(error).__module__}.{type(error).__qualname__}"}
    if sqlstate := getattr(error, "sqlstate", None):
        told["sqlstate"] = sqlstate
    return told | {"at": _places(error.__traceback__)}


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{place.filename}:{place.lineno} {place.name}" for place in traceback.extract_tb(trace)]


def _rendering(form: str) -> list[Processor]:
    drop: Processor = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form == "json":
        return [drop, tell_error, hide, structlog.processors.JSONRenderer(ensure_ascii=False)]
    return [drop, tell_error, hide, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]


_SHARED: Final[list[Processor]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
]
