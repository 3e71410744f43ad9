"""What can go wrong between the bridge and a real login node: each fault is made for real, and passes."""

import base64
import gc
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from connectors.transports.host_keys import fingerprint
from connectors.transports.keys import private_key
from connectors.transports.ssh import SshTransport
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    LoginRefused,
    TransportError,
)
from dssr.seams import Transport
from dssr.testing.transport import PATIENCE, sh, unharmed
from tests.cluster import Cluster, Options
from tests.connectors.transports.conftest import Connect, login_to

pytestmark = pytest.mark.cluster

OTHER_KEY = (
    ed25519.Ed25519PrivateKey.generate()
    .private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    )
    .decode()
)


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster of this page's own: what happens to it should happen to nobody else."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


def own_fingerprint(site: Cluster) -> str:
    """Of the login node's host key."""
    return fingerprint(base64.b64decode(site.host_key.split()[1]))


def works_again(transport: Transport, timeout: float = PATIENCE) -> bool:
    """Whether the transport recovers by itself, asked as the bridge is: again after each error."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            return transport.run(["echo", "well"], timeout=5).stdout == b"well\n"
        except TransportError:
            time.sleep(0.2)
    return False


class TestHostKey:
    """Nothing is sent to a host that is not known."""

    def test_without_a_setting_the_line_to_paste_is_told(
        self, site: Cluster, connect: Connect
    ) -> None:
        """The error holds the setting that makes it work, and no login was tried."""
        with pytest.raises(HostKeyRefused, match="Nothing says which host key") as raised:
            connect(login_to(site, host_key="")).run(["true"], timeout=PATIENCE)
        line = f"JARVICE_SLURM_SSH_HOST_KEY='{site.host_key}'"
        assert line in raised.value.message
        assert unharmed(connect(login_to(site, host_key=line.split("'")[1])))

    def test_another_key_is_refused(self, site: Cluster, connect: Connect) -> None:
        """Even before the user's name is sent."""
        trace = site.path("/home/jarvice/it-ran")
        with pytest.raises(HostKeyChanged, match="presents another host key") as raised:
            connect(login_to(site, host_key=site.host_key_of("jump"))).run(
                ["touch", str(trace)], timeout=PATIENCE
            )
        assert own_fingerprint(site) in raised.value.message
        assert not trace.exists()

    def test_a_type_that_the_host_has_not(self, site: Cluster, connect: Connect) -> None:
        """A key of a type that the host has none of is no reason to take another: it has another key then."""
        rsa = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ=="
        with pytest.raises(HostKeyChanged, match="presents another host key"):
            connect(login_to(site, host_key=rsa)).run(["true"], timeout=PATIENCE)

    def test_a_fingerprint_and_several(self, site: Cluster, connect: Connect) -> None:
        """Any of the expected ones will do."""
        own = own_fingerprint(site)
        assert unharmed(connect(login_to(site, host_key=own)))
        assert unharmed(connect(login_to(site, host_key=f"{site.host_key_of('jump')}, {own}")))
        assert unharmed(
            connect(login_to(site, host_key=f"{site.host_key_of('jump')},{site.host_key}"))
        )


class TestNotLettingIn:
    """A refused login, and no connection at all."""

    @pytest.mark.parametrize(
        "changes", [{"key": private_key(OTHER_KEY)}, {"user": "nobody-here"}], ids=["key", "user"]
    )
    def test_a_refused_login(
        self, site: Cluster, connect: Connect, changes: dict[str, object]
    ) -> None:
        """Says what to check, and is not tried again before its pause: hosts ban who keeps failing."""
        transport = connect(login_to(site, **changes))
        with pytest.raises(LoginRefused, match="authorized_keys"):
            transport.run(["true"], timeout=PATIENCE)
        site.pause("login", "sshd")  # whoever asked it now would wait for it
        try:
            for _ in range(5):
                with pytest.raises(LoginRefused) as raised:
                    transport.run(["true"], timeout=5)
                assert raised.value.retry_after > 30
        finally:
            site.resume("login", "sshd")

    def test_a_closed_port(self, site: Cluster, connect: Connect) -> None:
        """Says what to check."""
        with pytest.raises(
            ConnectFailed, match=r"port 23: Connection refused\. Check JARVICE_SLURM_CLUSTER_ADDR"
        ):
            connect(login_to(site, port=23)).run(["true"], timeout=PATIENCE)

    def test_a_name_that_is_none(self, site: Cluster, connect: Connect) -> None:
        """A mistyped address is one sentence too."""
        for name in ("no-such-host.invalid", "two..dots"):
            with pytest.raises(ConnectFailed, match="Cannot connect to"):
                connect(login_to(site, host=name)).run(["true"], timeout=PATIENCE)

    def test_an_unreachable_host(self, site: Cluster, connect: Connect) -> None:
        """Packets vanish: the deadline is kept, and it works once the link is there again."""
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
        """An sshd that hangs: TCP connects, and no deadline is overrun for it."""
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
        """Another service on that port: slurmctld's does not exchange_keys."""
        with pytest.raises(ConnectFailed, match="takes connections, but"):
            connect(login_to(site, port=6817)).run(["true"], timeout=3)

    def test_a_login_shell_that_refuses(self, site: Cluster, connect: Connect) -> None:
        """Its own words are in the error."""
        site.run("login", ["usermod", "-s", "/usr/sbin/nologin", "bob"])
        with pytest.raises(TransportError, match="not available"):
            connect(login_to(site, user="bob")).run(["true"], timeout=PATIENCE)


class TestFaultsInMidCommand:
    """The outcome is unknown, the deadline is kept, and afterwards it works by itself."""

    def test_sshd_is_killed_with_its_sessions(self, site: Cluster, connect: Connect) -> None:
        """CommandTimeout at once; while it is away ConnectFailed; then all is well."""
        transport = connect(login_to(site))
        assert unharmed(transport)
        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(sh, transport, "sleep 50", timeout=40) for _ in range(4)]
            time.sleep(1)
            began = time.monotonic()
            site.stop("login", "sshd")
            try:
                assert [type(one.exception(30)) for one in asked] == [CommandTimeout] * 4
                assert time.monotonic() - began < 30
                with pytest.raises(ConnectFailed):
                    transport.run(["true"], timeout=5)
            finally:
                site.start("login", "sshd")
        assert works_again(transport)

    def test_the_link_goes_down(self, site: Cluster, connect: Connect) -> None:
        """Silence until the deadline, whatever the command had said before; once it is up again all is well."""
        transport = connect(login_to(site))
        assert unharmed(transport)
        with ThreadPoolExecutor(2) as pool:
            silent = pool.submit(sh, transport, "sleep 50", timeout=4)
            talking = pool.submit(sh, transport, "while echo .; do sleep 0.1; done", timeout=4)
            time.sleep(1)
            site.link("login", up=False)
            try:
                began = time.monotonic()
                assert [type(one.exception(40)) for one in (silent, talking)] == [
                    CommandTimeout
                ] * 2
                assert time.monotonic() - began < 30
                with pytest.raises(TransportError):
                    transport.run(["true"], timeout=4)
            finally:
                site.link("login", up=True)
        assert works_again(transport)

    def test_the_link_goes_down_under_a_large_input(self, site: Cluster, connect: Connect) -> None:
        """Writing does not wait for ever either."""
        transport = connect(login_to(site))
        assert unharmed(transport)
        site.link("login", up=False)
        try:
            began = time.monotonic()
            with pytest.raises(TransportError):
                transport.run(["cat"], input=b"x" * (8 << 20), timeout=3)
            assert time.monotonic() - began < 30
        finally:
            site.link("login", up=True)
        assert works_again(transport)

    def test_sshd_hangs(self, site: Cluster, connect: Connect) -> None:
        """Its sessions are stopped: TCP still answers, and nobody waits longer than his deadline."""
        transport = connect(login_to(site))
        assert unharmed(transport)
        site.pause("login", "sshd")
        try:
            for expected in (CommandTimeout, ConnectFailed):
                began = time.monotonic()
                with pytest.raises(expected):
                    transport.run(["true"], timeout=3)
                assert time.monotonic() - began < 25
        finally:
            site.resume("login", "sshd")
        assert works_again(transport)

    def test_a_new_channel_on_a_hanging_connection(self, site: Cluster, connect: Connect) -> None:
        """Opening it is under the deadline too, and nothing was sent. sshd opens it late, and counts it for as long as the
        connection stands: there is another once nobody needs this one."""
        transport = connect(login_to(site))
        with ThreadPoolExecutor(1) as pool:
            busy = pool.submit(sh, transport, "sleep 6; echo done")
            time.sleep(1)
            site.pause("login", "sshd")
            try:
                began = time.monotonic()
                with pytest.raises(ConnectFailed, match="not sent"):
                    transport.run(["true"], timeout=2)
                assert time.monotonic() - began < 25
            finally:
                site.resume("login", "sshd")
            assert busy.result().stdout == b"done\n", "who waits for an answer is not disturbed"
        assert works_again(transport)
        assert transport.counters.connections == 2


class TestThrift:
    """The login node is a guest house, and the bridge keeps nothing that it does not need."""

    def test_all_threads_share_one_connection(self, site: Cluster, connect: Connect) -> None:
        """Also when they all come at once, before there is one."""
        transport = connect(login_to(site))
        with ThreadPoolExecutor(16) as pool:
            connections = {
                done.stdout
                for done in pool.map(lambda _: sh(transport, "echo $SSH_CONNECTION"), range(64))
            }
            assert len(connections) == 1
            shells = pool.map(lambda _: sh(transport, "sleep 1; echo $PPID").stdout, range(16))
            assert len(set(shells)) <= 8

    def test_commands_that_hang_do_not_lock_the_bridge_out(
        self, site: Cluster, connect: Connect
    ) -> None:
        """sshd keeps a place for each command that goes on: when all are taken a new connection helps."""
        transport = connect(login_to(site))
        with ThreadPoolExecutor(8) as pool:
            for _ in range(2):
                asked = [pool.submit(sh, transport, "exec sleep 20", timeout=1) for _ in range(8)]
                assert all(isinstance(one.exception(), TransportError) for one in asked)
        assert unharmed(transport)

    def test_nothing_leaks(self, site: Cluster, connect: Connect) -> None:
        """After 200 commands with time-outs among them, and broken connections, there is not a descriptor or thread more."""
        transport = connect(login_to(site))
        assert unharmed(transport)
        before = self.held()
        for round in range(4):
            with ThreadPoolExecutor(8) as pool:
                asked = [pool.submit(unharmed, transport) for _ in range(48)]
                hanging = [
                    pool.submit(sh, transport, "exec sleep 2", timeout=0.3) for _ in range(2)
                ]
                assert all(one.result() for one in asked)
                assert all(one.exception() for one in hanging)
            if round == 1:
                site.stop("login", "sshd")
                site.start("login", "sshd")
                assert works_again(transport)
        transport.close()
        gc.collect()
        deadline = time.monotonic() + PATIENCE
        while self.held() > before and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.held() <= before

    @staticmethod
    def held() -> tuple[int, int]:
        """This process's descriptors and threads."""
        return len(os.listdir("/proc/self/fd")), threading.active_count()


def test_the_prelude_runs_once_in_each_shell(site: Cluster, connect: Connect) -> None:
    """It is not sent with every command."""
    transport: SshTransport = connect(login_to(site), prelude="n=$((n + 1)); export n\n")
    assert {sh(transport, "echo $n").stdout for _ in range(5)} == {b"1\n"}
