"""The relay of a service's job: it runs on the node, with the modules of a minimal python3 alone.

``relay.py try`` ends with 0 where it can run. ``relay.py serve DIR LOW HIGH`` takes connections on
a port of that range, which it writes to ``DIR/relay.port``, and passes on what follows the line
``DSSR1 <secret>`` to the place that ``DIR/target`` names at that moment. ``DIR/secret`` has the
secret; ``DIR/used`` gets the number of open connections and when the last one was.
``relay.py ask DIR PATH`` prints the HTTP status of a path there; without an answer it ends with 1.

People whose forward is a plain ``ssh -L`` are let in by HTTP: ``GET /?dssr=<secret>`` sends the
browser a cookie with the secret, which the first request of each connection has to show then.
"""

import contextlib
import os
import random
import select
import socket
import sys
import threading
import time
from _operator import _compare_digest as is_same  # hmac is not in a minimal python3

SMALL, LARGE = 16 << 10, 256 << 10  # bytes that are read at a time: idle connections hold little
PATIENCE = 10  # seconds for the first line
LONGEST_LINE, LONGEST_HEAD = 256, 16 << 10  # bytes
METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"PATCH ", b"DELETE ", b"OPTIONS ")
MOST_STRANGERS = 256  # connections that have not shown the secret
# Servers of WebSockets alone do not answer HTTP/1.0.
QUESTION = b"GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


class Relay:
    """Takes connections; one thread for each direction."""

    def __init__(self, directory: str) -> None:
        self.directory = directory
        with open(os.path.join(directory, "secret"), "rb") as file:
            self.secret = file.read().strip()
        self.lock = threading.Lock()
        self.open, self.strangers = 0, 0

    def serve(self, low: int, high: int) -> None:
        """Take connections for ever."""
        listener = bind(low, high)
        listener.listen(128)
        self.write("relay.port", f"{listener.getsockname()[1]}\n")
        self.count(0)
        while True:
            try:
                client = listener.accept()[0]
            except OSError:  # no file can be opened: those that are open go on
                time.sleep(0.1)
            else:
                self.take(client)

    def take(self, client: socket.socket) -> None:
        """Handle a connection in a thread of its own, or close it where there can be none."""
        with self.lock:
            is_full = self.strangers >= MOST_STRANGERS
            self.strangers += not is_full
        if is_full:
            client.close()
            return
        try:
            threading.Thread(target=self.handle, args=(client,), daemon=True).start()
        except RuntimeError:  # no thread can be made
            with self.lock:
                self.strangers -= 1
            client.close()

    def handle(self, client: socket.socket) -> None:
        """One connection, from its first line to its end."""
        try:
            client.settimeout(PATIENCE)
            line, rest = first_line(client)
            words = line.split(b" ")
            known = len(words) in (2, 3) and words[0] == b"DSSR1" and is_same(words[1], self.secret)
            is_check = words[2:] == [b"check"]
            if line.startswith(METHODS):
                rest = line + b"\n" + rest
                known, is_check = shows(client, rest, self.secret), False
        except OSError:
            known = False
        with self.lock:
            self.strangers -= 1
        try:
            if known:
                client.settimeout(None)
                program = connect(self.directory)
                self.count(not is_check)
                try:
                    relay(client, program, rest)
                finally:
                    program.close()
                    self.count(-(not is_check))
        except OSError:
            pass  # the program has gone away, or its place is not known: the caller sees the end
        finally:
            client.close()

    def count(self, more: int) -> None:
        """Note that so many more connections are open."""
        with self.lock:
            self.open += more
            with contextlib.suppress(OSError):  # a full disk ends no connection
                self.write("used", f"{self.open} {int(time.time())}\n")

    def write(self, name: str, text: str) -> None:
        """Write a file, whole or not at all."""
        path = os.path.join(self.directory, name)
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)


def bind(low: int, high: int) -> socket.socket:
    """A socket on a port of that range. Raises ``OSError`` when none can be had."""
    ports = list(range(low, high + 1))
    random.shuffle(ports)
    for port in ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.bind(("", port))
        except OSError:
            listener.close()
        else:
            return listener
    raise OSError(f"every port from {low} to {high} is in use")


def first_line(client: socket.socket) -> "tuple[bytes, bytes]":
    """The first line, and what has arrived behind it: of HTTP, the whole head."""
    received, end = b"", b"\n"
    deadline = time.monotonic() + PATIENCE
    while end not in received:
        longest = LONGEST_HEAD if received.startswith(METHODS) else LONGEST_LINE
        if len(received) > longest or time.monotonic() > deadline:
            return b"", b""
        piece = client.recv(LONGEST_LINE)
        if not piece:
            return b"", b""
        received += piece
        if received.startswith(METHODS):
            end = b"\r\n\r\n"
    line, _, rest = received.partition(b"\n")
    return line, rest


def shows(client: socket.socket, head: bytes, secret: bytes) -> bool:
    """Whether a request has the cookie. One that has the secret in its address gets the cookie."""
    lines = head.split(b"\r\n\r\n")[0].split(b"\r\n")
    cookies = [line[7:] for line in lines[1:] if line[:7].lower() == b"cookie:"]
    pairs = [pair.strip() for line in cookies for pair in line.split(b";")]
    if any(is_same(pair, b"dssr=" + secret) for pair in pairs):
        return True
    path, _, query = lines[0].split(b" ")[1].partition(b"?")
    given = query.split(b"&")
    rest = b"&".join(one for one in given if not is_same(one, b"dssr=" + secret))
    if rest != query:
        place = b"/" + path.lstrip(b"/\\") + (b"?" + rest if rest else b"")
        client.sendall(
            b"HTTP/1.1 303 See Other\r\nLocation: %s\r\nContent-Length: 0\r\nConnection: close\r\n"
            b"Set-Cookie: dssr=%s; Path=/; HttpOnly; SameSite=Lax\r\n\r\n" % (place, secret)
        )
    return False


def connect(directory: str) -> socket.socket:
    """A connection to the program. Raises ``OSError``."""
    with open(os.path.join(directory, "target")) as file:
        kind, _, place = file.read().rstrip("\n").partition(" ")
    if kind == "unix":
        program = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        program.connect(place)
        return program
    host, _, port = place.rpartition(" ")
    program = socket.create_connection((host, int(port)), 10)
    program.settimeout(None)
    program.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return program


def relay(client: socket.socket, program: socket.socket, begun: bytes) -> None:
    """Pass bytes on in both directions until both have ended."""
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if begun:
        program.sendall(begun)
    back = threading.Thread(target=back_pump, args=(program, client), daemon=True)
    back.start()
    if not pump(client, program):
        discard(client)  # the program has closed, perhaps behind an answer that is on its way
        cut(client, program)
    back.join()


def pump(source: socket.socket, sink: socket.socket) -> bool:
    """Pass bytes on in one direction until its end; whether the sink took them all. A broken source
    ends both directions."""
    buffer = bytearray(SMALL)
    try:
        while True:
            size = source.recv_into(buffer)
            if not size:
                break
            try:
                sink.sendall(memoryview(buffer)[:size])
            except OSError:
                return False
            wanted = LARGE if size == len(buffer) else SMALL if size < SMALL else len(buffer)
            if wanted != len(buffer):
                buffer = bytearray(wanted)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        cut(source, sink)
    return True


def back_pump(program: socket.socket, client: socket.socket) -> None:
    """Pass a program's bytes on. A client that takes none any more ends both directions."""
    if not pump(program, client):
        cut(program, client)


def discard(source: socket.socket) -> None:
    """Read what still comes until the end, for some seconds."""
    poll, deadline = select.poll(), time.monotonic() + PATIENCE
    poll.register(source, select.POLLIN)
    with contextlib.suppress(OSError):
        while poll.poll(max(0, deadline - time.monotonic()) * 1000):
            if not source.recv(LARGE):
                return


def cut(*connections: socket.socket) -> None:
    """End both directions."""
    for each in connections:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def ask(directory: str, path: str) -> str:
    """The HTTP status of a path. Raises ``OSError`` where there is no answer in five seconds."""
    program = connect(directory)
    program.settimeout(5)
    program.sendall(QUESTION % os.fsencode(path))
    answer = b""
    while len(answer) < 12:
        piece = program.recv(64)
        if not piece:
            break
        answer += piece
    if not answer.startswith(b"HTTP/1.") or not answer[9:12].isdigit():
        raise OSError("no answer in HTTP")
    return answer[9:12].decode()


if __name__ == "__main__":
    threading.stack_size(256 << 10)
    if sys.argv[1] == "serve":
        Relay(sys.argv[2]).serve(int(sys.argv[3]), int(sys.argv[4]))
    elif sys.argv[1] == "ask":
        try:
            print(ask(sys.argv[2], sys.argv[3]))
        except OSError:
            sys.exit(1)  # a traceback would be in the output of the user's program
