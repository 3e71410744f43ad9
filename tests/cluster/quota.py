"""A directory with a disk quota on several hosts of a cluster: btrfs, on a loop device of this
machine."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from tests.cluster import machine
from tests.cluster.cluster import Cluster
from tests.cluster.errors import ImpossibleHere

_TOOLS = {"mkfs.btrfs": "btrfs-progs", "losetup": "mount"}
_SIZE = 512 << 20  # bytes, of which few are used
_PREPARE = """
    btrfs quota enable "$1"
    btrfs subvolume create "$1/own"
    chown "$2:$2" "$1/own"
    btrfs qgroup limit "$3M" "$1/own"
"""
# Each host has its own /dev, which lacks the loop devices of this machine.
_MOUNT = '[ -b "$1" ] || mknod "$1" b 7 "${1#/dev/loop}"; mount -o subvol=own "$1" "$2"'


@contextmanager
def limited(
    cluster: Cluster, directory: str, owner: int, megabytes: int, hosts: Sequence[str]
) -> Iterator[None]:
    """Have that directory be the same file system on these hosts, where ``owner`` (a uid) may use
    so many MB of it.

    :raises ImpossibleHere: this machine lends no loop device, or its kernel has no btrfs.
    """
    machine.install_missing(_TOOLS)
    with ExitStack() as undo:
        device = undo.enter_context(_device())
        with tempfile.TemporaryDirectory() as place:
            _run("mount", device, place)
            try:
                _run("sh", "-euc", _PREPARE, "sh", place, str(owner), str(megabytes))
            finally:
                _run("umount", place)
        for host in hosts:
            words = ["sh", "-euc", _MOUNT, "sh", device, directory]
            cluster.run(host, words).check_returncode()
            undo.callback(cluster.run, host, ["umount", "-l", directory])
        yield


@contextmanager
def _device() -> Iterator[str]:
    """A loop device with an empty file system."""
    with tempfile.NamedTemporaryFile(prefix="dssr-quota-") as image:
        os.truncate(image.name, _SIZE)
        _run("mkfs.btrfs", "-q", image.name)
        device = _run("losetup", "--find", "--show", image.name)
        try:
            yield device
        finally:
            _run("losetup", "--detach", device)  # at once, or with the last host's mount


def _run(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ImpossibleHere(
            f"A disk quota needs loop devices and btrfs: '{words[0]}' says: {done.stderr.strip()}"
        )
    return done.stdout.strip()
