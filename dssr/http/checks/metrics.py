"""``/metrics``: figures about the bridge, for Prometheus."""

import importlib.metadata
from collections.abc import Iterable
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
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dssr.access.scopes import Scope
from dssr.bridge import Bridge
from dssr.http.call import Api, Calls, Needs
from dssr.http.errors import plain_text
from dssr.http.request import current
from dssr.seams import Figure

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
    registry.register(_Figures(bridge))
    app.after_request(_Requests(registry).count)
    return _calls(registry)


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
        return response

    def _label(self, key: tuple[str, int]) -> tuple[Counter, Histogram]:
        label, code = key
        self._labelled[key] = self._count.labels(label, str(code)), self._seconds.labels(label)
        return self._labelled[key]


class _Figures(Collector):
    """The figures of the connector, which are collected with each request for them."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def collect(self) -> Iterable[Metric]:
        figures = sorted(self._bridge.figures(), key=lambda f: f.name)
        for _, same in groupby(figures, key=lambda f: f.name):
            yield _family(list(same))

    def describe(self) -> Iterable[Metric]:
        return ()  # else the registry would ask the connector while the bridge is being built


def _family(figures: list[Figure]) -> Metric:
    first = figures[0]
    kind = CounterMetricFamily if first.kind == "counter" else GaugeMetricFamily
    family = kind(first.name, first.about, labels=[label for label, _ in first.labels])
    for figure in figures:
        family.add_metric([value for _, value in figure.labels], figure.value)
    return family
