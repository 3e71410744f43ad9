"""/metrics, read by Prometheus's own parser."""

import importlib.metadata
from collections.abc import Callable, Sequence

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from dssr.bridge import Bridge
from dssr.errors import OutcomeUnknown, RefusedRequest
from dssr.http.app import create_app
from dssr.http.checks.metrics import show
from dssr.job import JobRef
from dssr.seams import Figure
from dssr.settings import Settings
from tests.dssr.conftest import MemoryConnector, PlainExecutor, Served


def figures(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """What the response contains, by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class Reporting(MemoryConnector):
    """A connector that reports figures."""

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        return [
            Figure("x_changed", "Whether", 1.0, labels=(("host", "a:22"),)),
            Figure("x_commands_total", "How many", 7, "counter"),
            Figure("x_changed", "Whether", 0.0, labels=(("host", 'b"\n:22'),)),
        ]


def test_requests_are_counted_by_call_and_status(served: Served) -> None:
    """Failed requests are counted too, unknown paths under one label; each request is timed."""
    before = figures(requests.get(served.url + "/metrics", timeout=30).text)
    for path in ("/live", "/running", "/running", "/no-such-call", "/nor-this", "/submit"):
        requests.get(served.url + path, timeout=30)
    answer = requests.get(served.url + "/metrics", timeout=30)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    after = figures(answer.text)

    def more(name: str, **labels: str) -> float:
        key = name, tuple(sorted(labels.items()))
        return after[key] - before.get(key, 0)

    assert more("dssr_requests_total", call="live", code="200") == 1
    assert more("dssr_requests_total", call="running", code="200") == 2
    assert more("dssr_requests_total", call="none", code="404") == 2
    assert more("dssr_requests_total", call="none", code="405") == 1
    assert more("dssr_request_seconds_count", call="running") == 2
    assert more("dssr_request_seconds_bucket", call="running", le="+Inf") == 2
    assert 0 < more("dssr_request_seconds_sum", call="running") < 30
    assert "_created" not in answer.text
    assert after["dssr_build", (("version", importlib.metadata.version("dssr")),)] == 1


def test_what_the_connector_reports_is_shown() -> None:
    """Each figure has its name and its labels, whatever characters they have."""
    app = create_app(Bridge(Reporting(), PlainExecutor(), Settings()), Settings())
    found = figures(app.test_client().get("/metrics").text)
    assert found["x_changed", (("host", "a:22"),)] == 1
    assert found["x_changed", (("host", 'b"\n:22'),)] == 0
    assert found["x_commands_total", ()] == 7


def test_metrics_cause_no_query_of_the_cluster(served: Served) -> None:
    """Metrics are available when the cluster is silent, and cause no query."""
    requests.get(served.url + "/metrics", timeout=30)
    assert served.connector.calls == []


@pytest.mark.parametrize("credentials", [None, ("jarvice", "wrong")])
def test_metrics_need_the_scope_read(
    credentials: tuple[str, str] | None, serve: Callable[[Settings], Served]
) -> None:
    """Metrics need the scope 'read', and refused requests are counted, too."""
    url = serve(Settings(server_key="jarvice:password")).url + "/metrics"
    assert requests.get(url, auth=credentials, timeout=30).status_code == 401
    answer = requests.get(url, auth=("jarvice", "password"), timeout=30)
    assert answer.status_code == 200
    assert figures(answer.text)["dssr_requests_total", (("call", "metrics"), ("code", "401"))] == 1


def test_two_bridges_in_one_process_do_not_mix(serve: Callable[[Settings], Served]) -> None:
    """Each bridge counts its own requests."""
    one, other = serve(Settings()), serve(Settings())
    requests.get(one.url + "/live", timeout=30)
    assert "live" in requests.get(one.url + "/metrics", timeout=30).text
    assert "live" not in requests.get(other.url + "/metrics", timeout=30).text


def test_a_refused_submission_is_counted_by_its_reason(serve: Callable[[Settings], Served]) -> None:
    """The reason is the word for the kind of error; one that succeeds is not among them."""
    bridge = serve(Settings(server_key="jarvice:password", bind="127.0.0.1"))

    def refused() -> dict[str, float]:
        answer = bridge.get("/metrics", auth=("jarvice", "password"))
        found = figures(answer.text).items()
        return {
            dict(labels)["reason"]: value
            for (name, labels), value in found
            if name == "dssr_jobs_refused_total" and value
        }

    key = {"auth": ("jarvice", "password")}
    submit = {"name": "job", "number": 1, "nodes": 1, "hpc_script": {"native": "ZWNobyBoaQ=="}}
    assert bridge.call("/submit", submit, **key).status_code == 200
    bridge.call("/submit", {}, **key)
    bridge.call("/submit", submit)
    bridge.call("/submit", submit | {"hpc_script": {"native": "ZWNobyBobw=="}}, **key)
    for failure in (RefusedRequest("no"), OutcomeUnknown("perhaps"), ZeroDivisionError()):
        bridge.connector.failure = failure
        bridge.call("/submit", submit, **key)
    words = ("bad-request", "unauthenticated", "conflict", "refused-by-scheduler",
             "outcome-unknown", "internal")  # fmt: skip
    assert refused() == dict.fromkeys(words, 1)


def test_figures_of_jobs_are_shown() -> None:
    """What the bridge has observed is in /metrics, the waits as a histogram."""
    bridge = Bridge(MemoryConnector(), PlainExecutor(), Settings())
    bridge.observed.submitted(JobRef("job", 1, "1"), "", "native")
    bridge.observed.waits.add(7.0)
    bridge.snapshot()
    found = figures(create_app(bridge, Settings()).test_client().get("/metrics").text)
    assert found["dssr_jobs_submitted_total", ()] == 1
    assert found["dssr_jobs", (("state", "PENDING"),)] == 0
    assert found["dssr_job_wait_seconds_count", ()] == 1
    assert found["dssr_job_wait_seconds_sum", ()] == 7
    assert found["dssr_job_wait_seconds_bucket", (("le", "15.0"),)] == 1


def test_other_parts_of_the_http_layer_show_figures() -> None:
    """A part that registers its figures is asked for them with each request."""
    app = create_app(Bridge(MemoryConnector(), PlainExecutor(), Settings()), Settings())
    values = iter([3.0, 4.0])
    show(app, lambda: [Figure("x_listeners", "How many", next(values))])
    client = app.test_client()
    assert [figures(client.get("/metrics").text)["x_listeners", ()] for _ in "ab"] == [3, 4]
