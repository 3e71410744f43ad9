"""A person at this terminal answers what the login of a front wants to know: a passphrase, a second
factor, an unknown host's key. The front has no terminal: it asks at a Unix socket."""

import contextlib
import getpass
import json
import socket
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from dssr.cli.printable import printable
from dssr.cli.status_line import screen
from dssr.client.own_services import OwnServices
from dssr.client.served_services import AnyServices

_SHOWN = "(yes/no"  # a question whose answer is no secret


@contextmanager
def answering(own: AnyServices, name: str) -> Iterator[None]:
    """Within the block, the front of that service may ask here, if this is a terminal, and no
    other process answers already."""
    if not (isinstance(own, OwnServices) and sys.stderr.isatty()):
        yield
        return
    path = own.fronts.asks_at(name)
    with _terminal_as_it_was(), contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        is_ours = not _is_taken(path)
        if is_ours:
            path.unlink(missing_ok=True)
            listener.bind(str(path))
            listener.listen()
            threading.Thread(target=_listen, args=(listener, name), daemon=True).start()
        try:
            yield
        finally:
            if is_ours:
                path.unlink(missing_ok=True)


def _is_taken(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


@contextmanager
def _terminal_as_it_was() -> Iterator[None]:
    """A question that is left without an answer leaves no terminal without an echo."""
    before = termios.tcgetattr(sys.stderr)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stderr, termios.TCSANOW, before)


def _listen(listener: socket.socket, name: str) -> None:
    while True:
        try:
            client = listener.accept()[0]
        except OSError:  # closed
            return
        with client, contextlib.suppress(OSError, ValueError, EOFError), client.makefile() as file:
            if line := file.readline():
                _answer(client, name, json.loads(line))


def _answer(client: socket.socket, name: str, asked: dict[str, object]) -> None:
    question = f"{name}: {printable(str(asked['question']).strip())} "
    if asked["is_notice"]:
        with screen():
            click.echo(question, err=True)
        client.recv(1)  # until it is done
        return
    with screen():
        answer = _typed(question) if _SHOWN in question else getpass.getpass(question)
    client.sendall(f"{json.dumps({'answer': answer})}\n".encode())


def _typed(question: str) -> str:
    with open("/dev/tty", encoding="utf-8") as terminal:
        click.echo(question, err=True, nl=False)
        return terminal.readline().rstrip("\n")
