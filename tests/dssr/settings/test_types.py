"""How the text of a variable becomes a value."""

import base64
from collections.abc import Callable
from typing import Any

import pytest

from dssr.settings import types


@pytest.mark.parametrize(
    ("parse", "raw", "value"),
    [
        (types.text, "  a b ", "a b"),
        (types.lines, " a\nb\n", "a\nb"),
        (types.flag, "True", True),
        (types.flag, "1", True),
        (types.flag, "off", False),
        (types.flag, "", False),
        (types.whole(0, 9), " 7 ", 7),
        (types.whole(-5, 5), "-5", -5),
        (types.log_level, "debug", 10),
        (types.log_level, " INFO ", 20),
        (types.log_level, "Critical", 50),
        (types.log_level, "0", 0),
        (types.log_level, "35", 35),
        (types.seconds, "5", 5.0),
        (types.seconds, "1.5m", 90.0),
        (types.seconds, "2H", 7200.0),
        (types.seconds, "7d", 604800.0),
        (types.choice("cli", "http"), "CLI", "cli"),
        (types.comma_list, "a, b,,c ,", ("a", "b", "c")),
        (types.comma_list, "", ()),
        (types.directories, "/a, /b/,", ("/a/", "/b/")),
        (types.directory, "/a/b//", "/a/b/"),
        (types.directory, "", ""),
        (types.directory, "/", "/"),
        (types.encoded, base64.encodebytes(b"geheim").decode(), "geheim"),
        (types.address, "a.b, [::1]:22,10.0.0.1", "a.b,[::1]:22,10.0.0.1"),
        (types.user_and_password, "u:p:q", "u:p:q"),
        (types.domain, " Jobs.Example.org ", "jobs.example.org"),
        (types.domain, "jobs.example.org/job$", "jobs.example.org"),
        (types.domain, "http://jobs.example.org:8080", "http://jobs.example.org:8080"),
        (types.domain, "", ""),
        (types.ip_address, " 127.0.0.1 ", "127.0.0.1"),
        (types.ip_address, "2001:DB8::0001", "2001:db8::1"),
        (types.ip_address, "", ""),
        (types.ports, "20000-29999", "20000-29999"),
        (types.ports, " 1024-1033 ", "1024-1033"),
    ],
)
def test_good_values(parse: Callable[[str], Any], raw: str, value: Any) -> None:
    """Blanks around a value are dropped, and the usual spellings are read."""
    assert parse(raw) == value


@pytest.mark.parametrize(
    ("parse", "raw"),
    [
        (types.text, "a\nb"),
        (types.flag, "ja"),
        (types.whole(0, 9), "10"),
        (types.whole(0, 9), "-1"),
        (types.whole(0, 9), "1.0"),
        (types.whole(0, 9), "9" * 5000),
        (types.whole(0, 9), ""),
        (types.log_level, "51"),
        (types.log_level, "-1"),
        (types.log_level, "loud"),
        (types.seconds, "5 minutes"),
        (types.seconds, "-1"),
        (types.seconds, "nan"),
        (types.choice("cli", "http"), "rest"),
        (types.comma_list, "a\n,b"),
        (types.directory, "a/b"),
        (types.directories, "/a,b"),
        (types.encoded, "not base64!"),
        (types.encoded, base64.b64encode(b"\xff").decode()),
        (types.address, "a;b"),
        (types.address, "a b"),
        (types.address, "login1:99999"),
        (types.address, "[::1]:0"),
        (types.address, "login1:ssh"),
        (types.jumps, "bob@jump:65536"),
        (types.user_and_password, "no-colon"),
        (types.domain, "*.example.org"),
        (types.domain, "ftp://example.org"),
        (types.domain, "a b"),
        (types.ip_address, "nginx"),
        (types.ip_address, "127.0.0.1:80"),
        (types.ip_address, "*"),
        (types.ports, "20000"),
        (types.ports, "1000-2000"),
        (types.ports, "20000-20008"),
        (types.ports, "60000-65536"),
        (types.user_and_password, ":p"),
        (types.user_and_password, "u:"),
    ],
)
def test_bad_values_say_what_would_be_right(parse: Callable[[str], Any], raw: str) -> None:
    """The message about a bad value says what would be right, and continues a sentence that begins
    with the variable's name."""
    with pytest.raises(ValueError, match=r"^(must|holds)"):
        parse(raw)


@pytest.mark.parametrize(
    ("raw", "near"), [("inof", "info"), ("WARN", "warning"), ("debugg", "debug")]
)
def test_a_misspelled_level_names_the_nearest(raw: str, near: str) -> None:
    """The message asks whether the nearest name was meant."""
    with pytest.raises(ValueError, match=f"did you mean '{near}'"):
        types.log_level(raw)


def test_jump_hosts() -> None:
    """Jump hosts are a chain of hosts, each with a user and a port if wanted."""
    assert types.jumps("bob@j1:2222, j2,") == ("bob@j1:2222", "j2")
    for wrong in ("@j1", "bob@", "a@b@c", "a b@c", "j1;j2"):
        with pytest.raises(ValueError, match="holds"):
            types.jumps(wrong)
