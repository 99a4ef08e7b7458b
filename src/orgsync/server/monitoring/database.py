"""Reading the catalogue of figures for one scrape."""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import Error, connection, transaction
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from orgsync.server.monitoring.figures import (
    FIGURES,
    PHASE_BUCKETS,
    PHASE_HELP,
    PHASE_NAME,
    PHASE_SQL,
    PHASES,
    Figure,
)

log = structlog.get_logger(__name__)

KEPT_SECONDS: Final = 5.0
"""Several scrapers, or an impatient one, cost the database one reading in this time."""
MOST_MILLISECONDS: Final = 5_000


class DatabaseFigures(Collector):
    """All figures that the database knows, and whether it answered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._metrics: list[Metric] = []
        self._read_at = -KEPT_SECONDS

    def describe(self) -> Sequence[Metric]:
        """Return nothing: names are checked by a test, and nobody reads the database to register."""
        return ()

    def collect(self) -> Iterator[Metric]:
        with self._lock:
            if time.monotonic() - self._read_at >= KEPT_SECONDS:
                self._metrics = _read_all()
                self._read_at = time.monotonic()
            metrics = self._metrics
        yield from metrics


def _read_all() -> list[Metric]:
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(MOST_MILLISECONDS)])
            read = [*map(_family, FIGURES), _phases()]
    except Error as error:
        log.warning("figures_unread", exc_info=error)
        return [_is_up(0)]
    return [_is_up(1), *read]


def _is_up(value: int) -> Metric:
    return GaugeMetricFamily("orgsync_database_up", "Whether the database answered this scrape.", value=value)


def _family(figure: Figure) -> Metric:
    given = {"feeds": settings.METRICS_FEEDS, "now": timezone.now(), **figure.given}
    make = CounterMetricFamily if figure.kind == "counter" else GaugeMetricFamily
    family = make(figure.name, figure.help, labels=figure.labels)
    for *labels, value in _rows(figure.sql, given):
        family.add_metric(labels, float(value))
    return family


def _phases() -> Metric:
    """Return one histogram for each phase: what is below each bound; the database counts what is between two."""
    family = HistogramMetricFamily(PHASE_NAME, PHASE_HELP, labels=("phase",))
    rows = _rows(PHASE_SQL, {"buckets": list(map(float, PHASE_BUCKETS))})
    for phase in PHASES:
        counts, total = [0] * (len(PHASE_BUCKETS) + 1), 0.0
        for name, place, count, seconds in rows:
            if name == phase:
                counts[place] += count
                total += float(seconds)
        below = [sum(counts[: at + 1]) for at in range(len(counts))]
        bounds = [*(str(float(bound)) for bound in PHASE_BUCKETS), "+Inf"]
        family.add_metric([phase], list(zip(bounds, below, strict=True)), total)
    return family


def _rows(sql: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
