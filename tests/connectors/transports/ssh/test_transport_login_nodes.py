"""Several login nodes, and how soon all is well again: on a real cluster, with faults made for real."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.transports.counters import Counters
from connectors.transports.ssh import Login, SshTransport
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    HostKeyChanged,
    HostKeyRefused,
    TransportError,
)
from dssr.seams import Purpose, Transport
from dssr.testing.transport import PATIENCE, sh, unharmed
from tests.cluster import Cluster, Options
from tests.connectors.transports.conftest import Connect, login_to

pytestmark = pytest.mark.cluster

SLACK = 5.0  # seconds over what should be at once, for a slow machine


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster of this page's own: what happens to it should happen to nobody else."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


def both(site: Cluster) -> tuple[Login, Login]:
    """The two login nodes, whose host keys differ."""
    keys = f"{site.host_key},{site.host_key_of('login2')}"
    return login_to(site, host_key=keys), login_to(
        site, host=site.address_of("login2"), host_key=keys
    )


def where(transport: Transport, purpose: Purpose = Purpose.SUBMIT) -> str:
    """On which node a command runs."""
    return transport.run(["uname", "-n"], timeout=PATIENCE, purpose=purpose).stdout.decode().strip()


def until(rule: Callable[[], bool]) -> bool:
    """Whether that comes true in time, asked as the bridge is: again after each error."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            if rule():
                return True
        except TransportError:
            pass
        time.sleep(0.1)
    return False


class TestSeveralNodes:
    """The first that can be reached is used."""

    def test_the_first_one_is_used(self, site: Cluster, connect: Connect) -> None:
        """As long as it is well."""
        transport = connect(*both(site))
        assert [where(transport) for _ in range(5)] == ["login"] * 5

    def test_one_that_does_not_listen_is_passed_over(self, site: Cluster, connect: Connect) -> None:
        """At once and unseen by the caller, and once it listens again it is used again."""
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
        """The caller's deadline holds for all nodes together; later callers do not wait for the dead one at all."""
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
        """Somebody may be in between, who would be content with the others; one of which nothing is known is passed over."""
        other = login_to(site, host=site.address_of("login2"), host_key=site.host_key_of("login2"))
        with pytest.raises(HostKeyChanged, match=f"{site.address} presents another"):
            where(connect(login_to(site, host_key=site.host_key_of("jump")), other))
        assert where(connect(login_to(site, host_key=""), other)) == "login2"

    def test_none_can_be_reached(self, site: Cluster, connect: Connect) -> None:
        """The error names them all."""
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
    """A command under way when its node is lost."""

    def lost(
        self, site: Cluster, transport: SshTransport, purpose: Purpose
    ) -> tuple[bytes | None, BaseException | None]:
        """What a command answers whose session is killed, and its error; it notes each of its runs."""
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
        """To the next node, within the same deadline."""
        try:
            assert self.lost(site, connect(*both(site)), purpose) == (b"login\nlogin2\n", None)
        finally:
            site.start("login", "sshd")

    @pytest.mark.parametrize("purpose", [Purpose.SUBMIT, Purpose.CANCEL])
    def test_a_change_is_not(self, site: Cluster, connect: Connect, purpose: Purpose) -> None:
        """Its caller decides what to do about an outcome that nobody knows."""
        try:
            runs, error = self.lost(site, connect(*both(site)), purpose)
        finally:
            site.start("login", "sshd")
        assert (runs, type(error)) == (b"login\n", CommandTimeout)

    def test_a_read_on_a_hanging_node_moves_over(self, site: Cluster, connect: Connect) -> None:
        """Its connection stands and says nothing: that is noticed long before the deadline."""
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
        """A command that takes its time on a healthy node is left alone."""
        done = connect(*both(site)).run(
            ["sh", "-c", "sleep 4; uname -n"], timeout=PATIENCE, purpose=Purpose.STATUS
        )
        assert done.stdout == b"login\n"

    def test_with_one_node_a_read_is_sent_again_there(
        self, site: Cluster, connect: Connect
    ) -> None:
        """When the session was killed and sshd lives."""
        transport = connect(login_to(site))
        script = "[ -e once ] && rm once && exit; touch once; kill -9 $(ps -o ppid= -p $PPID) $PPID; sleep 9"
        assert sh(transport, "rm -f once").returncode == 0
        done = transport.run(["sh", "-c", script], timeout=PATIENCE, purpose=Purpose.STATUS)
        assert done.returncode == 0


class TestADeadHost:
    """Callers do not wait in line for it."""

    def test_they_share_one_failure(self, site: Cluster, connect: Connect) -> None:
        """Twenty callers at once, of a host that swallows packets: all are told by one attempt, and later ones at once."""
        transport = connect(login_to(site))
        site.link("login", up=False)
        try:
            with ThreadPoolExecutor(20) as pool:
                began = time.monotonic()
                asked = [pool.submit(transport.run, ["true"], timeout=40) for _ in range(20)]
                assert {type(one.exception(PATIENCE)) for one in asked} == {ConnectFailed}
                assert time.monotonic() - began < 20
                began = time.monotonic()
                asked = [pool.submit(transport.run, ["true"], timeout=40) for _ in range(200)]
                assert {type(one.exception(PATIENCE)) for one in asked} == {ConnectFailed}
                assert time.monotonic() - began < SLACK
        finally:
            site.link("login", up=True)
        assert until(lambda: unharmed(transport))

    def test_nobody_asking_ends_the_trying(
        self, site: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A host out of reach is left alone when nobody needs it, and asked at once when somebody does."""
        monkeypatch.setattr("connectors.transports.ssh.login_node._INTEREST", 0.5)
        transport = connect(login_to(site))
        site.stop("login", "sshd")
        try:
            with pytest.raises(ConnectFailed):
                transport.run(["true"], timeout=PATIENCE)
            assert until(
                lambda: not any(thread.name.startswith("dssr-") for thread in threading.enumerate())
            )
        finally:
            site.start("login", "sshd")
        assert until(lambda: unharmed(transport))


@pytest.mark.parametrize("fault", ["link", "sshd"])
@pytest.mark.parametrize("outage", [1.0, 3.5, 6.5])
def test_how_soon_answers_are_right_again(
    site: Cluster, connect: Connect, fault: str, outage: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether the network or sshd was away, and for how long: the bridge finds out by itself."""
    transport = connect(login_to(site))
    assert unharmed(transport)
    with ThreadPoolExecutor(4) as pool:
        over = threading.Event()
        asking = [pool.submit(poll, transport, over) for _ in range(4)]
        try:
            site.link("login", up=False) if fault == "link" else site.stop("login", "sshd")
            time.sleep(outage)
        finally:
            site.link("login", up=True) if fault == "link" else site.start("login", "sshd")
            back = time.monotonic()
        recovered = until(lambda: unharmed(transport))
        seconds = time.monotonic() - back
        over.set()
        assert all(one.result() for one in asking)
    with capsys.disabled():
        print(f"\n{fault} away for {outage:g} s: right again {seconds:.1f} s after its return")
    assert recovered


def poll(transport: Transport, over: threading.Event) -> bool:
    """Ask as upstreams do until it is over; whether every answer was right or an error."""
    while not over.wait(0.1):
        try:
            done = transport.run(["echo", "well"], timeout=9.5, purpose=Purpose.STATUS)
        except TransportError:
            continue
        if done.stdout != b"well\n":
            return False
    return True


def test_the_most_urgent_command_goes_first(
    site: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where commands must wait for a channel, and none has for long: cancel, submit, status, output, whoever came first."""
    monkeypatch.setattr("connectors.transports.pool._LONG_WAIT", PATIENCE)
    monkeypatch.setattr("connectors.transports.ssh.connection._MAX_SHELLS", 1)
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
    """Connections, channels and commands; the counters are logged when the transport is closed."""
    transport = connect(login_to(site))
    assert transport.counters == Counters(0, 0, 0)
    assert all(unharmed(transport) for _ in range(5))
    assert transport.counters == Counters(1, 1, 5)
    caplog.set_level("DEBUG", logger="connectors.transports.ssh")
    transport.close()
    assert str(Counters(1, 1, 5)) in caplog.text


def test_a_node_that_keeps_breaking_is_not_hammered(
    site: Cluster, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the handshakes of a minute are spent there is no other, and the error says so."""
    monkeypatch.setattr("connectors.transports.ssh.transport._HANDSHAKES", 3)
    transport = connect(login_to(site))
    for _ in range(3):
        assert until(lambda: unharmed(transport))
        site.stop("login", "sshd")
        site.start("login", "sshd")
    with pytest.raises(ConnectFailed, match="3 times within a minute") as raised:
        transport.run(["true"], timeout=PATIENCE)
    assert raised.value.retry_after >= 1
    assert transport.counters.connections == 3
