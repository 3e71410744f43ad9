"""The dashboard and the alert rules, compared with the metrics of a real bridge to a real
cluster."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.cluster import Cluster
from tests.deploy.prometheus import MONITORING, Prometheus, needs
from tests.deploy.promql import grouping, selectors
from tests.docs.markdown import handbook
from tests.end_to_end.service import Service, eventually

BY_PROMETHEUS = {"instance", "job"}  # labels that it adds to each series
VARIABLES = {"$__rate_interval": "15s", "$instance": ".*"}  # of Grafana


def panels() -> list[Any]:
    """The panels of the dashboard."""
    found: list[Any] = json.loads((MONITORING / "grafana.json").read_text())["panels"]
    return found


def shown() -> dict[str, str]:
    """The dashboard's queries, each by its panel and its name there."""
    targets = ((panel["title"], target) for panel in panels() for target in panel["targets"])
    found = {f"{title}: {target['legendFormat']}": target["expr"] for title, target in targets}
    for variable, value in VARIABLES.items():
        found = {name: query.replace(variable, value) for name, query in found.items()}
    return found


def alerts() -> dict[str, str]:
    """The queries of the alert rules by name."""
    [group] = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return {rule["alert"]: rule["expr"] for rule in group["rules"]}


@pytest.fixture(scope="module")
def bridge(cluster: Cluster) -> Iterator[Service]:
    """A bridge to a real cluster."""
    service = Service(cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"})
    yield service
    service.stop()


def use(bridge: Service) -> None:
    """Cause some of everything that is counted: jobs that run, end, are cancelled and refused."""
    job = bridge.submit("#!/bin/bash\ntrue\n")
    bridge.post("/terminate", bridge.submit("#!/bin/bash\nsleep 60\n").args)
    bridge.post("/submit", {})
    requests.get(f"{bridge.url}/gc", timeout=60)
    bridge.post("/exitstatus", job.args)
    bridge.jobids("running")
    time.sleep(1)


@pytest.fixture(scope="module")
def exposed(bridge: Service) -> dict[str, dict[str, set[str]]]:
    """What /metrics shows after some traffic: metrics, their labels, and the labels' values."""
    use(bridge)
    text = requests.get(f"{bridge.url}/metrics", timeout=60).text
    found: dict[str, dict[str, set[str]]] = {"up": {}}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = found.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return found


@pytest.mark.parametrize("query", [*shown().values(), *alerts().values()])
def test_each_query_names_metrics_that_the_bridge_exposes(
    query: str, exposed: dict[str, dict[str, set[str]]]
) -> None:
    """Each metric is there with each label that the query selects or groups by."""
    named = list(selectors(query))
    assert named
    known: set[str] = set(BY_PROMETHEUS)
    for selector in named:
        assert selector.metric in exposed
        labels = exposed[selector.metric]
        known.update(labels)
        assert {label for label, _ in selector.labels} <= labels.keys() | BY_PROMETHEUS
    assert grouping(query) <= known


def test_reasons_and_states_of_the_alerts_exist(
    exposed: dict[str, dict[str, set[str]]],
) -> None:
    """A value of the labels reason and state that an alert names is one that the bridge has."""
    for query in alerts().values():
        for selector in selectors(query):
            for label, values in selector.labels:
                if label in ("reason", "state"):
                    assert set(values.split("|")) <= exposed[selector.metric][label]


def test_every_metric_of_the_handbook_is_exposed(
    exposed: dict[str, dict[str, set[str]]], handbook_metrics: dict[str, set[str]]
) -> None:
    """The handbook's table has the metrics, with their labels, that the bridge exposes."""
    plain = {re.sub("_(bucket|sum|count)$", "", name): labels for name, labels in exposed.items()}
    found = {name: labels.keys() - {"le"} for name, labels in plain.items() if name != "up"}
    own = {name: labels for name, labels in found.items() if name.startswith("dssr_")}
    own["dssr_ssh_user_connections"] = set()  # where jobs belong to users
    assert handbook_metrics == own


@pytest.fixture
def handbook_metrics() -> dict[str, set[str]]:
    """The metrics of the handbook's table, with their labels."""
    section = handbook("operating").section("Metrics")
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `dssr_")]
    names = re.findall(r"`(\w+)(?:\{([\w,]+)\})?`", " ".join(rows))
    return {name: set(filter(None, labels.split(","))) for name, labels in names}


def test_promtool_accepts_the_rules() -> None:
    """Prometheus's own checker finds no mistake in the rules and the configuration."""
    command = [needs("promtool"), "check", "rules", str(MONITORING / "alerts.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(180)
def test_a_real_prometheus_answers_each_query(bridge: Service, tmp_path: Path) -> None:
    """Each panel of the dashboard shows something while the bridge works; each alert rule is
    evaluated, and the one for a bridge that does not answer sees that."""
    prometheus = Prometheus(tmp_path, bridge.url)
    try:

        def empty() -> list[str]:
            use(bridge)
            return [name for name, query in shown().items() if not _has_values(prometheus, query)]

        eventually(empty, lambda names: not names, patience=90)
        rules = prometheus.rules()
        assert rules.keys() == alerts().keys()
        assert [rule["lastError"] for rule in rules.values() if "lastError" in rule] == []
        assert {rule["health"] for rule in rules.values()} == {"ok"}

        def state() -> Any:
            return prometheus.rules()["DssrDown"]["state"]

        eventually(state, lambda state: state == "inactive")
        bridge.kill()
        eventually(state, lambda state: state == "pending")
    finally:
        prometheus.stop()


def _has_values(prometheus: Prometheus, query: str) -> bool:
    return any(series["value"][1] != "NaN" for series in prometheus.query(query))
