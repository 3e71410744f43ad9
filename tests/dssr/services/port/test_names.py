"""The host that a connection asks for."""

import time

import pytest

from dssr.services.front.heads import LONGEST
from dssr.services.port.names import host_of, label_of

FIRST = b"GET / HTTP/1.1\r\n"


@pytest.mark.parametrize(
    ("data", "host"),
    [
        (FIRST + b"Host: demo.localhost\r\n\r\n", "demo.localhost"),
        (FIRST + b"A: b\r\nhOST:\tDEMO.localhost:5010 \r\n", "demo.localhost"),
        (FIRST + b"Host: [::1]:5010\r\n\r\n", "[::1]"),
        (FIRST + b"Host: a b\r\n\r\n", ""),
        (FIRST + b"A: b\r\n\r\n", ""),
        (FIRST + b"A: b\r\n\r\nHost: demo.localhost\r\n\r\n", ""),
        (b"\x16\x03\x01" + b"\0" * LONGEST, ""),
    ],
)  # fmt: skip
def test_the_host_of_a_request(data: bytes, host: str) -> None:
    """The host is the field's value in lower case, without its port; a body is not looked at."""
    assert host_of(data) == host


def test_blanks_cost_no_more_than_letters() -> None:
    """A field full of blanks is searched within a moment: this happens before any token."""
    blanks = FIRST + b"Host: " + b" " * LONGEST
    began = time.process_time()
    for _ in range(10):
        assert host_of(blanks) == ""
    assert time.process_time() - began < 1


@pytest.mark.parametrize("data", [b"", FIRST, FIRST + b"Host: demo.loc", FIRST + b"A: b\r\n"])
def test_a_head_that_is_not_complete(data: bytes) -> None:
    """While the head may still name a host, there is no answer."""
    assert host_of(data) is None


@pytest.mark.parametrize(
    ("host", "label"),
    [
        ("demo.localhost", "demo"),
        ("demo.jobs.example.org", "demo"),
        ("localhost", ""),
        ("a.demo.localhost", ""),
        ("demo.example.org", ""),
        ("..localhost", ""),
        ("_port.localhost", ""),
        ("127.0.0.1", ""),
        ("", ""),
    ],
)
def test_the_name_before_a_domain(host: str, label: str) -> None:
    """Only one label before one of the domains is a name, so no name leads out of the folder."""
    assert label_of(host, ("localhost", "jobs.example.org")) == label
