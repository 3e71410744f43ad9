"""Changes of the files of known hosts, with a real login node."""

import re
from pathlib import Path

import pytest

from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.host_keys import Host
from connectors.transports.known_hosts import known_hosts_line
from connectors.transports.trust import FirstUse, KnownHostsFile
from dssr.errors import HostKeyRefused
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import Connect, login_to
from tests.connectors.transports.ssh.conftest import is_refused, key_of
from tests.connectors.transports.ssh.impostor import Detour, Impostor, made

pytestmark = pytest.mark.cluster


def test_a_corrected_file_takes_effect_at_once(
    tmp_path: Path, cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """The new key of a reinstalled host takes effect at once when it is in the file."""
    file = tmp_path / "known_hosts"
    file.write_text(known_hosts_line(Host("127.0.0.1", way.port), made("ssh-ed25519", 2)))
    transport = connect(
        login_to(
            cluster,
            host="127.0.0.1",
            port=way.port,
            verifier=HostKeyVerifier(KnownHostsFile(str(file))),
        )
    )
    assert "takes effect at once" in is_refused(transport)
    assert is_refused(transport)
    file.write_text(known_hosts_line(Host("127.0.0.1", way.port), key_of(cluster)))
    assert unharmed(transport)


def test_a_host_that_is_added_to_the_file_takes_effect_at_once(
    tmp_path: Path, cluster: Cluster, connect: Connect
) -> None:
    """An unknown host is refused, and takes effect at once when it is added to the file."""
    file = tmp_path / "known_hosts"
    transport = connect(login_to(cluster, verifier=HostKeyVerifier(KnownHostsFile(str(file)))))
    with pytest.raises(HostKeyRefused, match="cannot be read"):
        transport.run(["true"], timeout=PATIENCE)
    file.touch()
    with pytest.raises(HostKeyRefused, match="No trusted host key") as raised:
        transport.run(["true"], timeout=PATIENCE)
    (line,) = re.findall(f"'([^']*{re.escape(cluster.host_key)})'", raised.value.message)
    file.write_text(f"{line}\n")
    assert unharmed(transport)


def test_first_use_learns_before_it_logs_in(
    tmp_path: Path, cluster: Cluster, way: Detour, impostor: Impostor, connect: Connect
) -> None:
    """The first key is written down before the login; if it cannot be, nothing is sent."""
    lost = FirstUse(str(tmp_path / "missing" / "known_hosts"))
    way.aim("127.0.0.1", impostor.port)
    with pytest.raises(HostKeyRefused, match="cannot be written"):
        connect(
            login_to(cluster, host="127.0.0.1", port=way.port, verifier=HostKeyVerifier(lost))
        ).run(["true"], timeout=PATIENCE)
    assert impostor.learnt_nothing
    way.aim(cluster.address, cluster.port)
    file = tmp_path / "known_hosts"
    assert unharmed(
        connect(
            login_to(
                cluster,
                host="127.0.0.1",
                port=way.port,
                verifier=HostKeyVerifier(FirstUse(str(file))),
            )
        )
    )
    assert file.read_text() == known_hosts_line(Host("127.0.0.1", way.port), key_of(cluster))
