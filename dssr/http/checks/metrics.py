"""``/metrics``: what the bridge does, in numbers, as Prometheus reads them."""

import importlib.metadata
from collections.abc import Iterable
from itertools import groupby
from time import perf_counter

from flask import Blueprint, Flask, Response, g, request
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

from dssr.bridge import Bridge
from dssr.seams import Figure

_FORMAT = "text/plain; version=0.0.4; charset=utf-8"  # which every Prometheus reads
# /runstatus takes less than the first
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def register(app: Flask, bridge: Bridge) -> None:
    """Have ``app`` count its requests, those included that it refuses, and answer ``/metrics``. To be called before anything
    else that looks at requests."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # nobody asks when the first request came
    registry = CollectorRegistry()
    Gauge("dssr_build", "The version that runs; always 1", ["version"], registry=registry).labels(
        importlib.metadata.version("dssr")
    ).set(1)
    registry.register(_Figures(bridge))
    requests = _Requests(registry)
    app.before_request(requests.begin)
    app.after_request(requests.end)
    app.register_blueprint(_routes(registry))


def _routes(registry: CollectorRegistry) -> Blueprint:
    calls = Blueprint("metrics", __name__)

    @calls.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), content_type=_FORMAT)

    return calls


class _Requests:
    """Counts and times. What is looked up for each request is kept: it must cost microseconds."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._count = Counter(
            "dssr_requests", "Requests answered", ["call", "code"], registry=registry
        )
        self._seconds = Histogram(
            "dssr_request_seconds",
            "How long the answers took",
            ["call"],
            registry=registry,
            buckets=_SECONDS,
        )
        self._kept: dict[tuple[str | None, int], tuple[Counter, Histogram]] = {}

    def begin(self) -> None:
        """A request has come in."""
        g.began = perf_counter()

    def end(self, response: Response) -> Response:
        """It is answered."""
        taken = perf_counter() - g.began
        key = request.endpoint, response.status_code
        count, seconds = self._kept.get(key) or self._keep(key)
        count.inc()
        seconds.observe(taken)
        return response

    def _keep(self, key: tuple[str | None, int]) -> tuple[Counter, Histogram]:
        endpoint, code = key
        # none: there is no such call, and names that callers make up are endless
        call = (endpoint or "none").rpartition(".")[2]
        self._kept[key] = self._count.labels(call, str(code)), self._seconds.labels(call)
        return self._kept[key]


class _Figures(Collector):
    """What the connector has to tell, asked for when somebody wants to know."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge

    def collect(self) -> Iterable[Metric]:
        for _, same in groupby(
            sorted(self._bridge.figures(), key=lambda f: f.name), key=lambda f: f.name
        ):
            yield _family(list(same))

    def describe(self) -> Iterable[Metric]:
        return ()  # nobody asks the connector while the bridge is being built


def _family(figures: list[Figure]) -> Metric:
    first = figures[0]
    kind = CounterMetricFamily if first.kind == "counter" else GaugeMetricFamily
    family = kind(first.name, first.about, labels=[label for label, _ in first.labels])
    for figure in figures:
        family.add_metric([value for _, value in figure.labels], figure.value)
    return family
