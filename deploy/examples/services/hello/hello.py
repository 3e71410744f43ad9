"""A web program that reports where it runs: GET / and GET /nvidia-smi; POST / reports what it got.

It listens on ``$DSSR_SOCKET``, a Unix socket that no other user of the node can reach. It needs
Python alone; with waitress it serves more clients at once.
"""

import hashlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn, UnixStreamServer
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

try:
    from waitress import serve  # type: ignore[import-untyped]
except ImportError:
    serve = None

PART = 1 << 20  # bytes that are read at a time: an upload need not fit into memory
Environ = dict[str, Any]
Start = Callable[[str, list[tuple[str, str]]], object]


def nvidia_smi(*arguments: str) -> str:
    """What ``nvidia-smi`` prints; '' on a node without it."""
    if not shutil.which("nvidia-smi"):
        return ""
    done = subprocess.run(["nvidia-smi", *arguments], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


# Asked once: the health check gets / every few seconds, and nvidia-smi may take one.
GPUS = nvidia_smi("-L").splitlines()


def place() -> dict[str, Any]:
    """Which job this is, and where."""
    return {
        "service": os.environ["DSSR_SERVICE"],
        "generation": int(os.environ["DSSR_GENERATION"]),
        "job": os.environ["SLURM_JOB_ID"],
        "node": os.environ["SLURMD_NODENAME"],
        "gpus": GPUS,
    }


def received(environ: Environ) -> dict[str, Any]:
    """How much was sent, and its digest."""
    digest, size = hashlib.sha256(), 0
    expected = int(environ.get("CONTENT_LENGTH") or 0)
    while part := environ["wsgi.input"].read(min(PART, expected - size)):
        digest.update(part)
        size += len(part)
    return {"bytes": size, "sha256": digest.hexdigest()}


def app(environ: Environ, start: Start) -> Iterable[bytes]:
    """The WSGI application (PEP 3333)."""
    status, kind = "200 OK", "application/json"
    match environ["REQUEST_METHOD"], environ["PATH_INFO"]:
        case "GET", "/":
            text = json.dumps(place(), indent=2) + "\n"
        case "GET", "/nvidia-smi":
            text, kind = nvidia_smi() or "This node has no nvidia-smi.\n", "text/plain"
        case "POST", "/":
            text = json.dumps({**place(), **received(environ)}, indent=2) + "\n"
        case _:
            status, kind, text = "404 Not Found", "text/plain", "GET /, GET /nvidia-smi, POST /\n"
    body = text.encode()
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]


class OwnServer(ThreadingMixIn, WSGIServer):
    """Python's own server, on a Unix socket."""

    address_family = socket.AF_UNIX
    daemon_threads = True

    def server_bind(self) -> None:
        """Make the socket. The names are those that WSGI asks for."""
        UnixStreamServer.server_bind(self)
        self.server_name, self.server_port = "localhost", 0
        self.setup_environ()

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """A client of a Unix socket has no address, and the handler wants one."""
        return self.socket.accept()[0], ("127.0.0.1", 0)


def main() -> None:
    """Serve until the job ends."""
    place = os.environ["DSSR_SOCKET"]
    # The mode: the folder of the socket is private already; this says so once more.
    if serve:
        serve(app, unix_socket=place, unix_socket_perms="600")
        return
    os.umask(0o077)
    with OwnServer(place, WSGIRequestHandler) as server:  # type: ignore[arg-type]
        server.set_app(app)
        server.serve_forever()


if __name__ == "__main__":
    main()
