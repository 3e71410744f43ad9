"""Login nodes that let the bridge in and then do not answer, or not soon: with servers on loopback that do so."""

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
    """To both."""
    return connect(*(host.login for host in hosts))


def where(transport: SshTransport, purpose: Purpose, timeout: float = 9.0) -> str:
    """On which node a command runs."""
    return (
        transport.run(["sh", "-c", "echo $HOST_NAME"], timeout=timeout, purpose=purpose)
        .stdout.decode()
        .strip()
    )


def works(transport: SshTransport) -> bool:
    """Whether it does, at once."""
    try:
        return where(transport, Purpose.SUBMIT) == "first"
    except TransportError:
        return False


def until(rule: Callable[[], bool]) -> bool:
    """Whether that comes true in time."""
    deadline = time.monotonic() + PATIENCE
    while not rule() and time.monotonic() < deadline:
        time.sleep(0.1)
    return rule()


class TestNoSessionIsOpened:
    """The first node lets one in, and that is all."""

    @pytest.mark.parametrize("purpose", [Purpose.SUBMIT, Purpose.STATUS])
    def test_another_node_does_it(
        self, hosts: Hosts, transport: SshTransport, purpose: Purpose
    ) -> None:
        """Also a submission, of which nothing was sent; and it is left enough of the time."""
        hosts[0].opens.clear()
        assert where(transport, purpose) == "second"

    def test_later_reads_do_not_wait_for_it(self, hosts: Hosts, transport: SshTransport) -> None:
        """Nor do they ask it."""
        hosts[0].opens.clear()
        assert where(transport, Purpose.STATUS) == "second"
        began = time.monotonic()
        assert [where(transport, Purpose.STATUS) for _ in range(5)] == ["second"] * 5
        assert time.monotonic() - began < SLACK

    def test_it_is_not_hammered_with_logins(
        self, hosts: Hosts, transport: SshTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One more counts as a failure while it opens no session, and submissions do not wait for it; once it opens one, it
        is used again."""
        monkeypatch.setattr("connectors.transports.ssh.connection._PROBE", 0.5)
        hosts[0].opens.clear()
        began = time.monotonic()
        while time.monotonic() - began < 12:
            assert where(transport, Purpose.SUBMIT) == "second"
            time.sleep(0.1)
        told = time.monotonic()
        assert [where(transport, Purpose.SUBMIT) for _ in range(5)] == ["second"] * 5
        assert time.monotonic() - told < SLACK
        assert hosts[0].logins <= 2 + (time.monotonic() - began) / 5
        hosts[0].opens.set()
        assert until(lambda: where(transport, Purpose.SUBMIT) == "first")
        assert where(transport, Purpose.STATUS) == "first"

    def test_the_only_host_is_of_use_though_it_is_slow(
        self, hosts: Hosts, connect: Connect
    ) -> None:
        """It was silent for a while, and needs seconds for each session since."""
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
        """Somebody waits for a session, and the time of day is an hour ago."""
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
    """The first node goes silent while commands run on it."""

    def test_the_deadline_is_kept(
        self, hosts: Hosts, transport: SshTransport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No longer than that one waits to see whether the connection lives."""
        monkeypatch.setattr("connectors.transports.ssh.transport._SILENCE", 0.1)
        monkeypatch.setattr("connectors.transports.ssh.connection._PROBE", 30.0)
        assert where(transport, Purpose.STATUS) == "first"
        hosts[0].opens.clear()
        began = time.monotonic()
        with pytest.raises(CommandTimeout):
            transport.run(["sleep", "60"], timeout=3, purpose=Purpose.STATUS)
        assert time.monotonic() - began < 15

    def test_a_submission_under_way_is_left_alone(
        self, hosts: Hosts, transport: SshTransport
    ) -> None:
        """A read that gave the connection up moves over; nobody else uses it; who waits for his answer gets it."""
        assert where(transport, Purpose.SUBMIT) == "first"
        reading = "[ $HOST_NAME = second ] || sleep 9; echo $HOST_NAME"
        with ThreadPoolExecutor(2) as pool:
            slow = pool.submit(
                transport.run, ["sleep", "0.5"], timeout=PATIENCE
            )  # so that there are two channels
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

    def test_an_alarm_that_was_false_is_forgotten(
        self, hosts: Hosts, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The connection lived after all; the next outage is a new one, at whose beginning the host is tried each second."""
        monkeypatch.setattr("connectors.transports.ssh.connection._PROBE", PATIENCE)
        monkeypatch.setattr("connectors.transports.ssh.login_node._SLOW", 0.0)
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
        """Only what is silent after it was given a command is recently_silent."""
        monkeypatch.setattr("connectors.transports.ssh.transport._SILENCE", 1.0)
        hosts[0].opens.clear()
        with ThreadPoolExecutor(1) as pool:
            read = pool.submit(where, transport, Purpose.STATUS, PATIENCE)
            assert hosts[0].asked.wait(PATIENCE)
            time.sleep(2)
            hosts[0].opens.set()
            assert read.result() == "first"
        assert transport.counters.channels == 1
