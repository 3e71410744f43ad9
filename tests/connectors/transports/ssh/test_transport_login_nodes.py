"""Several login nodes and real faults, on a real cluster."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.transports.counters import Counters
from connectors.transports.ssh import Login, SshTransport
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
)
from dssr.seams import Purpose
from dssr.testing.transport import PATIENCE, sh, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import Connect, login_to
from tests.connectors.transports.ssh.conftest import until, where

pytestmark = pytest.mark.cluster

SLACK = 5.0  # seconds over what should be at once, for a slow machine


def both(site: Cluster) -> tuple[Login, Login]:
    """The two login nodes, whose host keys differ."""
    keys = f"{site.host_key},{site.host_key_of('login2')}"
    return login_to(site, host_key=keys), login_to(
        site, host=site.address_of("login2"), host_key=keys
    )


class TestSeveralNodes:
    """The first node that can be reached is used."""

    def test_the_first_one_is_used(self, site: Cluster, connect: Connect) -> None:
        """The first node is used while it is healthy."""
        transport = connect(*both(site))
        assert [where(transport) for _ in range(5)] == ["login"] * 5

    def test_one_that_does_not_listen_is_passed_over(self, site: Cluster, connect: Connect) -> None:
        """A node that does not listen is skipped at once, and used again once it listens."""
        transport = connect(*both(site))
        site.stop("login", "sshd")
        try:
            assert where(transport) == "login2"
        finally:
            site.start("login", "sshd")
        assert until(lambda: where(transport) == "login")

    def test_one_that_is_silent_takes_a_part_of_the_time(
        self, site: Cluster, connect: Connect
    ) -> None:
        """A silent node takes a part of the first caller's time, and none of the next callers'."""
        transport = connect(*both(site))
        site.link("login", up=False)
        try:
            assert transport.run(["uname", "-n"], timeout=8).stdout == b"login2\n"
            began = time.monotonic()
            assert [where(transport) for _ in range(10)] == ["login2"] * 10
            assert time.monotonic() - began < SLACK
        finally:
            site.link("login", up=True)
        assert until(lambda: where(transport) == "login")

    def test_one_whose_host_key_is_wrong_stops_all(self, site: Cluster, connect: Connect) -> None:
        """A node with a wrong key stops all work, and one with an unknown key is skipped."""
        other = login_to(site, host=site.address_of("login2"), host_key=site.host_key_of("login2"))
        with pytest.raises(HostKeyChanged, match=f"{site.address} presents another"):
            where(connect(login_to(site, host_key=site.host_key_of("jump")), other))
        assert where(connect(login_to(site, host_key=""), other)) == "login2"

    def test_none_can_be_reached(self, site: Cluster, connect: Connect) -> None:
        """The error names all nodes."""
        first, second = both(site)
        transport = connect(login_to(site, port=23), login_to(site, host=second.host, port=24))
        with pytest.raises(
            ConnectFailed, match=rf"{first.host} port 23(.|\n)*{second.host} port 24"
        ):
            transport.run(["true"], timeout=PATIENCE)
        with pytest.raises(HostKeyRefused, match=r"(?s)(HOST_KEY='ssh.*){2}"):
            connect(login_to(site, host_key=""), login_to(site, host=second.host, host_key="")).run(
                ["true"], timeout=PATIENCE
            )


class TestMovingOver:
    """Commands whose node is lost while they run."""

    def lost(
        self, site: Cluster, transport: SshTransport, purpose: Purpose
    ) -> tuple[bytes | None, BaseException | None]:
        """The answer and error of a command whose session is killed; it notes each of its runs."""
        script = 'uname -n >>runs; [ -e "runs.$1" ] && exit; touch "runs.$1"; sleep 5'
        site.run("login", ["rm", "-f", "runs", f"runs.{purpose}"], user="jarvice")
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(
                transport.run,
                ["sh", "-c", script, "sh", str(int(purpose))],
                timeout=20,
                purpose=purpose,
            )
            assert until(lambda: site.path(f"/home/jarvice/runs.{int(purpose)}").exists())
            site.stop("login", "sshd")
            error = asked.exception(PATIENCE)
        runs = site.path("/home/jarvice/runs").read_bytes()
        for name in ("runs", f"runs.{int(purpose)}"):
            site.path(f"/home/jarvice/{name}").unlink()
        return runs, error

    @pytest.mark.parametrize("purpose", [Purpose.STATUS, Purpose.OUTPUT])
    def test_a_read_is_sent_again(self, site: Cluster, connect: Connect, purpose: Purpose) -> None:
        """A read whose node is lost runs on the next one, within its deadline."""
        try:
            assert self.lost(site, connect(*both(site)), purpose) == (b"login\nlogin2\n", None)
        finally:
            site.start("login", "sshd")

    def test_a_sink_gets_all_of_it_again(self, site: Cluster, connect: Connect) -> None:
        """The output of a read that is sent again comes from its first byte on."""
        found: list[tuple[int, bytes]] = []
        script = "echo from $(uname -n); [ $(uname -n) != login ] || sleep 5"
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(
                connect(*both(site)).run,
                ["sh", "-c", script],
                timeout=20,
                purpose=Purpose.OUTPUT,
                sink=lambda at, data: found.append((at, data)),
            )
            assert until(lambda: len(found) > 0)
            site.stop("login", "sshd")
            try:
                done = asked.result(PATIENCE)
            finally:
                site.start("login", "sshd")
        assert (found[0], done.stdout) == ((0, b"from login"), b"")
        again = next(at for at, piece in enumerate(found[1:], 1) if piece[0] == 0)
        assert b"".join(data for _, data in found[again:]) == b"from login2\n"

    @pytest.mark.parametrize("purpose", [Purpose.SUBMIT, Purpose.CANCEL])
    def test_a_change_is_not(self, site: Cluster, connect: Connect, purpose: Purpose) -> None:
        """A change whose outcome is unknown is not sent again."""
        try:
            runs, error = self.lost(site, connect(*both(site)), purpose)
        finally:
            site.start("login", "sshd")
        assert (runs, type(error)) == (b"login\n", CommandTimeout)

    def test_a_read_on_a_hanging_node_moves_over(self, site: Cluster, connect: Connect) -> None:
        """A read on a node that hangs moves to the next one long before its deadline."""
        transport = connect(*both(site))
        assert where(transport) == "login"
        site.pause("login", "sshd")
        try:
            began = time.monotonic()
            assert where(transport, Purpose.STATUS) == "login2"
            assert time.monotonic() - began < PATIENCE / 2
            assert where(transport) == "login2", "and the others are spared the wait"
        finally:
            site.resume("login", "sshd")
        assert until(lambda: where(transport) == "login")

    def test_a_slow_read_stays(self, site: Cluster, connect: Connect) -> None:
        """A slow command on a healthy node is left alone."""
        done = connect(*both(site)).run(
            ["sh", "-c", "sleep 4; uname -n"], timeout=PATIENCE, purpose=Purpose.STATUS
        )
        assert done.stdout == b"login\n"

    def test_with_one_node_a_read_is_sent_again_there(
        self, site: Cluster, connect: Connect
    ) -> None:
        """With one node, a read whose session was killed is sent again there."""
        transport = connect(login_to(site))
        script = (
            "[ -e once ] && rm once && exit; touch once; "
            "kill -9 $(ps -o ppid= -p $PPID) $PPID; sleep 9"
        )
        assert sh(transport, "rm -f once").returncode == 0
        done = transport.run(["sh", "-c", script], timeout=PATIENCE, purpose=Purpose.STATUS)
        assert done.returncode == 0


def test_the_most_urgent_command_goes_first(
    site: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands that wait for a channel run in the order cancel, submit, status, output."""
    monkeypatch.setattr("connectors.transports.pool._LONG_WAIT", PATIENCE)
    monkeypatch.setattr("connectors.transports.connection._MAX_SHELLS", 1)
    transport = connect(login_to(site))
    with ThreadPoolExecutor(5) as pool:
        pool.submit(sh, transport, "rm -f order; sleep 3")
        time.sleep(1)
        for purpose in (Purpose.OUTPUT, Purpose.STATUS, Purpose.SUBMIT, Purpose.CANCEL):
            pool.submit(
                transport.run,
                ["sh", "-c", 'echo "$1" >>order', "sh", purpose.name],
                timeout=PATIENCE,
                purpose=purpose,
            )
    assert (
        transport.run(["cat", "order"], timeout=PATIENCE).stdout
        == b"CANCEL\nSUBMIT\nSTATUS\nOUTPUT\n"
    )


def test_what_is_asked_of_the_node_is_counted(
    site: Cluster, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    """Connections, channels and commands are counted, and logged when the transport is closed."""
    transport = connect(login_to(site))
    assert transport.counters == Counters(0, 0, 0)
    assert all(unharmed(transport) for _ in range(5))
    assert transport.counters == Counters(1, 1, 5)
    caplog.set_level("DEBUG", logger="connectors.transports")
    transport.close()
    assert str(Counters(1, 1, 5)) in caplog.text


def test_a_node_that_keeps_breaking_is_not_hammered(
    site: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the handshakes of a minute are used up no other is made, and the error says so."""
    monkeypatch.setattr("connectors.transports.ssh.transport.HANDSHAKES", 3)
    transport = connect(login_to(site))
    for _ in range(3):
        assert until(lambda: unharmed(transport))
        site.stop("login", "sshd")
        site.start("login", "sshd")
    with pytest.raises(ConnectFailed, match="3 times within a minute") as raised:
        transport.run(["true"], timeout=PATIENCE)
    assert raised.value.retry_after >= 1
    assert transport.counters.connections == 3
