"""The handbook's page on the first job, in its three ways."""

import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.docs.console import check_dialogue, dialogue
from tests.docs.markdown import Page, handbook
from tests.end_to_end.service import Service

PAGE = handbook("first-job")


def section(title: str) -> Page:
    """A section, after the lines by which the first one makes the job's script."""
    setup = [command for command, shown in dialogue(PAGE) if not shown][:2]
    lines = "\n".join(f"$ {line}" for line in setup)
    return Page(PAGE.name, f"```console\n{lines}\n```\n{PAGE.section(title)}")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home directory of a user who has set nothing."""
    for name in [name for name in os.environ if name.startswith(("JARVICE_", "DSSR_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def ssh_directory(cluster: Cluster, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A ``~/.ssh`` with the alias of the cluster. Masters end with the test."""
    directory = home / "ssh"
    directory.mkdir(mode=0o700)
    (directory / "key").write_text(cluster.private_key)
    (directory / "key").chmod(0o600)
    name = cluster.address if cluster.port == 22 else f"[{cluster.address}]:{cluster.port}"
    (directory / "known_hosts").write_text(f"{name} {cluster.host_key}\n")
    (directory / "config").write_text(
        f"Host mycluster\n HostName {cluster.address}\n Port {cluster.port}\n"
        f" User {cluster.user}\n IdentityFile ~/.ssh/key\n"
    )
    runtime = tempfile.mkdtemp(prefix="d")  # a socket's path must be short
    monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
    yield directory
    for socket in Path(runtime, "dssr").glob("*"):
        if socket.is_socket():
            end = ["ssh", "-F", "none", "-S", str(socket), "-O", "exit", "cluster"]
            subprocess.run(end, capture_output=True, check=False)
    shutil.rmtree(runtime)


def test_on_this_machine(home: Path) -> None:
    """A job on this machine needs nothing but dssr."""
    assert check_dialogue(Page(PAGE.name, PAGE.section("On this machine")), "", home) == 3


@pytest.mark.cluster
def test_over_own_ssh_access(ssh_directory: Path, home: Path) -> None:
    """A job on a cluster needs no more than an alias in the user's ``~/.ssh/config``. ssh looks for
    that in the home directory of the user's account, so it is mounted there."""
    account = f"{pwd.getpwuid(os.getuid()).pw_dir}/.ssh"
    os.makedirs(account, mode=0o700, exist_ok=True)

    def as_user(lines: str) -> str:
        mounted = f"mount --bind {ssh_directory} {account}\n{lines}"
        return f"unshare --mount bash -euc {shlex.quote(mounted)}"

    page = section("On a cluster, over your own SSH access")
    assert check_dialogue(page, "", home, as_user) == 3


def test_through_a_bridge(bridge: Service, home: Path) -> None:
    """The same commands run a job where the bridge does."""
    assert check_dialogue(section("Through a bridge"), bridge.url, home) == 2
