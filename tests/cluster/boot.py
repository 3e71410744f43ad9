"""Boots a cluster: from a root file system to idle nodes."""

from __future__ import annotations

import os
import pwd
import secrets
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.cluster import daemons, machine
from tests.cluster.errors import ClusterError
from tests.cluster.generations import SCRIPTS
from tests.cluster.host import Host, find_host
from tests.cluster.inventory import Record
from tests.cluster.layout import (
    LOGIN,
    MACHINE,
    NODES,
    PLACES,
    SERVICE_USER,
    SSH_PLACES,
    USERS,
    Place,
)
from tests.cluster.processes import processes
from tests.cluster.roots import find_generation, root_for
from tests.cluster.site import site_files
from tests.cluster.slurmconf import File, configuration

_SUPERVISOR = (
    *("unshare", "-m", "-n", "-p", "-f", "--kill-child", "--mount-proc"),
    *("sh", "-eu", str(SCRIPTS / "cluster.sh")),
)


def start_supervisor(record: Record) -> tuple[Record, subprocess.Popen[bytes]]:
    """Starts the cluster's first process, and with it all hosts, connected to each other and to
    this machine.

    :raises ClusterError: it does not come up.
    """
    root = root_for(find_generation(record.generation))
    hosts = [
        f"{place.name}:{record.network.address(place.octet)}:{record.network.mac(place.octet)}"
        for place in PLACES
    ]
    cgroup = str(record.network.memory_cgroup) if machine.has_memory_cgroups() else ""
    with (record.base / "supervisor.log").open("wb") as log:
        process = subprocess.Popen(
            [*_SUPERVISOR, str(root), str(record.base), *hosts],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
            env=os.environ | {"MEMORY_CGROUP": cgroup},
        )
    daemons.wait_until(
        lambda: process.poll() is not None or (record.base / "booted").exists(),
        "the hosts to start",
        60,
    )
    children = [child.pid for child in processes() if child.parent == process.pid]
    if not children:
        reason = (record.base / "supervisor.log").read_text(errors="replace").strip()
        raise ClusterError(f"The cluster's first process ended at once: {reason}")
    record = record.with_supervisor(children[0])
    _connect_machine(record)
    return record, process


def find_hosts(record: Record) -> dict[str, Host]:
    """The hosts of a running cluster, by name.

    :raises ClusterError: one of them is not up.
    """
    return {
        place.name: find_host(place.name, record.base / "hosts" / place.name) for place in PLACES
    }


def write_configuration(record: Record, login: Host) -> None:
    """Writes the configuration and the keys, before any daemon runs."""
    files = configuration(
        find_generation(record.generation),
        record.options,
        record.network,
        memory_cgroups=machine.has_memory_cgroups(),
    )
    files |= site_files(record.options)
    files["/etc/munge/munge.key"] = File(secrets.token_bytes(128), mode=0o400, owner="munge")
    files["/etc/slurm/jwt.key"] = File(secrets.token_bytes(32), mode=0o600, owner="slurm")
    owners = _user_ids(record.shared_root)
    for path, file in files.items():
        _write(record.shared_root / path.lstrip("/"), file, owners)
    login.check(_keys_script(record))
    for name in ("id_ed25519", "id_ed25519.pub"):
        (record.base / name).write_bytes(
            (record.base / "hosts" / LOGIN.name / "tmp" / name).read_bytes()
        )
    (record.base / "id_ed25519").chmod(0o600)


def start_daemons(record: Record, hosts: dict[str, Host]) -> None:
    """Starts everything in the order that it needs; returns when the controller knows all nodes as
    idle.

    :raises ClusterError: a daemon does not answer, or the nodes do not become idle.
    """
    others = [place for place in PLACES if place not in (LOGIN, *NODES)]
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(_start_all, hosts[place.name], place.daemons) for place in others]
        waiting += [pool.submit(_start_all, hosts[node.name], ("munged",)) for node in NODES]
        _start_all(hosts[LOGIN.name], _login_daemons(record))
        waiting += [pool.submit(_start_all, hosts[node.name], ("slurmd",)) for node in NODES]
        for outcome in waiting:
            outcome.result()
    daemons.wait_until(lambda: nodes_are_idle(hosts[LOGIN.name]), "the nodes to become idle", 30)


def nodes_are_idle(login: Host) -> bool:
    """Whether the controller lists every node, and each as idle."""
    states = login.run(["/usr/bin/sinfo", "-h", "-N", "-p", "batch", "-o", "%T"]).stdout.split()
    return states == [b"idle"] * len(NODES)


def _login_daemons(record: Record) -> list[str]:
    needless = () if record.options.accounting else ("mariadbd", "slurmdbd")
    return [name for name in LOGIN.daemons if name not in needless]


def _start_all(host: Host, names: Iterable[str]) -> None:
    for name in names:
        daemons.start(host, daemons.find_daemon(name))


def _connect_machine(record: Record) -> None:
    network, pid = record.network, record.supervisor_pid
    lines = [
        f"link add {network.interface} address {network.mac(MACHINE)} type veth peer name machine "
        f"netns {pid}",
        f"addr add {network.address(MACHINE)}/24 dev {network.interface}",
        f"link set {network.interface} up",
    ]
    # Permanent entries: without them a partition would be an immediate error (no ARP answer) and
    # not a silence.
    lines += [_neighbour(record, place) for place in PLACES]
    machine.command(["ip", "-batch", "-"], input="\n".join(lines))
    machine.command(
        ["nsenter", "-t", str(pid), "-n", "ip", "link", "set", "machine", "master", "hub", "up"]
    )


def _neighbour(record: Record, place: Place) -> str:
    network = record.network
    address, mac = network.address(place.octet), network.mac(place.octet)
    return f"neigh replace {address} lladdr {mac} dev {network.interface} nud permanent"


def _keys_script(record: Record) -> str:
    hosts = " ".join(place.name for place in SSH_PLACES)
    shell = f"usermod -s /usr/bin/tcsh {SERVICE_USER}" if record.options.csh else ":"
    return f"""
        for host in {hosts}; do
            ssh-keygen -q -t ed25519 -N '' -C $host -f /etc/ssh/hostkeys/$host
        done
        ssh-keygen -q -t ed25519 -N '' -C cluster -f /tmp/id_ed25519
        for user in {" ".join(USERS)}; do
            install -d -m 700 -o $user -g $user /home/$user/.ssh
            install -m 600 -o $user -g $user /tmp/id_ed25519.pub /home/$user/.ssh/authorized_keys
        done
        {shell}
    """


def _user_ids(root: Path) -> dict[str, tuple[int, int]]:
    lines = (root / "etc/passwd").read_text().splitlines()
    entries = [pwd.struct_passwd(line.split(":")) for line in lines]
    return {entry.pw_name: (int(entry.pw_uid), int(entry.pw_gid)) for entry in entries}


def _write(path: Path, file: File, owners: dict[str, tuple[int, int]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(file.text if isinstance(file.text, bytes) else file.text.encode())
    os.chown(path, *owners[file.owner])
    path.chmod(file.mode)
