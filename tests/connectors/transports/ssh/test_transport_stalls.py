"""Login nodes that accept a login and then do not answer, or late: servers on loopback."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.transports.ssh import SshTransport
from dssr.errors import CommandTimeout, ConnectFailed, TransportError
from dssr.seams import Purpose
from dssr.testing.transport import PATIENCE
from tests.connectors.transports.conftest import Connect
from tests.connectors.transports.ssh.stalling import Stalling

SLACK = 3.0  # seconds over what should be at once, for a slow machine
Hosts = tuple[Stalling, Stalling]


@pytest.fixture
def hosts() -> Iterator[Hosts]:
    """Two login nodes, in their order."""
    made = Stalling("first"), Stalling("second")
    yield made
    for host in made:
        host.close()


@pytest.fixture
def transport(hosts: Hosts, connect: Connect) -> SshTransport:
    """A transport to both."""
    return connect(*(host.login for host in hosts))


def where(transport: SshTransport, purpose: Purpose, timeout: float = 9.0) -> str:
    """The node on which a command runs."""
    return (
        transport.run(["sh", "-c", "echo $HOST_NAME"], timeout=timeout, purpose=purpose)
        .stdout.decode()
        .strip()
    )


def works(transport: SshTransport) -> bool:
    """Whether a command runs, at once."""
    try:
        return where(transport, Purpose.SUBMIT) == "first"
    except TransportError:
        return False


def until(rule: Callable[[], bool]) -> bool:
    """Whether that becomes true in time."""
    deadline = time.monotonic() + PATIENCE
    while not rule() and time.monotonic() < deadline:
        time.sleep(0.1)
    return rule()


class TestNoSessionIsOpened:
    """The first node accepts logins and opens no session."""

    @pytest.mark.parametrize("purpose", [Purpose.SUBMIT, Purpose.STATUS])
    def test_another_node_does_it(
        self, hosts: Hosts, transport: SshTransport, purpose: Purpose
    ) -> None:
        """Another node runs the command, also a submission, since nothing was sent to the first."""
        hosts[0].opens.clear()
        assert where(transport, purpose) == "second"

    def test_later_reads_do_not_wait_for_it(self, hosts: Hosts, transport: SshTransport) -> None:
        """Later reads do not wait for the node that stalls: they ask the other node first."""
        hosts[0].opens.clear()
        assert where(transport, Purpose.STATUS) == "second"
        began = time.monotonic()
        assert [where(transport, Purpose.STATUS) for _ in range(5)] == ["second"] * 5
        assert time.monotonic() - began < SLACK

    def test_it_is_not_hammered_with_logins(
        self, hosts: Hosts, transport: SshTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A login that leads to no session is a failure, and the node is used once it opens one."""
        monkeypatch.setattr("connectors.transports.connection._PROBE", 0.5)
        hosts[0].opens.clear()
        began = time.monotonic()
        while time.monotonic() - began < 12:
            assert where(transport, Purpose.SUBMIT) == "second"
            time.sleep(0.1)
        failed_at = time.monotonic()
        assert [where(transport, Purpose.SUBMIT) for _ in range(5)] == ["second"] * 5
        assert time.monotonic() - failed_at < SLACK
        assert hosts[0].logins <= 2 + (time.monotonic() - began) / 5
        hosts[0].opens.set()
        assert until(lambda: where(transport, Purpose.SUBMIT) == "first")
        assert where(transport, Purpose.STATUS) == "first"

    def test_the_only_host_is_of_use_though_it_is_slow(
        self, hosts: Hosts, connect: Connect
    ) -> None:
        """A single node that needs seconds for each session is still used."""
        hosts[0].opens.clear()
        transport = connect(hosts[0].login)
        with pytest.raises(ConnectFailed):
            transport.run(["true"], timeout=2)
        hosts[0].delay = 3.0
        hosts[0].opens.set()
        assert until(lambda: works(transport))

    def test_the_deadline_is_kept_when_the_clock_is_set_back(
        self, hosts: Hosts, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A wait for a session ends in time although the wall clock is set back by an hour."""
        hosts[0].opens.clear()
        wall, transport = time.time, connect(hosts[0].login)
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(transport.run, ["true"], timeout=3)
            assert hosts[0].asked.wait(PATIENCE)
            monkeypatch.setattr(time, "time", lambda: wall() - 3600)
            try:
                assert isinstance(asked.exception(15), ConnectFailed)
            finally:
                hosts[0].close()


class TestNoSignOfLife:
    """The first node becomes silent while commands run on it."""

    def test_the_deadline_is_kept(
        self, hosts: Hosts, transport: SshTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The check whether a connection is alive does not exceed the deadline."""
        monkeypatch.setattr("connectors.transports.login_nodes._SILENCE", 0.1)
        monkeypatch.setattr("connectors.transports.connection._PROBE", 30.0)
        assert where(transport, Purpose.STATUS) == "first"
        hosts[0].opens.clear()
        began = time.monotonic()
        with pytest.raises(CommandTimeout):
            transport.run(["sleep", "60"], timeout=3, purpose=Purpose.STATUS)
        assert time.monotonic() - began < 15

    def test_a_submission_under_way_is_left_alone(
        self, hosts: Hosts, transport: SshTransport
    ) -> None:
        """A submission on a connection that reads have given up still gets its answer."""
        assert where(transport, Purpose.SUBMIT) == "first"
        reading = "[ $HOST_NAME = second ] || sleep 9; echo $HOST_NAME"
        with ThreadPoolExecutor(2) as pool:
            slow = pool.submit(
                transport.run, ["sleep", "0.5"], timeout=PATIENCE
            )  # then there are two channels
            assert where(transport, Purpose.SUBMIT) == "first"
            slow.result()
            submitted = pool.submit(
                transport.run, ["sh", "-c", "sleep 8; echo $HOST_NAME"], timeout=PATIENCE
            )
            read = pool.submit(
                transport.run, ["sh", "-c", reading], timeout=PATIENCE, purpose=Purpose.STATUS
            )
            assert until(lambda: transport.counters.commands == 5)
            hosts[0].opens.clear()
            assert read.result().stdout == b"second\n"
            assert not submitted.done()
            assert where(transport, Purpose.SUBMIT) == "second"
            assert submitted.result().stdout == b"first\n"

    def test_a_false_alarm_is_forgotten(
        self, hosts: Hosts, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A connection that answers after all clears the failure, and the next outage is a new
        one."""
        monkeypatch.setattr("connectors.transports.connection._PROBE", PATIENCE)
        monkeypatch.setattr("connectors.transports.login_node._SLOW", 0.0)
        monkeypatch.setattr("connectors.transports.backoff._EAGER_FOR", 4.0)
        transport = connect(hosts[0].login)
        assert where(transport, Purpose.SUBMIT) == "first"
        with pytest.raises(CommandTimeout):
            transport.run(["sleep", "3"], timeout=1)
        hosts[0].opens.clear()
        with pytest.raises(ConnectFailed):
            transport.run(["true"], timeout=0.3)
        hosts[0].opens.set()
        assert until(lambda: works(transport))
        time.sleep(4)
        hosts[0].close()
        assert until(lambda: not works(transport))
        with pytest.raises(ConnectFailed) as raised:
            transport.run(["true"], timeout=9)
        assert raised.value.retry_after == 1

    def test_a_session_that_came_slowly_is_a_sign_of_life(
        self, hosts: Hosts, transport: SshTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A node whose session opens slowly is not silent."""
        monkeypatch.setattr("connectors.transports.login_nodes._SILENCE", 1.0)
        hosts[0].opens.clear()
        with ThreadPoolExecutor(1) as pool:
            read = pool.submit(where, transport, Purpose.STATUS, PATIENCE)
            assert hosts[0].asked.wait(PATIENCE)
            time.sleep(2)
            hosts[0].opens.set()
            assert read.result() == "first"
        assert transport.counters.channels == 1
