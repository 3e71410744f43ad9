"""Listeners of a bridge as an operator runs it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.dssr.http.v1.listening import Listener
from tests.end_to_end.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A bridge on this machine's jobs."""
    service = Service({
        "JARVICE_BAREMETAL_CONNECTOR": "local",
        "JARVICE_STATE_DIR": f"{tmp_path}/state/",
        "JARVICE_JOB_SCRATCH_DIR": f"{tmp_path}/",
    })  # fmt: skip
    yield service
    service.stop()


def test_the_end_of_the_bridge_is_the_end_of_its_streams(service: Service) -> None:
    """SIGTERM ends each stream as a whole response, and listeners do not delay it; a client comes
    back to the next bridge."""
    url = f"{service.url}/api/v1"
    listener = Listener(f"{url}/events")
    listener.begins()
    job = requests.post(f"{url}/jobs", json={"script": "true"}, timeout=30).json()["id"]
    assert listener.next().data["job"]["id"] == job
    assert service.stop() == 0
    listener.rest()  # raises for a response that was cut off
    service.start()
    again = Listener(f"{service.url}/api/v1/events", "0")
    assert again.next().data["job"]["id"] == job
    again.close()


def test_output_of_a_running_job_arrives_in_three_seconds(service: Service) -> None:
    """Each line is with its listener soon, with whole characters, until the job's end."""
    script = "#!/bin/bash\nfor i in 1 2 3; do printf '%s €' $i; printf '\\n'; sleep 1; done\n"
    asked = requests.post(f"{service.url}/api/v1/jobs", json={"script": script}, timeout=30)
    listener = Listener(f"{service.url}/api/v1/jobs/{asked.json()['id']}/output?follow=true")
    events = listener.rest()
    outputs = [event for event in events if event.name == "output"]
    assert "".join(event.data["text"] for event in outputs) == "1 €\n2 €\n3 €\n"
    assert len(outputs) > 1
    assert [event.name for event in events][-2:] == ["state", "end"]
    assert events[-2].data["state"] == "COMPLETED"
