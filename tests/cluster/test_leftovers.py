"""A cluster leaves nothing on this machine, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cluster import inventory
from tests.cluster.__main__ import chosen
from tests.cluster.cluster import Cluster
from tests.cluster.daemons import wait_until
from tests.cluster.errors import ClusterError
from tests.cluster.options import Options
from tests.cluster.processes import identity, is_alive, processes

pytestmark = pytest.mark.cluster

PROJECT = inventory.CHECKOUT


def traces(record: inventory.Record) -> list[str]:
    """What is left of a cluster on this machine."""
    found = [process.command for process in processes() if str(record.base) in process.command]
    found += [
        line for line in Path("/proc/mounts").read_text().splitlines() if str(record.base) in line
    ]
    found += [str(path) for path in (record.base, record.file) if path.exists()]
    found += [name for name in os.listdir("/sys/class/net") if name == record.network.interface]
    found += [str(record.network.memory_cgroup)] * record.network.memory_cgroup.exists()
    return found


def is_taken_again(record: inventory.Record) -> bool:
    """Whether another test has booted a cluster in the place that became free."""
    others = (other for other in inventory.records() if other.base == record.base)
    return any(other.supervisor != record.supervisor for other in others)


def test_down_leaves_nothing(cluster_possible: None) -> None:
    """After down there is no process, mount, link, directory or record of the cluster."""
    cluster = Cluster.up()
    namespaces = {host.namespace for host in cluster.hosts.values()}
    assert traces(cluster.record)
    assert namespaces <= {process.namespace for process in processes()}

    cluster.down()
    cluster.down()

    assert traces(cluster.record) == [] or is_taken_again(cluster.record)
    assert not namespaces & {process.namespace for process in processes()}


def test_a_killed_run_takes_its_cluster_with_it(cluster_possible: None) -> None:
    """When a cluster's owner is killed, all processes and mounts end by themselves, and the next
    boot removes the rest."""
    script = (
        "from tests.cluster import Cluster; cluster = Cluster.up(); "
        "print(cluster.record.third_octet, flush=True); input()"
    )
    owner = subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert owner.stdout is not None
    octet = int(owner.stdout.readline())
    record = next(record for record in inventory.records() if record.third_octet == octet)

    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    wait_until(lambda: not is_alive(record.supervisor), "the cluster to end with its owner", 20)
    inventory.clean_up()

    assert traces(record) == [] or is_taken_again(record)


def test_by_hand_it_stays_until_it_is_taken_down(cluster_possible: None) -> None:
    """'up' prints nothing but exports, and the cluster outlives the command until 'down'."""
    command = [sys.executable, "-m", "tests.cluster", "up"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    check = 'eval "$1"; echo "$JARVICE_SLURM_CLUSTER_ADDR $JARVICE_SLURM_SSH_HOST_KEY"'
    seen = subprocess.run(
        ["sh", "-c", check, "sh", done.stdout], capture_output=True, text=True, check=True
    ).stdout
    address = seen.split()[0]  # other tests boot clusters meanwhile
    record = next(r for r in inventory.records() if r.network.address(2) == address)
    host_key = Cluster.attach(record).host_key
    down = [sys.executable, "-m", "tests.cluster", "down", address]
    said = subprocess.run(down, cwd=PROJECT, capture_output=True, text=True, check=True).stderr

    assert all(line.startswith("export JARVICE_") for line in done.stdout.splitlines())
    assert seen == f"{address} {host_key}\n"
    assert said == f"Slurm {record.generation} at {address} is down\n"
    assert traces(record) == [] or is_taken_again(record)


def test_down_leaves_the_clusters_of_others_alone(tmp_path: Path) -> None:
    """'down' is for the clusters that were brought up by hand from its own checkout; others need
    their address, or --all."""
    records = []
    for octet, owner, checkout in ((1, "", PROJECT), (2, "17@4711", PROJECT), (3, "", tmp_path)):
        base = tmp_path / str(octet)
        base.mkdir()
        (base / "checkout").write_text(str(checkout))
        records.append(inventory.Record(octet, "24.11", Options(), base, owner))
    assert chosen(records, [], False) == records[:1]
    assert chosen(records, ["198.18.3.2"], False) == records[2:]
    assert chosen(records, [], True) == records
    with pytest.raises(ClusterError, match="status"):
        chosen(records, ["198.18.4.2"], False)


def test_a_second_down_leaves_the_next_cluster_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cluster that has taken the place of one that is down keeps its processes, its directory and
    its record when the first one is taken down again."""
    monkeypatch.setattr(inventory, "DIRECTORY", tmp_path)
    supervisor = subprocess.Popen(["sleep", "60"])
    first = inventory.Record(1, "24.11", Options(), tmp_path / "base", "", "4711@17")
    second = replace(first, supervisor=identity(supervisor.pid)).save()
    second.base.mkdir()

    inventory.remove(first)

    assert supervisor.poll() is None
    assert second.base.exists()
    assert inventory.records() == [second]
    supervisor.kill()
    supervisor.wait()
