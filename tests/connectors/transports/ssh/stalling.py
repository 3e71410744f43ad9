"""A login node that accepts every login and opens sessions late. Its commands really run."""

import contextlib
import io
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import IO

import paramiko
from paramiko.common import AUTH_SUCCESSFUL, OPEN_SUCCEEDED

from connectors.transports.host_key_verifier import HostKeyVerifier
from connectors.transports.keys import private_key
from connectors.transports.ssh import Login
from connectors.transports.trust import Pinned
from tests.connectors.transports.ssh.impostor import made, pair
from tests.connectors.transports.ssh.listening import Listening

_PIECE = 1 << 16


class Stalling(Listening):
    """Listens on a free port of the loopback interface; commands find ``name`` in ``$HOST_NAME``.

    :ivar opens: while it is not set, no session is opened.
    :ivar delay: seconds that each session takes to open.
    :ivar asked: set once a session is asked for.
    :ivar logins: the number of logins so far.
    """

    def __init__(self, name: str) -> None:
        self.name, self.logins, self.delay = name, 0, 0.0
        self.opens, self.asked = threading.Event(), threading.Event()
        self.opens.set()
        super().__init__()

    @property
    def login(self) -> Login:
        """How to log in."""
        verifier = HostKeyVerifier(Pinned(made("ssh-ed25519", 1).text))
        key = private_key(pair("ssh-ed25519", 2)[0])
        return Login("127.0.0.1", self.port, "jarvice", key, verifier)

    def close(self) -> None:
        """End the server and its connections."""
        self.opens.set()
        super().close()

    def _serve(self, near: socket.socket) -> None:
        transport = self._begin(near)
        transport.add_server_key(
            paramiko.Ed25519Key.from_private_key(io.StringIO(pair("ssh-ed25519", 1)[0]))
        )
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=_Sessions(self))


class _Sessions(paramiko.ServerInterface):
    def __init__(self, host: Stalling) -> None:
        self._host = host

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._host.logins += 1
        return AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self._host.asked.set()
        self._host.opens.wait()
        time.sleep(self._host.delay)
        return OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        environment = {**os.environ, "HOST_NAME": self._host.name}
        pipe = subprocess.PIPE
        shell = subprocess.Popen(
            ["/bin/sh", "-c", command],
            env=environment,
            bufsize=0,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )
        threading.Thread(target=_feed, args=(channel, shell.stdin), daemon=True).start()
        threading.Thread(target=_answer, args=(channel, shell), daemon=True).start()
        return True


def _feed(channel: paramiko.Channel, stdin: IO[bytes]) -> None:
    with contextlib.suppress(OSError), stdin:
        while piece := channel.recv(_PIECE):
            stdin.write(piece)


def _answer(channel: paramiko.Channel, shell: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError), shell, channel:
        assert shell.stdout is not None
        assert shell.stderr is not None
        errors = threading.Thread(
            target=_pass_on, args=(shell.stderr, channel.sendall_stderr), daemon=True
        )
        errors.start()
        _pass_on(shell.stdout, channel.sendall)
        errors.join()


def _pass_on(stream: IO[bytes], send: Callable[[bytes], object]) -> None:
    with contextlib.suppress(OSError):
        while piece := stream.read(_PIECE):
            send(piece)
