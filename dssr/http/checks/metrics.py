"""``/metrics``: figures about the bridge, for Prometheus."""

import importlib.metadata
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from time import perf_counter

from flask import Flask, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from dssr.access.scopes import Scope
from dssr.bridge import Bridge
from dssr.http.call import Api, Calls, Needs
from dssr.http.errors import SLUGS, plain_text, slug
from dssr.http.request import current
from dssr.observed import Waits
from dssr.seams import Figure

_SOURCES = "dssr.figures"
_FORMAT = "text/plain; version=0.0.4; charset=utf-8"  # which every Prometheus reads
# /runstatus takes less than the first
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def register(app: Flask, bridge: Bridge) -> Calls:
    """Have ``app`` count its requests, refused ones too. Returns the call ``/metrics``, to be
    added.

    Functions that run after a request do so in the reverse order of their registration: call this
    first, so that the time of the others is measured, too.
    """
    # The time of the first request is of no use here.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    registry = CollectorRegistry()
    build = Gauge("dssr_build", "The version that runs; always 1", ["version"], registry=registry)
    build.labels(importlib.metadata.version("dssr")).set(1)
    sources = app.extensions[_SOURCES] = [bridge.figures]
    registry.register(_Figures(sources, bridge.observed.waits))
    app.after_request(_Requests(registry).count)
    return _calls(registry)


def show(app: Flask, figures: Callable[[], Sequence[Figure]]) -> None:
    """Have ``/metrics`` of ``app`` show the figures of another part, too: those of the moment in
    which ``/metrics`` is called. ``figures`` waits for nothing."""
    app.extensions[_SOURCES].append(figures)


def sources(app: Flask) -> Sequence[Callable[[], Sequence[Figure]]]:
    """The parts whose figures ``/metrics`` of ``app`` shows."""
    found: Sequence[Callable[[], Sequence[Figure]]] = app.extensions[_SOURCES]
    return found


def _calls(registry: CollectorRegistry) -> Calls:
    calls = Calls(Api("metrics", plain_text))

    @calls.get("/metrics", Needs(scope=Scope.READ, at_once=True))
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=_FORMAT)

    return calls


class _Requests:
    """Counts and times. Their labels are looked up once for each call and status."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "dssr_requests", "Requests answered", ["call", "code"], registry=registry
        )
        self._seconds = Histogram(
            "dssr_request_seconds",
            "How long the responses took",
            ["call"],
            registry=registry,
            buckets=_SECONDS,
        )
        self._refused = Counter(
            "dssr_jobs_refused", "Submissions that were refused", ["reason"], registry=registry
        )
        for reason in SLUGS.values():
            self._refused.labels(reason)
        self._labelled: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def count(self, response: Response) -> Response:
        """Count a request that has been answered. One that waits is counted when it is answered."""
        now = current()
        if now.is_parked:
            return response
        taken = perf_counter() - now.began
        key = now.call.label, response.status_code
        count, seconds = self._labelled.get(key) or self._label(key)
        count.inc()
        seconds.observe(taken)
        if now.call.is_submission and response.status_code >= 400:
            self._refused.labels(slug(now.kind)).inc()
        return response

    def _label(self, key: tuple[str, int]) -> tuple[Counter, Histogram]:
        label, code = key
        self._labelled[key] = self._count.labels(label, str(code)), self._seconds.labels(label)
        return self._labelled[key]


class _Figures(Collector):
    """The figures of the other parts, which are collected with each request for them."""

    def __init__(self, sources: Iterable[Callable[[], Sequence[Figure]]], waits: Waits) -> None:
        self._sources, self._waits = sources, waits

    def collect(self) -> Iterable[Metric]:
        figures = [figure for source in self._sources for figure in source()]
        figures.sort(key=lambda f: f.name)
        for _, same in groupby(figures, key=lambda f: f.name):
            yield _family(list(same))
        about = "How long jobs waited in the queue, from their submission to their first start"
        wait = HistogramMetricFamily("dssr_job_wait_seconds", about)
        wait.add_metric([], self._waits.buckets(), self._waits.sum)
        yield wait

    def describe(self) -> Iterable[Metric]:
        return ()  # else the registry would ask the connector while the bridge is being built


def _family(figures: list[Figure]) -> Metric:
    first = figures[0]
    kind = CounterMetricFamily if first.kind == "counter" else GaugeMetricFamily
    family = kind(first.name, first.about, labels=[label for label, _ in first.labels])
    for figure in figures:
        family.add_metric([value for _, value in figure.labels], figure.value)
    return family
