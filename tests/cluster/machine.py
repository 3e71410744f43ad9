"""What this machine must have before a cluster can run on it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.cluster.errors import ClusterError, ImpossibleHere
from tests.cluster.layout import MEMORY_CGROUPS

TOOLS = {
    "ip": "iproute2",
    "unshare": "util-linux",
    "nsenter": "util-linux",
    "pivot_root": "util-linux",
    "mount": "mount",
}
# A cable on this machine, then a network and a file system of one's own: what root in a container
# may lack.
_PROBE = """
    ip link add dssrp$$ type veth
    ip link delete dssrp$$
    unshare -m -n -p -f sh -euc 'ip link add hub type bridge; mount -t tmpfs tmpfs /mnt'
"""
BUILD_TOOLS = {"debootstrap": "debootstrap"}
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def require() -> None:
    """Returns when a cluster can run here; its tools are installed by then.

    :raises ImpossibleHere: not Linux, not root, or namespaces are withheld.
    :raises ClusterError: a tool is missing and cannot be installed.
    """
    if sys.platform != "linux":
        raise ImpossibleHere(
            "The test cluster needs Linux: its hosts are namespaces of the Linux kernel."
        )
    if os.geteuid() != 0:
        raise ImpossibleHere(
            "The test cluster needs root: its hosts are network and mount namespaces."
        )
    _complete_path()
    install_missing(TOOLS)
    done = subprocess.run(["sh", "-euc", _PROBE], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ImpossibleHere(
            f"The test cluster needs namespaces, bridges and mounts; this machine says: "
            f"{_tail(done.stderr)}"
        )


def command(words: list[str], input: str = "") -> None:
    """Runs a command of this machine's.

    :raises ClusterError: it failed; the text has the last line of its stderr.
    """
    done = subprocess.run(words, input=input, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"'{' '.join(words)}' failed on this machine: {_tail(done.stderr)}")


def has_memory_cgroups() -> bool:
    """Whether the kernel limits the memory of jobs here: version 1 of its cgroups, which Slurm can
    use without systemd."""
    return (MEMORY_CGROUPS / "memory.limit_in_bytes").exists() and os.access(
        MEMORY_CGROUPS, os.W_OK
    )


def require_for_build() -> None:
    """Returns when debootstrap and Debian's keys are here.

    :raises ClusterError: they are missing and cannot be installed.
    """
    install_missing(BUILD_TOOLS)
    if not DEBIAN_KEYRING.exists():
        install(["debian-archive-keyring"])


def install_missing(tools: dict[str, str]) -> None:
    """Installs by apt the packages of those tools that are not on the PATH.

    :raises ClusterError: apt is missing or fails.
    """
    packages = sorted({package for tool, package in tools.items() if shutil.which(tool) is None})
    if packages:
        install(packages)


def install(packages: list[str]) -> None:
    """Installs Debian or Ubuntu packages on this machine.

    :raises ClusterError: apt is missing or fails.
    """
    wanted = " ".join(packages)
    if shutil.which("apt-get") is None:
        raise ClusterError(
            f"The test cluster needs the tools of these Debian packages: {wanted}; install them by "
            f"hand."
        )
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = f"apt-get install -qy --no-install-recommends {wanted}"
    script = f"{install} || {{ apt-get update -q && {install}; }}"
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode != 0:
        raise ClusterError(f"'apt-get install {wanted}' failed: {_tail(done.stderr)}")


def _complete_path() -> None:
    """A root user's PATH may lack the directories that the tools lie in."""
    known = os.environ.get("PATH", os.defpath).split(":")
    os.environ["PATH"] = ":".join(
        known + [path for path in ("/usr/sbin", "/sbin") if path not in known]
    )


def _tail(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "(nothing)"
