"""Which request gets a thread: by the rule itself, and with slow calls over real HTTP."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from dssr.http.serving import server
from dssr.http.serving.turns import Turns
from dssr.settings import Settings
from tests.end_to_end.service import eventually

AT_ONCE = ("/live", "/metrics")


class Request:
    """A request that has been received."""

    def __init__(
        self,
        header: str = "",
        path: str = "/running",
        error: object = None,
        arrived: float = 0.0,
        cookie: str = "",
    ) -> None:
        self.headers = {"AUTHORIZATION": header, "COOKIE": cookie}
        self.path, self.error, self.arrived = path, error, arrived


class Connection:
    """A connection with one request."""

    def __init__(self, request: Request, address: str = "127.0.0.1") -> None:
        self.requests, self.address, self.turn = [request], address, ""


def basic(pair: str) -> str:
    return base64.b64encode(pair.encode()).decode()


def begun_of(sent: list[Connection], protected: bool = True) -> list[Connection]:
    """Which connections begin when each caller may have one request at once."""
    begun: list[Connection] = []
    turns = Turns(1, 9, 5.0, protected, AT_ONCE, begun.append, lambda: 0.0)
    for connection in sent:
        turns.add(connection)
    return begun


def test_a_callers_requests_begin_in_their_order() -> None:
    """The allowed number begins, then one more whenever one ends; nothing is kept afterwards."""
    begun: list[Connection] = []
    sent = [Connection(Request("Bearer a")) for _ in range(5)]
    turns = Turns(2, 9, 5.0, True, AT_ONCE, begun.append, lambda: 0.0)
    for connection in sent:
        turns.add(connection)
    assert begun == sent[:2]
    for count in (3, 4, 5, 5, 5):
        turns.end(sent[0].turn)
        assert begun == sent[:count]
    assert (turns._running, turns._waiting, turns._free) == ({}, {}, 9)


def test_figures_say_how_many_run_and_wait() -> None:
    """The figures count the requests that have a thread, and those that wait for their turn."""
    turns = Turns(1, 9, 5.0, True, AT_ONCE, lambda _: None, lambda: 0.0)
    for header in ("Bearer a", "Bearer a", "Bearer a", "Bearer b"):
        turns.add(Connection(Request(header)))
    found = [(dict(figure.labels)["state"], figure.value) for figure in turns.figures()]
    assert found == [("running", 2), ("waiting", 2)]


def test_callers_take_turns_when_all_together_are_too_many() -> None:
    """A caller who sent more, or earlier, gets no more turns than another."""
    begun: list[Connection] = []
    turns = Turns(2, 3, 5.0, True, AT_ONCE, begun.append, lambda: 0.0)
    a, b, c = ([Connection(Request(f"Bearer {name}")) for _ in range(4)] for name in "abc")
    for connection in (*a, *b, *c):
        turns.add(connection)
    assert begun == [a[0], a[1], b[0]]
    for each in range(12):
        turns.end(begun[each].turn)
    assert begun == [a[0], a[1], b[0], a[2], b[1], c[0], a[3], b[2], c[1], b[3], c[2], c[3]]
    assert (turns._running, turns._waiting, turns._free) == ({}, {}, 3)


class TestLateRequests:
    """A late request waits no longer, and takes no turn."""

    def test_they_begin_when_the_server_looks(self) -> None:
        """All late requests begin, and no others."""
        now, begun = [0.0], list[Connection]()
        turns = Turns(1, 2, 5.0, True, AT_ONCE, begun.append, lambda: now[0])
        sent = [
            Connection(Request(f"Bearer {who}", arrived=at))
            for who, at in (("a", 0), ("a", 1), ("a", 3), ("b", 0), ("b", 2))
        ]
        for connection in sent:
            turns.add(connection)
        for now[0], late in ((5.9, []), (6.0, [sent[1]]), (8.0, [sent[2], sent[4]]), (99.0, [])):
            del begun[:]
            turns.hasten()
            assert begun == late
        assert [connection.turn for connection in sent] == ["bearer a", "", "", "bearer b", ""]

    def test_they_begin_when_a_call_ends(self) -> None:
        """The request whose turn it is begins too, and the numbers are right again."""
        now, begun = [0.0], list[Connection]()
        turns = Turns(1, 1, 5.0, True, AT_ONCE, begun.append, lambda: now[0])
        sent = [Connection(Request("Bearer a", arrived=at)) for at in (0, 1, 2, 3)]
        for connection in sent:
            turns.add(connection)
        now[0] = 7.0
        turns.end(sent[0].turn)
        assert begun == sent
        turns.end(sent[3].turn)
        assert (turns._running, turns._waiting, turns._free) == ({}, {}, 1)


@pytest.mark.parametrize(
    "header",
    [f"Basic {basic('u:p')}", f"basic {basic('u:p')}", f"BASIC   {basic('u:p')}\t"],
)
def test_one_caller_has_one_spelling(header: str) -> None:
    """A caller who writes the header in several ways is one caller."""
    first = Connection(Request(f"Basic {basic('u:p')}"))
    assert begun_of([first, Connection(Request(header))]) == [first]


@pytest.mark.parametrize(
    "other",
    [Connection(Request(f"Basic {basic('u:q')}")), Connection(Request("Bearer b")),
     Connection(Request()),
     Connection(Request("Basic ?")), Connection(Request("x" * 5000))],
)  # fmt: skip
def test_other_callers_do_not_wait(other: Connection) -> None:
    """Callers with other credentials, or none, do not wait for the turns of a busy caller."""
    first = Connection(Request(f"Basic {basic('u:p')}"))
    assert begun_of([first, other]) == [first, other]


def test_sessions_of_one_address_are_several_callers() -> None:
    """Behind a proxy, one user's slow pages leave the turns of another who has logged in; cookies
    that are none of a session make no caller of their own."""
    name, a, b = "dssr_0123456789ab", "a" * 43, "b" * 43
    cookies = ("", f"x=1; {name}={a}", f"{name}={a}; x=2", f"{name}={b}", "x=1", f"{name}=short")
    sent = [Connection(Request(cookie=cookie)) for cookie in cookies]
    assert begun_of(sent) == [sent[0], sent[1], sent[3]]


def test_addresses_identify_callers_where_credentials_are_not_needed() -> None:
    """Where no credentials are needed, callers are distinguished by their address, and not by a
    header."""
    sent = [
        Connection(Request()),
        Connection(Request("Bearer a")),
        Connection(Request(), "127.0.0.2"),
    ]
    assert begun_of(sent, protected=False) == [sent[0], sent[2]]


@pytest.mark.parametrize(
    "request_",
    [
        Request("Bearer a", "/live"),
        Request("Bearer a", "/metrics"),
        Request("Bearer a", error=object()),
    ],
)
def test_calls_that_need_no_cluster_never_wait(request_: Request) -> None:
    """Calls that need no cluster and requests that the server refuses do not wait for a turn."""
    sent = [Connection(Request("Bearer a")), Connection(request_), Connection(request_)]
    assert begun_of(sent) == sent


@pytest.fixture
def slow(serve: Callable[[Settings], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bridge of six threads, where ``/running`` is answered when ``go`` is set."""
    monkeypatch.setattr(server, "THREADS", 6)
    bridge = serve(Settings(answer_timeout=120.0))
    bridge.go, bridge.under_way, real = (
        threading.Event(),
        threading.Semaphore(0),
        bridge.connector.snapshot,
    )

    def snapshot() -> Any:
        bridge.under_way.release()
        assert bridge.go.wait(30)
        return real()

    bridge.connector.snapshot = snapshot
    yield bridge
    bridge.go.set()


def test_one_callers_slow_calls_leave_a_thread_for_others(slow: Any) -> None:
    """Slow calls of one caller that wait are answered afterwards; none is refused."""
    with ThreadPoolExecutor(20) as pool:
        sent = [pool.submit(slow.get, "/running") for _ in range(20)]
        for _ in range(5):
            assert slow.under_way.acquire(timeout=30)
        until = time.monotonic() + 30
        while (
            slow.server.turns._waiting.get("127.0.0.1", ()).__len__() < 15
            and time.monotonic() < until
        ):
            time.sleep(0.01)
        assert slow.get("/live").status_code == 200
        with requests.Session() as other:
            other.mount("http://", From("127.0.0.9"))
            assert other.get(f"{slow.url}/nodes", timeout=30).status_code == 200
        assert not slow.under_way.acquire(blocking=False)
        slow.go.set()
        assert [answer.result().status_code for answer in sent] == [200] * 20


def test_many_callers_slow_calls_leave_threads_for_calls_that_need_no_cluster(slow: Any) -> None:
    """/live and /metrics are answered while all other threads are busy."""

    def ask(number: int) -> int:
        with requests.Session() as session:
            session.mount("http://", From(f"127.0.0.{number}"))
            return session.get(f"{slow.url}/running", timeout=30).status_code

    with ThreadPoolExecutor(20) as pool:
        sent = [pool.submit(ask, number) for number in range(2, 22)]
        for _ in range(6):
            assert slow.under_way.acquire(timeout=30)
        assert [slow.get(path).status_code for path in ("/live", "/metrics") * 3] == [200] * 6
        assert not any(answer.done() for answer in sent)
        slow.go.set()
        assert [answer.result() for answer in sent] == [200] * 20


class From(requests.adapters.HTTPAdapter):
    """Sends from a given address."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Bind the connections to that address."""
        super().init_poolmanager(*args, **more, source_address=(self._address, 0))


def test_a_caller_who_polls_on_64_connections_is_never_refused(served: Any) -> None:
    """A caller who polls on more connections than there are threads is never refused."""

    def poll(_: int) -> set[int]:
        with requests.Session() as session:
            return {session.get(f"{served.url}/running", timeout=60).status_code for _ in range(5)}

    with ThreadPoolExecutor(64) as pool:
        assert set().union(*pool.map(poll, range(64))) == {200}


def test_each_request_of_a_connection_gives_its_turn_back(slow: Any) -> None:
    """After the last response of a connection no turn is taken."""
    slow.go.set()
    with requests.Session() as session:
        assert {session.get(f"{slow.url}/running", timeout=30).status_code for _ in range(20)} == {
            200
        }
    eventually(
        lambda: slow.server.turns._running, lambda running: running == {}
    )  # an answer may be here before its turn is over
