"""An attacker with another host key is between the bridge and the login node: what upstream and
operator see."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests

from connectors.transports.host_keys import Host
from tests.cluster import Cluster
from tests.connectors.transports.ssh.impostor import Detour, Impostor, made
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Job, Service, eventually, script

DONE = script("echo JARVICE_CMD_SUCCESS")
CALLS = ("/runstatus", "/exitstatus", "/terminate", "/release", "/events")


def settings(cluster: Cluster, way: Detour, **more: str) -> Mapping[str, str]:
    """The settings of a bridge that goes that way."""
    there = {"JARVICE_SLURM_CLUSTER_ADDR": "127.0.0.1", "JARVICE_SLURM_CLUSTER_PORT": str(way.port)}
    plain = {"JARVICE_BAREMETAL_EXECUTOR": "native", "JARVICE_ANSWER_TIMEOUT": "5"}
    return {k: v for k, v in (cluster.settings() | there | plain | more).items() if v}


def has_changed(service: Service) -> str:
    """What the metrics say about the login node's key."""
    text = requests.get(f"{service.url}/metrics", timeout=30).text
    found = re.search(
        r"^dssr_ssh_host_key_changed\{host=\"127.0.0.1:\d+\"\} (\S+)$", text, re.MULTILINE
    )
    assert found, text
    return found[1]


def gc(service: Service) -> requests.Response:
    """Whether the cluster answers."""
    return requests.get(f"{service.url}/gc", timeout=30)


def all_work_stops(service: Service, job: Job) -> str:
    """Every call gets the sentence that `/gc` and the metrics report too; it is returned."""
    reason = eventually(
        lambda: gc(service).json().get("reason", ""),
        lambda words: "presents another host key" in words,
    )
    assert gc(service).status_code == 500
    assert has_changed(service) == "1.0"
    answers = [service.post(call, job.args) for call in CALLS]
    answers += [
        service.try_submit(DONE),
        service.post(f"/request/job/{job.number}/{job.jobid}/tail", {"qs": {}}),
    ]
    answers += [requests.get(service.url + path, timeout=30) for path in ("/running", "/queued")]
    assert [answer.status_code for answer in answers] == [503] * len(answers)
    assert {answer.text.strip() for answer in answers} == {reason}
    assert all(int(answer.headers["Retry-After"]) > 1 for answer in answers)
    return str(reason)


def test_on_a_reconnection(start: Start, cluster: Cluster, way: Detour, impostor: Impostor) -> None:
    """An attacker who appears during work receives nothing, and the operator gets one loud
    report."""
    service = start(settings(cluster, way))
    job = service.submit(script("sleep 300"))
    service.runs(job)
    assert has_changed(service) == "0.0"
    way.aim("127.0.0.1", impostor.port)
    reason = all_work_stops(service, job)
    for part in (
        "127.0.0.1",
        made("ssh-ed25519", 1).fingerprint,
        "JARVICE_SLURM_SSH_HOST_KEY",
        "administrator",
    ):
        assert part in reason
    service.logs(" ERROR ", "HOST KEY CHANGED, ALL WORK STOPS")
    assert sum(" ERROR " in line for line in service.log) == 1
    assert impostor.visits == 1
    assert impostor.learnt_nothing
    cluster.run("login", ["scancel", job.jobid])


@pytest.mark.parametrize("check", ["known_hosts", "first_use"])
def test_on_the_first_connection(
    check: str, start: Start, cluster: Cluster, way: Detour, impostor: Impostor, tmp_path: Path
) -> None:
    """An attacker at the first connection receives nothing; once the operator has edited the
    known-hosts file, work continues at once."""
    file, line = (
        tmp_path / "known_hosts",
        f"{Host('127.0.0.1', way.port).pattern} {cluster.host_key}\n",
    )
    file.write_text(line)
    way.aim("127.0.0.1", impostor.port)
    trust = {"JARVICE_SLURM_SSH_KNOWN_HOSTS": str(file), "JARVICE_SLURM_SSH_HOST_KEY_CHECK": check}
    service = start(settings(cluster, way, JARVICE_SLURM_SSH_HOST_KEY="", **trust))
    assert "which takes effect at once" in all_work_stops(service, Job("job", 1, "1", ""))
    service.logs(" ERROR ", "HOST KEY CHANGED, ALL WORK STOPS")
    assert sum(" ERROR " in line for line in service.log) == 1
    assert impostor.visits == 1
    assert impostor.learnt_nothing
    way.aim(cluster.address, cluster.port)
    file.write_text(f"# the cable was in the wrong socket\n{line}")
    eventually(lambda: gc(service).status_code, lambda code: code == 200, patience=30)
    assert service.run(DONE)[0] == 0
    assert has_changed(service) == "0.0"


def test_first_use_through_the_whole_bridge(
    start: Start, cluster: Cluster, way: Detour, tmp_path: Path
) -> None:
    """With first_use and no known key, the bridge writes the first key down, logs its fingerprint,
    and works."""
    file = tmp_path / "known_hosts"
    trust = {
        "JARVICE_SLURM_SSH_KNOWN_HOSTS": str(file),
        "JARVICE_SLURM_SSH_HOST_KEY_CHECK": "first_use",
    }
    service = start(settings(cluster, way, JARVICE_SLURM_SSH_HOST_KEY="", **trust))
    assert service.run(DONE)[0] == 0
    assert file.read_text() == f"[127.0.0.1]:{way.port} {cluster.host_key}\n"
    service.logs("SEEN FOR THE FIRST TIME", "SHA256:")
