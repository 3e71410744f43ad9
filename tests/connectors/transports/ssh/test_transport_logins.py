"""Host keys that are not trusted, refused logins and hosts out of reach, on a real cluster."""

import base64
import time
from typing import Any

import pytest

from connectors.transports.host_keys import fingerprint
from connectors.transports.keys import private_key
from connectors.transports.remote_shell import RemoteShell
from dssr.errors import (
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    LoginRefused,
    TransportError,
)
from dssr.testing.transport import PATIENCE, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import Connect, login_to
from tests.connectors.transports.ssh.conftest import (
    OTHER_KEY,
    works_again,
)

pytestmark = pytest.mark.cluster


def own_fingerprint(site: Cluster) -> str:
    """The fingerprint of the login node's host key."""
    return fingerprint(base64.b64decode(site.host_key.split()[1]))


class TestHostKey:
    """Nothing is sent to an unknown host."""

    def test_without_a_setting_the_error_has_the_line_to_paste(
        self, site: Cluster, connect: Connect
    ) -> None:
        """Without a trusted key the error has the setting to paste, and no login is tried."""
        with pytest.raises(HostKeyRefused, match="No trusted host key is known") as raised:
            connect(login_to(site, host_key="")).run(["true"], timeout=PATIENCE)
        line = f"JARVICE_SLURM_SSH_HOST_KEY='{site.host_key}'"
        assert line in raised.value.message
        assert unharmed(connect(login_to(site, host_key=line.split("'")[1])))

    def test_another_key_is_refused(self, site: Cluster, connect: Connect) -> None:
        """A wrong key is refused before the user's name is sent."""
        trace = site.path("/home/jarvice/it-ran")
        with pytest.raises(HostKeyChanged, match="presents another host key") as raised:
            connect(login_to(site, host_key=site.host_key_of("jump"))).run(
                ["touch", str(trace)], timeout=PATIENCE
            )
        assert own_fingerprint(site) in raised.value.message
        assert not trace.exists()

    def test_a_type_that_the_host_has_not(self, site: Cluster, connect: Connect) -> None:
        """A trusted key of a type that the host does not have is a mismatch."""
        rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ=="
        with pytest.raises(HostKeyChanged, match="presents another host key"):
            connect(login_to(site, host_key=rsa)).run(["true"], timeout=PATIENCE)

    def test_a_fingerprint_and_several(self, site: Cluster, connect: Connect) -> None:
        """A fingerprint and any of several trusted keys verify a host."""
        own = own_fingerprint(site)
        assert unharmed(connect(login_to(site, host_key=own)))
        assert unharmed(connect(login_to(site, host_key=f"{site.host_key_of('jump')}, {own}")))
        assert unharmed(
            connect(login_to(site, host_key=f"{site.host_key_of('jump')},{site.host_key}"))
        )


class TestNoLogin:
    """Refused logins, and hosts that cannot be reached."""

    @pytest.mark.parametrize(
        "changes", [{"key": private_key(OTHER_KEY)}, {"user": "nobody-here"}], ids=["key", "user"]
    )
    def test_a_refused_login(
        self, site: Cluster, connect: Connect, changes: dict[str, object]
    ) -> None:
        """A refused login says what to check and is not tried again before its pause."""
        transport = connect(login_to(site, **changes))
        with pytest.raises(LoginRefused, match="authorized_keys"):
            transport.run(["true"], timeout=PATIENCE)
        site.pause("login", "sshd")  # a query now would wait for it
        try:
            for _ in range(5):
                with pytest.raises(LoginRefused) as raised:
                    transport.run(["true"], timeout=5)
                assert raised.value.retry_after > 30
        finally:
            site.resume("login", "sshd")

    def test_a_closed_port(self, site: Cluster, connect: Connect) -> None:
        """A closed port is an error that says what to check."""
        with pytest.raises(
            ConnectFailed, match=r"port 23: Connection refused\. Check JARVICE_SLURM_CLUSTER_ADDR"
        ):
            connect(login_to(site, port=23)).run(["true"], timeout=PATIENCE)

    def test_a_name_that_is_none(self, site: Cluster, connect: Connect) -> None:
        """An impossible host name is an error of one sentence."""
        for name in ("no-such-host.invalid", "two..dots"):
            with pytest.raises(ConnectFailed, match="Cannot connect to"):
                connect(login_to(site, host=name)).run(["true"], timeout=PATIENCE)

    def test_an_unreachable_host(self, site: Cluster, connect: Connect) -> None:
        """While packets vanish the deadline is kept, and commands work once the link is back."""
        transport = connect(login_to(site))
        site.link("login", up=False)
        try:
            began = time.monotonic()
            with pytest.raises(ConnectFailed, match=r"did not answer in time|No route to host"):
                transport.run(["true"], timeout=2)
            assert time.monotonic() - began < 20
        finally:
            site.link("login", up=True)
        assert works_again(transport)

    def test_a_host_that_takes_connections_and_says_nothing(
        self, site: Cluster, connect: Connect
    ) -> None:
        """While sshd hangs and TCP connects, the deadline is kept."""
        transport = connect(login_to(site))
        site.pause("login", "sshd")
        try:
            began = time.monotonic()
            with pytest.raises(ConnectFailed, match="takes connections, but"):
                transport.run(["true"], timeout=3)
            assert time.monotonic() - began < 20
        finally:
            site.resume("login", "sshd")
        assert works_again(transport)

    def test_something_that_is_not_ssh(self, site: Cluster, connect: Connect) -> None:
        """Another service on that port is reported as no SSH server."""
        with pytest.raises(ConnectFailed, match="takes connections, but"):
            connect(login_to(site, port=6817)).run(["true"], timeout=3)

    def test_a_login_shell_that_refuses(self, site: Cluster, connect: Connect) -> None:
        """The words of a login shell that refuses are in the error."""
        site.run("login", ["usermod", "-s", "/usr/sbin/nologin", "bob"])
        with pytest.raises(TransportError, match="not available"):
            connect(login_to(site, user="bob")).run(["true"], timeout=PATIENCE)

    def test_a_login_shell_that_has_ended_before_it_is_sent_a_command(
        self, site: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its words are in the error also where the command can no longer be sent."""
        site.run("login", ["usermod", "-s", "/usr/sbin/nologin", "bob"])
        ask = RemoteShell.ask

        def late(shell: RemoteShell, *asked: Any) -> Any:
            until = time.monotonic() + PATIENCE
            while not shell.closed and time.monotonic() < until:
                time.sleep(0.05)
            return ask(shell, *asked)

        monkeypatch.setattr(RemoteShell, "ask", late)
        with pytest.raises(TransportError, match=r"ended the session .* not available"):
            connect(login_to(site, user="bob")).run(["true"], timeout=2 * PATIENCE)
