"""Faults between the bridge and a real login node: each is caused for real, and passes."""

import gc
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from connectors.transports.ssh import SshTransport
from dssr.errors import (
    CommandTimeout,
    ConnectFailed,
    TransportError,
)
from dssr.testing.transport import PATIENCE, sh, unharmed
from tests.cluster import Cluster
from tests.connectors.transports.conftest import Connect, login_to
from tests.connectors.transports.ssh.conftest import works_again

pytestmark = pytest.mark.cluster


class TestFaultsInMidCommand:
    """A command's outcome is unknown, its deadline is kept, and later commands work."""

    def test_sshd_is_killed_with_its_sessions(self, site: Cluster, connect: Connect) -> None:
        """A killed session is ``CommandTimeout`` at once, and later commands work."""
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
        """A command on a dead link ends at its deadline, and later commands work."""
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
        """Writing to a dead link ends at the deadline too."""
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
        """While sshd's sessions are stopped, no caller waits longer than its deadline."""
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
        """Opening a channel ends at the deadline, with nothing sent. sshd opens the channel late
        and keeps it as long as the connection; a new connection replaces that one."""
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
    """The transport uses little of the login node and of this machine."""

    def test_all_threads_share_one_connection(self, site: Cluster, connect: Connect) -> None:
        """Threads that come at once share one connection."""
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
        """When commands that go on hold all sessions, a new connection is made."""
        transport = connect(login_to(site))
        with ThreadPoolExecutor(8) as pool:
            for _ in range(2):
                asked = [pool.submit(sh, transport, "exec sleep 20", timeout=1) for _ in range(8)]
                assert all(isinstance(one.exception(), TransportError) for one in asked)
        assert unharmed(transport)

    def test_nothing_leaks(self, site: Cluster, connect: Connect) -> None:
        """200 commands, timeouts and broken connections leave no descriptor and no thread
        behind."""
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
        """The descriptors and threads of this process."""
        return len(os.listdir("/proc/self/fd")), threading.active_count()


def test_the_prelude_runs_once_in_each_shell(site: Cluster, connect: Connect) -> None:
    """The prelude runs once in each shell and is not sent with every command."""
    transport: SshTransport = connect(login_to(site), prelude="n=$((n + 1)); export n\n")
    assert {sh(transport, "echo $n").stdout for _ in range(5)} == {b"1\n"}
