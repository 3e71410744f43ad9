"""Logins and host keys, on a real cluster."""

import subprocess
import time
from pathlib import Path

import pytest

from connectors.transports.budget import Budget
from connectors.transports.keys import private_key
from connectors.transports.openssh import HostKeys, OpensshTransport, Target
from dssr.errors import HostKeyChanged, HostKeyRefused, LoginRefused
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import (
    ANOTHER_PORT,
    Connect,
    another_sshd,
    end_masters,
    masters_in,
    target,
)
from tests.connectors.transports.ssh.conftest import OTHER_KEY

pytestmark = pytest.mark.cluster


def keygen(*words: str) -> None:
    """Run ssh-keygen."""
    subprocess.run(["ssh-keygen", "-q", *words], check=True, stdin=subprocess.DEVNULL)


def refused(transport: OpensshTransport, error: type[Exception], words: str) -> None:
    """Assert that a command is refused for that reason."""
    with pytest.raises(error, match=words) as raised:
        transport.run(["true"], timeout=PATIENCE)
    assert type(raised.value) is error


@pytest.mark.parametrize(
    "changes", [{"key": OTHER_KEY}, {"user": "nobody-here"}], ids=["key", "user"]
)
def test_a_refused_login_is_not_repeated(
    site: Cluster, connect: Connect, changes: dict[str, str], directory: str
) -> None:
    """A refused login is reported to each caller, and tried again only after a pause."""
    transport = connect(target(site, **changes))
    for _ in range(20):
        refused(transport, LoginRefused, r"Permission denied \(publickey\)")
    assert transport.counters.connections == 1
    assert masters_in(directory) == []


def test_a_changed_key_stops_all_work(
    site: Cluster, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """A host with another key than the trusted one stops all work, on other nodes too, and is
    looked at again only after a pause."""
    wrong = HostKeys(pinned=(site.host_key_of("jump"),))
    transport = connect(target(site, host_keys=wrong), target(site, "login2"))
    for _ in range(20):
        refused(transport, HostKeyChanged, f"^{site.address} presents another host key")
    assert transport.counters.connections == 1
    loud = [r for r in caplog.records if r.message.startswith("HOST KEY CHANGED, ALL WORK STOPS")]
    assert len(loud) == 1
    changed = [f for f in transport.figures() if f.name == "dssr_ssh_host_key_changed"]
    assert [figure.value for figure in changed] == [1.0, 0.0]


def test_an_unknown_key_is_refused(site: Cluster, connect: Connect, directory: str) -> None:
    """A host that is not known is sent nothing, and another node is used meanwhile."""
    empty = Path(directory, "empty")
    empty.touch()
    unknown = target(site, host_keys=HostKeys(file=str(empty)))
    refused(connect(unknown), HostKeyRefused, f"^No trusted host key is known for {site.address}")
    both = connect(unknown, target(site, "login2"))
    assert both.run(["uname", "-n"], timeout=PATIENCE).stdout == b"login2\n"


def test_a_right_key_takes_effect_at_once(site: Cluster, connect: Connect, directory: str) -> None:
    """After a wrong key in the file of known hosts is replaced, the next command works."""
    known = Path(directory, "hosts")
    known.write_text(f"{site.address} {site.host_key_of('jump')}\n")
    transport = connect(target(site, host_keys=HostKeys(file=str(known))))
    refused(transport, HostKeyChanged, "presents another host key")
    known.write_text(f"{site.address} {site.host_key}\n")
    assert unharmed(transport)


def test_the_first_key_is_written_down(site: Cluster, connect: Connect, directory: str) -> None:
    """Where that is wanted, the first key of an unknown host is trusted from then on, and another
    one is refused."""
    known = Path(directory, "hosts")
    keys = HostKeys(file=str(known), learns=True)
    assert unharmed(connect(target(site, host_keys=keys)))
    assert site.host_key.split()[1] in known.read_text()
    known.write_text(f"{site.address_of('login2')} {site.host_key}\n")
    refused(
        connect(target(site, "login2", host_keys=keys)), HostKeyChanged, "presents another host key"
    )


def test_certificates(site: Cluster, connect: Connect, directory: str, tmp_path: Path) -> None:
    """A user's certificate and a host's certificate, both signed by the site, let a user in whose
    key the host does not know, at a host whose key the user does not know."""
    for name in ("ca", "key"):
        keygen("-t", "ed25519", "-N", "", "-f", f"{tmp_path}/{name}")
    (tmp_path / "host.pub").write_text(f"{site.host_key}\n")
    sign = ["-s", f"{tmp_path}/ca", "-I", "test"]
    keygen(*sign, "-n", site.user, f"{tmp_path}/key.pub")
    keygen(*sign, "-h", "-n", site.address, f"{tmp_path}/host.pub")
    authority = (tmp_path / "ca.pub").read_text()
    site.path("/etc/ssh/user_ca.pub").write_text(authority)
    site.path("/etc/ssh/host-cert.pub").write_text((tmp_path / "host-cert.pub").read_text())
    (tmp_path / "known").write_text(f"@cert-authority * {authority}")
    (tmp_path / "config").write_text(
        f"Host hpc\n HostName {site.address}\n Port {ANOTHER_PORT}\n User {site.user}\n"
        f" IdentityFile {tmp_path}/key\n CertificateFile {tmp_path}/key-cert.pub\n"
        f" UserKnownHostsFile {tmp_path}/known\n"
    )
    hpc = Target("hpc", config=str(tmp_path / "config"))
    options = ["TrustedUserCAKeys=/etc/ssh/user_ca.pub", "AuthorizedKeysFile=none"]
    with another_sshd(site, "login", *options, "HostCertificate=/etc/ssh/host-cert.pub"):
        assert unharmed(connect(hpc))
    with another_sshd(site, "login", *options):
        end_masters(directory)
        refused(connect(hpc), HostKeyRefused, "No trusted host key is known for hpc")


def test_a_careless_configuration(
    site: Cluster, connect: Connect, directory: str, tmp_path: Path
) -> None:
    """A configuration that accepts any host key makes unknown hosts known, and no other key is
    accepted for a known one."""
    (tmp_path / "config").write_text(
        f"Host *\n StrictHostKeyChecking no\n UserKnownHostsFile {directory}/hosts\n"
    )
    careless = target(site, host_keys=HostKeys(), config=str(tmp_path / "config"))
    assert unharmed(connect(careless))
    known = Path(directory, "hosts")
    known.write_text(f"{site.address_of('login2')} {site.host_key}\n")
    other = target(site, "login2", host_keys=HostKeys(), config=str(tmp_path / "config"))
    refused(connect(other), HostKeyChanged, "presents another host key")


def test_users_log_in_as_themselves(site: Cluster, connect: Connect, directory: str) -> None:
    """A user's transport logs in as that user; when it rests or is closed, its master ends, and
    only that."""
    service = connect(target(site))
    assert unharmed(service)
    budget = Budget(30, time.monotonic)
    alice = service.as_user("alice", private_key(site.private_key), budget)
    assert alice.run(["id", "-un"], timeout=PATIENCE).stdout == b"alice\n"
    assert len(masters_in(directory)) == 2
    alice.rest()
    assert len(masters_in(directory)) == 1
    assert alice.run(["id", "-un"], timeout=PATIENCE).stdout == b"alice\n"
    assert len(masters_in(directory)) == 2
    alice.close()
    assert len(masters_in(directory)) == 1
    assert service.counters.connections == 3
    assert unharmed(service)


def test_a_target_without_an_account(site: Cluster, connect: Connect) -> None:
    """The error of a login names the login as the settings have it."""
    with pytest.raises(LoginRefused, match=rf"^nobody-here@{site.address}:22 cannot log in"):
        connect(target(site, user="nobody-here")).run(["true"], timeout=PATIENCE)
    assert str(Target("hpc")) == "hpc"
    assert str(Target("hpc", 2200, "ada")) == "ada@hpc:2200"
