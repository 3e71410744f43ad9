"""The front's listening sockets: one port, on both loopback addresses."""

import contextlib
import errno
import socket
from collections.abc import Sequence

from dssr.errors import SettingsError

_BACKLOG = 512
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(addresses: Sequence[str], port: int, tries: int) -> list[socket.socket]:
    """Sockets that listen on the first port from ``port`` on that no other program has; 0 takes a
    free one.

    A browser uses any of the loopback addresses, so a port that another program has on one of them
    is not used on the other. An address that this machine does not have is left out.

    Raises ``SettingsError`` if none of ``tries`` ports is free.
    """
    for candidate in [0] * tries if port == 0 else range(port, port + tries):
        try:
            return _both(addresses, candidate)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise SettingsError(
        [f"The ports {port} to {port + tries - 1} all belong to other programs: name another one."]
    )


def _both(addresses: Sequence[str], port: int) -> list[socket.socket]:
    with contextlib.ExitStack() as opened:
        found: list[socket.socket] = []
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            try:
                made = socket.create_server((address, port), family=family, backlog=_BACKLOG)
            except OSError as error:
                if error.errno in _ABSENT:
                    continue
                raise
            opened.enter_context(made)
            made.setblocking(False)
            port = made.getsockname()[1]
            found.append(made)
        if not found:
            raise OSError(errno.EADDRNOTAVAIL, f"this machine has none of {', '.join(addresses)}")
        opened.pop_all()
    return found
