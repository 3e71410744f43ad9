"""Forwards beside a person's own use of ssh, with the configuration in their home directory."""

import os
import pwd
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.connectors.transports.forwarding.conftest import settings_of
from tests.connectors.transports.forwarding.test_forwards_front import aim, web_on
from tests.dssr.services.front.running import COMMAND, front

pytestmark = pytest.mark.cluster
CONFIG = """
Host *
 HostName {address}
 User {user}
 IdentityFile {directory}/key
 UserKnownHostsFile {directory}/known_hosts
 ControlMaster auto
 ControlPath {directory}/own
 ControlPersist yes
"""
# ssh looks for its configuration in the home directory of the account, whatever HOME says.
MOUNTED = 'mkdir -p -m 700 "$1" && mount --bind "$0" "$1" && shift && exec "$@"'


@pytest.fixture
def own_ssh(site: Cluster, folder: Path) -> Path:
    """A ``~/.ssh`` with the alias ``mine``, at which all connections share a master."""
    settings_of(site, folder)
    text = CONFIG.format(address=site.address, user=site.user, directory=folder)
    (folder / "config").write_text(text)
    return folder


@pytest.fixture
def hung_master(own_ssh: Path) -> Iterator[int]:
    """The person's own master, which does not answer any more, as after a sleep."""
    words = ["ssh", "-F", str(own_ssh / "config"), "mine"]
    subprocess.run([*words, "true"], check=True, stderr=subprocess.DEVNULL)
    checked = subprocess.run([*words, "-O", "check"], check=True, capture_output=True, text=True)
    pid = int(checked.stderr.partition("pid=")[2].partition(")")[0])
    os.kill(pid, signal.SIGSTOP)
    yield pid
    os.kill(pid, signal.SIGKILL)


def test_a_persons_own_master_is_left_alone(
    site: Cluster, folder: Path, own_ssh: Path, hung_master: int
) -> None:
    """A master of the person's own that hangs holds up no forward, and is there afterwards as it
    was."""
    home = f"{pwd.getpwuid(os.getuid()).pw_dir}/.ssh"
    command = ("unshare", "--mount", "sh", "-euc", MOUNTED, str(own_ssh), home, *COMMAND)
    settings = {"hosts": ["mine"]}
    with web_on(site, "node1") as (port, _):
        more = {"forwards": "openssh", "forward_settings": settings, "command": command}
        with front(folder / "f", **more) as running:
            aim(running, port)
            assert running.get("/whoami").body == b"first"
    assert Path(f"/proc/{hung_master}/stat").read_text().split()[2] == "T"
    assert (own_ssh / "own").is_socket()
