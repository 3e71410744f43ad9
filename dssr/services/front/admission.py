"""Which user is at the other end of a connection over loopback.

The kernel is asked for the other end's socket by its two addresses (sock_diag(7)), or reads all
sockets (/proc/net/tcp) where it does not answer that.
"""

import ipaddress
import os
import socket
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SOCK_DIAG = 4  # netlink(7)
_BY_FAMILY, _REQUEST, _ERROR = 20, 1, 2
_HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence, port
_QUESTION = struct.Struct("=BBBxI2s2s16s16sI8s")  # inet_diag_req_v2
_ANSWER = struct.Struct("=BBBB2s2s16s16sI8sIIIII")  # inet_diag_msg
_NO_COOKIE = b"\xff" * 8
Address = tuple[str, int]


@dataclass(frozen=True)
class Peer:
    """The two addresses of a connection, as its other end has them."""

    own: Address
    other: Address
    family: socket.AddressFamily

    @classmethod
    def of(cls, connected: socket.socket) -> "Peer":
        """The other end of this socket. Raises ``OSError`` if it is not connected any more."""
        there, here = connected.getpeername()[:2], connected.getsockname()[:2]
        return cls(there, here, socket.AddressFamily(connected.family))


class Users:
    """Asks the kernel for the users of connections. One thread may use it."""

    def __init__(self) -> None:
        """Keeps one socket to the kernel, so that it can ask when no more files can be opened."""
        self._kernel = _kernel()
        self._number = 0

    @property
    def are_known(self) -> bool:
        """Whether this machine says which user is at the other end."""
        return self._kernel is not None or Path("/proc/net/tcp").exists()

    def user_of(self, connected: socket.socket) -> int | None:
        """The user of the socket at the other end; ``None`` if it has been closed or is not found.

        A socket without an inode is one that its process has closed: the kernel calls it root's.
        """
        try:
            peer = Peer.of(connected)
        except OSError:
            return None
        try:
            return self._asked(peer) if self._kernel else next(_listed(peer), None)
        except OSError:
            return None

    def close(self) -> None:
        """Ask no more."""
        if self._kernel:
            self._kernel.close()

    def _asked(self, peer: Peer) -> int | None:
        """By sock_diag(7). Raises ``OSError``: ``ENOENT`` if there is no such socket."""
        assert self._kernel is not None
        self._number += 1
        question = _question(peer)
        length = _HEADER.size + len(question)
        self._kernel.send(_HEADER.pack(length, _BY_FAMILY, _REQUEST, self._number, 0) + question)
        number = 0
        while number != self._number:  # an answer that came too late is not this one's
            answer = self._kernel.recv(4096)
            _, kind, _, number, _ = _HEADER.unpack_from(answer)
        body = answer[_HEADER.size :]
        if kind == _ERROR:
            code = -struct.unpack_from("=i", body)[0]
            raise OSError(code, os.strerror(code))
        *_, user, inode = _ANSWER.unpack_from(body)
        return int(user) if inode else None


def _kernel() -> socket.socket | None:
    """A socket to the kernel, if it answers such questions."""
    if sys.platform != "linux":
        return None
    try:
        made = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
    except OSError:
        return None
    made.settimeout(1)
    return made


def _question(peer: Peer) -> bytes:
    return _QUESTION.pack(
        peer.family,
        socket.IPPROTO_TCP,
        0,
        0xFFFFFFFF,  # in any state
        peer.own[1].to_bytes(2, "big"),
        peer.other[1].to_bytes(2, "big"),
        ipaddress.ip_address(peer.own[0]).packed.ljust(16, b"\0"),
        ipaddress.ip_address(peer.other[0]).packed.ljust(16, b"\0"),
        0,
        _NO_COOKIE,
    )


def _listed(peer: Peer) -> Iterator[int]:
    """By /proc/net/tcp: at most one user."""
    table = "/proc/net/tcp6" if peer.family == socket.AF_INET6 else "/proc/net/tcp"
    wanted = [_hexadecimal(peer.own), _hexadecimal(peer.other)]
    with open(table, encoding="ascii") as file:
        for row in file:
            words = row.split()
            if words[1:3] == wanted and words[9] != "0":
                yield int(words[7])


def _hexadecimal(address: Address) -> str:
    """As the table has it: each word of 32 bits in the machine's order."""
    packed = ipaddress.ip_address(address[0]).packed
    words = [int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4)]
    return "".join(f"{word:08X}" for word in words) + f":{address[1]:04X}"
