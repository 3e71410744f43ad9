"""The baselines: Flask on waitress that returns a constant, and sbatch over a bare SSH
connection."""

import io
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import paramiko

from dssr.http.serving.server import QUICK, SWITCH_EVERY, THREADS
from tests.cluster import Cluster

_SERVER = """
import logging, sys, flask, waitress
logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line a request would be slow
app = flask.Flask("bare")
answer = sys.stdin.buffer.read().decode()
for method, path in (
    ("GET", "/running"), ("GET", "/queued"), ("POST", "/runstatus"), ("GET", "/api/v1/jobs/<id>"),
):
    view = lambda **_: flask.Response(answer, content_type="application/json")
    app.add_url_rule(path, path, view, methods=[method])
# Set up as the bridge's waitress is: with the default of 4 threads, 64 clients get a tenth of the
# responses.
sys.setswitchinterval(float(sys.argv[2]))
server = waitress.create_server(
    app, host="127.0.0.1", port=0, threads=int(sys.argv[1]), asyncore_use_poll=True
)
print(server.effective_port, flush=True)
server.run()
"""


class BareFlask:
    """A process that returns a constant for ``/running``, ``/queued``, ``/runstatus`` and
    ``/api/v1/jobs/<id>``, whatever the request."""

    def __init__(self, constant: bytes) -> None:
        command = [sys.executable, "-c", _SERVER, str(THREADS + QUICK), str(SWITCH_EVERY)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(constant)
        self._process.stdin.close()
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}"

    def __enter__(self) -> "BareFlask":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


class BareSsh:
    """One SSH connection with TCP_NODELAY; each command gets a channel of its own, as in any
    client."""

    def __init__(self, cluster: Cluster) -> None:
        link = socket.create_connection((cluster.address, cluster.port), timeout=10)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._transport = paramiko.Transport(link)
        self._transport.start_client(timeout=10)
        self._transport.auth_publickey(
            cluster.user, paramiko.Ed25519Key.from_private_key(io.StringIO(cluster.private_key))
        )

    def __enter__(self) -> "BareSsh":
        return self

    def __exit__(self, *_: object) -> None:
        self._transport.close()

    def run(self, command: str, data: bytes = b"") -> str:
        """The stdout of the command. sshd frees channels late, so a refused one is requested
        again."""
        channel = self._open()
        try:
            channel.exec_command(command)
            channel.sendall(data)
            channel.shutdown_write()
            printed = b"".join(iter(lambda: channel.recv(65536), b""))
            assert channel.recv_exit_status() == 0, channel.recv_stderr(65536)
            return printed.decode()
        finally:
            channel.close()

    def shell(self, prelude: str = "") -> Callable[[str], None]:
        """A function that runs a command in a long-lived remote shell and waits for its end."""
        channel = self._open()
        channel.exec_command("exec /bin/sh")
        channel.sendall(prelude.encode())

        def run(command: str) -> None:
            channel.sendall(f"{{ {command}\n}} >/dev/null 2>&1; echo ended $?\n".encode())
            printed = b""
            while not printed.endswith(b"\n"):
                printed += channel.recv(65536)
            assert printed == b"ended 0\n", printed

        return run

    def _open(self) -> paramiko.Channel:
        for _ in range(50):
            try:
                return self._transport.open_session(timeout=10)
            except (paramiko.ChannelException, paramiko.SSHException):
                time.sleep(0.02)
        raise AssertionError("sshd grants no channel")


def rate_of(ssh: BareSsh, command: str, data: bytes, channels: int, seconds: float) -> float:
    """How many times a second the command runs, over that many channels at once."""
    done: list[int] = []
    until = time.monotonic() + seconds
    errors: list[BaseException] = []

    def work() -> None:
        try:
            while time.monotonic() < until:
                ssh.run(command, data)
                done.append(1)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(channels)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors, errors[0]
    return len(done) / (time.monotonic() - began)


def round_trip(port: int) -> float:
    """Milliseconds from a client's first byte to the response of sshd, which a port of this machine
    leads to."""
    times = []
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.recv(1000)  # sshd greets first (RFC 4253, 4.2), then waits for a greeting
            began = time.monotonic()
            client.sendall(b"nonsense\r\n")  # sshd says that this is no greeting
            client.recv(1000)
            times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)
