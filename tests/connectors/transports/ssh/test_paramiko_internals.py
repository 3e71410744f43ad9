"""The undocumented attributes of paramiko that the transport relies on."""

import ast
import inspect
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest

from connectors.transports import ssh
from connectors.transports.ssh import paramiko_internals

PACKAGE = Path(ssh.__file__).parent
TYPES = {"paramiko.Transport": paramiko.Transport, "paramiko.Channel": paramiko.Channel}
# How the package's modules name what they have of paramiko; the first two by annotation.
NAMES = {
    "client": paramiko.Transport,
    "channel": paramiko.Channel,
    "self._client": paramiko.Transport,
    "self._channel": paramiko.Channel,
}


def used_in(path: Path) -> set[tuple[type, str]]:
    """The attributes of paramiko's objects that a module uses."""
    return {
        (NAMES[owner], node.attr)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and (owner := ast.unparse(node.value)) in NAMES
    }


def is_documented(owner: type, name: str) -> bool:
    """Whether paramiko documents the attribute as a method of the class."""
    return bool(inspect.getdoc(getattr(owner, name, None))) and name[0] != "_"


@pytest.fixture
def examples() -> Iterator[dict[type, object]]:
    """An object of each class, as the installed version makes it."""
    near, far = socket.socketpair()
    client = paramiko.Transport(near)
    yield {paramiko.Transport: client, paramiko.Channel: paramiko.Channel(1)}
    client.close()
    far.close()


def test_every_undocumented_attribute_in_use_exists(examples: dict[type, object]) -> None:
    """The installed version of paramiko has each attribute that the module reads or sets."""
    used = used_in(Path(paramiko_internals.__file__))
    assert len(used) >= 8
    assert {(owner, name) for owner, name in used if not hasattr(examples[owner], name)} == set()


def test_every_patched_module_reads_the_clock_that_is_replaced() -> None:
    """paramiko's modules use ``time.time`` and ``time.sleep`` and nothing else of ``time``."""
    for module in paramiko_internals.PATCHED:
        tree = ast.parse(inspect.getsource(module))
        used = {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "time"
        }
        assert used
        assert used <= set(vars(module.time))


def test_other_modules_use_documented_attributes_alone() -> None:
    """Outside of that module, the package uses documented methods of paramiko's classes."""
    found = {
        (path.name, name)
        for path in PACKAGE.glob("*.py")
        if path.name != "paramiko_internals.py"
        for owner, name in used_in(path)
        if not is_documented(owner, name)
    }
    assert found == set()


def test_the_check_sees_what_the_modules_use() -> None:
    """The names by which the modules call paramiko's objects are those that the check knows."""
    assert (paramiko.Channel, "exec_command") in used_in(PACKAGE / "connection.py")
    assert (paramiko.Channel, "recv_ready") in used_in(PACKAGE / "channel_stream.py")
    assert (paramiko.Transport, "start_client") in used_in(PACKAGE / "handshake.py")
    for path in PACKAGE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.arg) and node.annotation is not None:
                owner = TYPES.get(ast.unparse(node.annotation))
                assert owner is None or NAMES[node.arg] is owner, f"{path.name}: {node.arg}"


def test_data_on_either_stream_sets_the_arrival_event(examples: dict[type, object]) -> None:
    """The event is set by stdout, by stderr and by the channel's end; an empty stream leaves it."""
    channel = paramiko.Channel(1)
    arrival = paramiko_internals.watch_arrivals(channel)
    for feed in (channel.in_buffer.feed, channel.in_stderr_buffer.feed):
        arrival.reset()
        feed(b"x")
        assert arrival.is_set()
    channel.in_buffer.read(1)
    assert arrival.is_set()
    arrival.reset()
    channel.in_buffer.close()
    assert arrival.is_set()


def test_a_request_is_waited_for_until_its_deadline() -> None:
    """An event that is not set raises ``TimeoutError``, however long it is asked to wait."""
    channel = paramiko.Channel(1)
    paramiko_internals.limit_request(channel, time.monotonic() + 0.2)
    with pytest.raises(TimeoutError):
        channel.event.wait(threading.TIMEOUT_MAX)
    channel.event.set()
    assert channel.event.wait()


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (paramiko.AuthenticationException("Authentication failed."), "refused"),
        (paramiko.AuthenticationException("Authentication timeout."), "refused timeout"),
        (paramiko.AuthenticationException("Authentication failed: EOF"), ""),
        (paramiko.SSHException("Signature verification (ssh-ed25519) failed."), "unproven"),
        (paramiko.SSHException("Error reading SSH protocol banner"), "no-greeting"),
        (TimeoutError("x"), "timeout"),
        (EOFError(), ""),
    ],
    ids=repr,
)
def test_errors_are_told_apart_by_their_words(error: Exception, expected: str) -> None:
    """paramiko raises one type for several causes; its messages make the difference."""
    found = {
        "refused": paramiko_internals.is_refused_login(error),
        "timeout": paramiko_internals.is_timeout(error),
        "unproven": paramiko_internals.is_unproven_key(error),
        "no-greeting": paramiko_internals.is_no_greeting(error),
    }
    assert {name for name, is_so in found.items() if is_so} == set(expected.split())
