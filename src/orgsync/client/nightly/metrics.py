"""Metrics of the last run, for the textfile collector of Prometheus' node exporter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from orgsync.client.replacing import replacing


@dataclass(slots=True)
class Measured:
    """What one run measured; times in seconds."""

    target: str
    started: float
    ended: float = 0.0
    exit_code: int = 0
    succeeded: float | None = None
    """When a run last ended with 0 or 1: this one, or one before."""
    stages: dict[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    token_expires: date | None = None


_TOKEN_EXPIRY = "orgsync_token_expiry_timestamp_seconds"  # noqa: S105  # nosec: the name of a metric
_HELP = {
    "orgsync_run_start_timestamp_seconds": "When the last run began.",
    "orgsync_run_end_timestamp_seconds": "When the last run ended.",
    "orgsync_run_success_timestamp_seconds": "When a run last reached its target (exit code 0 or 1).",
    "orgsync_run_exit_code": "Exit code of the last run; docs/reference/cli.md says what each means.",
    "orgsync_run_stage_duration_seconds": "How long each step of the last run took.",
    "orgsync_run_count": "What the last run counted: rows, changes by kind, rows accepted and refused.",
    _TOKEN_EXPIRY: "When the access token expires, where that is known.",
}


def write_metrics(measured: Measured, file: Path) -> None:
    """Put the file in place at once, as the collector wants it; it holds counts alone and may be read by all."""
    with replacing(file, mode=0o644) as target:
        target.write("".join(_lines(measured)).encode())


def _lines(measured: Measured) -> Iterable[str]:
    name = _escaped(measured.target)
    single: dict[str, float | None] = {
        "orgsync_run_start_timestamp_seconds": measured.started,
        "orgsync_run_end_timestamp_seconds": measured.ended,
        "orgsync_run_success_timestamp_seconds": measured.succeeded,
        "orgsync_run_exit_code": measured.exit_code,
        _TOKEN_EXPIRY: _moment(measured.token_expires),
    }
    many: dict[str, tuple[str, Mapping[str, float]]] = {
        "orgsync_run_stage_duration_seconds": ("stage", measured.stages),
        "orgsync_run_count": ("what", measured.counts),
    }
    for metric, text in _HELP.items():
        yield f"# HELP {metric} {text}\n# TYPE {metric} gauge\n"
        if metric in many:
            label, values = many[metric]
            for what, number in values.items():
                yield f'{metric}{{target="{name}",{label}="{_escaped(what)}"}} {float(number):g}\n'
        elif (value := single[metric]) is not None:
            yield f'{metric}{{target="{name}"}} {value:.3f}\n'


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _moment(day: date | None) -> float | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() if day else None
