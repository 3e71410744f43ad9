"""A program that a service may run: it reads one line and does what that says.

``echo WORDS`` sends the line back, and then whatever comes. ``send BYTES`` sends so many bytes.
``take`` reads to the end and says how many bytes came.
"""

import contextlib
import socket
import threading

_PART = 256 << 10


def _serve(accepted: socket.socket) -> None:
    with accepted, contextlib.suppress(OSError):
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        file = accepted.makefile("rb")
        line = file.readline()
        do, _, rest = line.partition(b" ")
        if do == b"echo":
            accepted.sendall(rest)
            while part := file.read1(_PART):
                accepted.sendall(part)
        elif do == b"send":
            block, left = memoryview(bytes(_PART)), int(rest)
            while left:
                count = min(left, _PART)
                accepted.sendall(block[:count])
                left -= count
        elif do.strip() == b"take":
            total, buffer = 0, bytearray(_PART)
            while read := file.readinto1(buffer):
                total += read
            accepted.sendall(b"%d\n" % total)


def main() -> None:
    """Serve for ever."""
    listener = socket.create_server(("0.0.0.0", 0), backlog=512)
    print(listener.getsockname()[1], flush=True)
    while True:
        accepted, _ = listener.accept()
        threading.Thread(target=_serve, args=(accepted,), daemon=True).start()


if __name__ == "__main__":
    main()
