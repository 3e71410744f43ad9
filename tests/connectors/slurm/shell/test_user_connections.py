"""The users' connections: one for each user, a limited number at once, none without need. The login
node only counts."""

import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connectors.slurm.shell.user_connections import UserConnections
from dssr.errors import ConnectFailed, Denied, LoginRefused, Unavailable
from tests.connectors.slurm.counting_node import Counting, Door
from tests.connectors.slurm.people import SOON, People, new_key, until, who


@pytest.fixture
def node() -> Counting:
    return Counting()


@pytest.fixture
def people() -> People:
    return People({f"user{n}": new_key()[0] for n in range(8)})


@pytest.fixture
def pool(people: People, node: Counting) -> Iterator[Callable[..., UserConnections]]:
    """``pool(most)``: the users' connections to that node."""
    made: list[UserConnections] = []

    def new(most: int, **options: Any) -> UserConnections:
        made.append(UserConnections(people, node, most, **options))
        return made[-1]

    yield new
    for each in made:
        each.close()


class TestTheBound:
    """Never more connections than the setting allows, and as few new ones as that makes
    possible."""

    def test_one_connection_for_each_user(
        self, pool: Callable[..., UserConnections], node: Counting
    ) -> None:
        """A user's connection is kept for the user's next command."""
        connections = pool(8)
        assert [who(connections, user) for user in ("user1", "user2", "user1", "user1")] == [
            "user1",
            "user2",
            "user1",
            "user1",
        ]
        assert (node.logins, connections.open) == (2, 2)

    def test_one_connection_for_many_callers(
        self, pool: Callable[..., UserConnections], node: Counting
    ) -> None:
        """Many first commands of one user at once make one connection."""
        connections, together = pool(8), threading.Barrier(16)

        def call(_: int) -> str:
            together.wait(SOON)
            return who(connections, "user1")

        with ThreadPoolExecutor(16) as threads:
            assert list(threads.map(call, range(16))) == ["user1"] * 16
        assert (node.logins, connections.open) == (1, 1)

    def test_who_was_idle_longest_makes_room(
        self, pool: Callable[..., UserConnections], node: Counting
    ) -> None:
        """The connection that has been idle longest makes room, not the one that was opened
        first."""
        connections = pool(2)
        for user in ("user1", "user2", "user1", "user3"):
            who(connections, user)
        assert sorted(node.connected) == ["user1", "user3"]
        assert node.most == 2

    def test_many_users_at_once(self, pool: Callable[..., UserConnections], node: Counting) -> None:
        """More users at once than the limit are all served, and the login node never sees more
        connections than that."""
        connections = pool(3)
        node.during = lambda user: time.sleep(0.001)
        with ThreadPoolExecutor(16) as threads:
            users = [f"user{n % 8}" for n in range(200)]
            assert list(threads.map(lambda user: who(connections, user), users)) == users
        assert node.most == 3

    def test_when_all_are_busy_callers_wait_until_their_deadline(
        self, pool: Callable[..., UserConnections], node: Counting
    ) -> None:
        """When all connections are busy a caller waits until its deadline and gets an error that
        names the setting; a busy user's own next command does not wait."""
        connections, (began, over) = pool(1), node.hold_the_first()
        with ThreadPoolExecutor(2) as threads:
            busy = threads.submit(who, connections, "user1")
            assert began.wait(SOON)
            with pytest.raises(ConnectFailed, match="JARVICE_SLURM_USER_CONNECTIONS"):
                who(connections, "user2", timeout=0.05)
            assert who(connections, "user1") == "user1"
            waiting = threads.submit(who, connections, "user2")
            over.set()
            assert (busy.result(), waiting.result()) == ("user1", "user2")
        assert node.most == 1

    def test_idle_connections_close(
        self, pool: Callable[..., UserConnections], node: Counting
    ) -> None:
        """All idle connections close by themselves, and the next command opens another one."""
        connections = pool(8, idle=0.1)
        for user in ("user1", "user2", "user3"):
            who(connections, user)
        assert until(lambda: not node.connected and connections.open == 0)
        assert who(connections, "user2") == "user2"
        assert node.logins == 4
        assert until(lambda: not node.connected)

    def test_a_busy_connection_is_not_idle(
        self, pool: Callable[..., UserConnections], node: Counting
    ) -> None:
        """A busy connection is not closed as idle, however long its command takes."""
        connections = pool(8, idle=0.05)
        node.during = lambda user: time.sleep(0.3)
        still_there: list[bool] = []
        with ThreadPoolExecutor(1) as threads:
            busy = threads.submit(who, connections, "user1")
            until(lambda: bool(node.connected))
            time.sleep(0.15)
            still_there.append(node.connected == ["user1"])
            busy.result()
        assert still_there == [True]


def test_when_the_system_gives_no_thread(
    pool: Callable[..., UserConnections], node: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a thread the caller gets an error, no connection is held, and the next caller is
    served; lent connections are not touched."""
    connections = pool(1, idle=0.1)

    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        for user in ("user1", "user2"):
            with pytest.raises(ConnectFailed, match=r"no further thread .*not sent"):
                who(connections, user)
    assert connections.open == 0
    assert [who(connections, user) for user in ("user2", "user1")] == ["user2", "user1"]
    assert until(lambda: not node.connected), "idle connections are closed again too"


class TestWhatNobodyExpects:
    """Errors of other parts are logged, and lock no user out."""

    def test_a_connection_that_cannot_be_closed(
        self,
        pool: Callable[..., UserConnections],
        node: Counting,
        monkeypatch: pytest.MonkeyPatch,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        """A connection that cannot be closed frees its place, and its user is served again."""

        def rest(door: Door) -> None:
            raise ValueError("broken")

        monkeypatch.setattr(Door, "rest", rest)
        connections = pool(1)
        assert [who(connections, user) for user in ("user1", "user2", "user1")] == [
            "user1",
            "user2",
            "user1",
        ]
        assert "the connection of user user1 could not be closed" in caplog.text


class TestChanges:
    """The mapping changes while the bridge runs."""

    def test_a_new_key_is_a_new_connection(
        self, pool: Callable[..., UserConnections], people: People, node: Counting
    ) -> None:
        """A new key closes the old key's connection at once."""
        connections = pool(8)
        who(connections, "user1")
        people.keys["user1"] = new_key()[0]
        assert who(connections, "user1") == "user1"
        assert (node.logins, node.connected) == (2, ["user1"])

    def test_a_new_key_while_a_command_runs(
        self, pool: Callable[..., UserConnections], people: People, node: Counting
    ) -> None:
        """A command that runs when the key changes is not cut off; its connection closes when it
        has ended."""
        connections, (began, over) = pool(8), node.hold_the_first()
        with ThreadPoolExecutor(1) as threads:
            busy = threads.submit(who, connections, "user1")
            assert began.wait(SOON)
            people.keys["user1"] = new_key()[0]
            assert who(connections, "user1") == "user1"
            assert node.connected == ["user1", "user1"]
            over.set()
            assert busy.result() == "user1"
        assert node.connected == ["user1"]

    def test_a_former_user_is_denied(
        self, pool: Callable[..., UserConnections], people: People, node: Counting
    ) -> None:
        """A former user is denied, and their connection closes, at the next command or
        without one."""
        connections = pool(8, idle=1.0)
        who(connections, "user1")
        who(connections, "user2")
        del people.keys["user1"], people.keys["user2"]
        with pytest.raises(Denied):
            who(connections, "user1")
        assert node.connected == ["user2"]
        assert until(lambda: not node.connected)

    @pytest.mark.parametrize(
        "error", [Unavailable("the directory of keys cannot be read"), ValueError("broken")]
    )
    def test_idle_connections_close_while_the_users_are_unknown(
        self,
        pool: Callable[..., UserConnections],
        people: People,
        node: Counting,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
    ) -> None:
        """While the bridge cannot find out who is a user, idle connections close all the same, and
        so do those that become idle later."""

        def unreadable() -> Collection[str]:
            raise error

        monkeypatch.setattr(people, "names", unreadable)
        connections = pool(8, idle=0.2)
        for user in ("user1", "user2"):
            who(connections, user)
            assert until(lambda: not node.connected)

    def test_a_key_that_cannot_be_used(
        self, pool: Callable[..., UserConnections], people: People
    ) -> None:
        """A key that cannot be used is that user's error alone, which holds no part of the key."""
        connections = pool(8)
        people.keys["user1"] = (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2squared\n-----END OPENSSH PRIVATE "
            "KEY-----\n"
        )
        with pytest.raises(LoginRefused, match="user1") as raised:
            who(connections, "user1")
        assert "hunter2" not in raised.value.message
        assert who(connections, "user2") == "user2"

    def test_a_closed_pool_takes_no_work(
        self, pool: Callable[..., UserConnections], node: Counting
    ) -> None:
        """After ``close`` no connection is open, and a second ``close`` is no error."""
        connections = pool(8)
        who(connections, "user1")
        connections.close()
        connections.close()
        assert node.connected == []
        with pytest.raises(ConnectFailed):
            who(connections, "user1")
