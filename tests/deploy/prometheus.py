"""A real Prometheus that reads the metrics of a bridge, as `deploy/monitoring` sets it up."""

import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from tests.docs.markdown import ROOT
from tests.end_to_end.service import eventually

MONITORING = ROOT / "deploy/monitoring"


def needs(program: str) -> str:
    """The program's path; skips the test where the Debian package `prometheus` is missing."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"there is no {program}: bash deploy/packages.sh prometheus")
    return path


class Prometheus:
    """A server with the configuration of `deploy/monitoring`, except for names and intervals."""

    def __init__(self, place: Path, bridge: str) -> None:
        """``bridge``: its URL."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self._url = f"http://{address}/api/v1"
        options = {
            "config.file": _configuration(place, bridge),
            "storage.tsdb.path": place / "data",
            "web.listen-address": address,
            "log.level": "warn",
        }
        words = (f"--{name}={value}" for name, value in options.items())
        self._process = subprocess.Popen([needs("prometheus"), *words])
        eventually(self._is_ready, patience=30)

    def query(self, query: str) -> Sequence[Any]:
        """The series that a query finds at the moment."""
        answer = requests.get(f"{self._url}/query", params={"query": query}, timeout=30)
        assert answer.status_code == 200, answer.text
        result: Sequence[Any] = answer.json()["data"]["result"]
        return result

    def rules(self) -> dict[str, Any]:
        """The alert rules by name, as Prometheus evaluates them."""
        [group] = requests.get(f"{self._url}/rules", timeout=30).json()["data"]["groups"]
        return {rule["name"]: rule for rule in group["rules"]}

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, "Prometheus has ended"
        try:
            return requests.get(f"{self._url}/status/config", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False


def _configuration(place: Path, bridge: str) -> Path:
    settings = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    settings["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    settings["rule_files"] = [str(MONITORING / name) for name in settings["rule_files"]]
    [job] = settings["scrape_configs"]
    job["static_configs"] = [{"targets": [bridge.removeprefix("http://")]}]
    job["authorization"]["credentials_file"] = str(place / "token")
    (place / "token").write_text("unused, because the bridge is open")
    (place / "prometheus.yaml").write_text(yaml.safe_dump(settings))
    return place / "prometheus.yaml"
