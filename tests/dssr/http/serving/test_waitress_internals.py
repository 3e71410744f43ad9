"""The names of waitress that the bridge uses, against the version that is installed."""

import ast
import inspect
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.parser import HTTPRequestParser  # type: ignore[import-untyped]
from waitress.server import create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]
from waitress.utilities import BadRequest  # type: ignore[import-untyped]

from dssr.http.serving import (
    waitress_internals,
    waitress_parking,
    waitress_requests,
    waitress_tasks,
)
from dssr.http.serving.waitress_internals import Connection
from dssr.http.serving.waitress_tasks import Answering

HTTP = Path(inspect.getfile(waitress_internals)).parents[1]
KNOWING = (waitress_internals, waitress_parking, waitress_requests, waitress_tasks)
OVERRIDDEN = {
    HTTPRequestParser: {"received", "parse_header", "close"},
    HTTPChannel: {"service", "task_class", "error_task_class", "parser_class", "write_soon"},
    ErrorTask: {"execute"},
    Connection: {"readable", "handle_read", "handle_write", "handle_close"},
    WSGITask: {"set_close_on_finish"},
    Answering: {"get_environment", "execute", "finish"},
}
# What the bridge's own classes have beside waitress's names.
OWN = {
    "_listening", "_server", "_sockets", "answer", "arrived", "begin", "body", "_limit",
    "lacks_credentials", "refuse", "status", "reason", "headers", "written",
    "_give_up", "_task", "_wake_server", "give_up", "has_unread", "is_parked",
    "on_drained", "on_left", "park", "parked", "reserve", "task", "waited",
    "_is_at_end", "is_half_closed", "on_half_closed", "refuse_first", "hang_up", "_end",
}  # fmt: skip
# What has the name of something else there, on purpose.
ALSO_THERE = {
    "__init__", "adj", "body_rcv", "request", "requests", "chunked_response",
    "give_up", "is_parked", "on_drained", "on_left", "park", "reserve",
}  # fmt: skip
MODULES = {"contextlib", "contextvars", "copy", "socket", "time", "weakref"}
BUILT_IN = {name for kind in (str, list, dict) for name in dir(kind)} | {"__init__"}


@pytest.fixture
def theirs() -> Iterator[list[Any]]:
    """One object of each kind, as waitress makes them."""
    sockets: dict[int, Any] = {}
    server = create_server(lambda *_: [], map=sockets, listen="127.0.0.1:0")
    near, far = socket.socketpair()
    connection = HTTPChannel(server, near, ("127.0.0.1", 1), server.adj, map=sockets)
    request = HTTPRequestParser(server.adj)
    request.received(b"PUT / HTTP/1.1\r\nContent-Length: 9\r\n\r\n")
    tasks = ErrorTask(connection, request), WSGITask(connection, request)
    yield [
        server, connection, request, request.body_rcv, request.body_rcv.getbuf(), *tasks,
        server.adj, server.task_dispatcher, server.trigger, BadRequest(""), near,
    ]  # fmt: skip
    server.task_dispatcher.shutdown()
    for one in list(sockets.values()):
        one.close()
    far.close()


def test_every_name_in_use_exists(theirs: list[Any]) -> None:
    """Each attribute in use is one of the bridge's, a built-in type's, or one that waitress has."""
    known = OWN | BUILT_IN | {name for one in theirs for name in dir(one)}
    used = {
        node.attr
        for module in KNOWING
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.Attribute)
        and not (isinstance(node.value, ast.Name) and node.value.id in MODULES)
    }
    assert used - known == set()
    assert {"requests", "will_close", "task_dispatcher", "maintenance"} < used


def test_what_is_overridden_exists(theirs: list[Any]) -> None:
    """Each method that the bridge overrides exists in waitress."""
    for kind, names in OVERRIDDEN.items():
        assert names <= set(dir(kind))
        [ours] = [c for c in kind.__subclasses__() if c.__module__ in {m.__name__ for m in KNOWING}]
        assert names <= set(vars(ours)) | {"parser_class"}
        ours_alone = set(vars(ours)) - names - {"__doc__", "__module__", "__annotations__"}
        assert ours_alone & set(dir(kind)) <= ALSO_THERE


def test_no_other_module_knows_waitress() -> None:
    """All names of waitress are in the modules that these tests examine."""
    knowing = {
        path.name for path in HTTP.rglob("*.py") if "import waitress" in path.read_text()
        or "from waitress" in path.read_text()
    }  # fmt: skip
    assert knowing == {Path(inspect.getfile(module)).name for module in KNOWING}
