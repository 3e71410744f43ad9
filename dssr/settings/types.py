"""How the text of one environment variable becomes a value.

Each function raises ``ValueError`` that says what would be right ("must be ...").
"""

import base64
import binascii
import difflib
import ipaddress
import re
from collections.abc import Callable

_DURATION = re.compile(r"(\d+(?:\.\d+)?)([smhd]?)")
_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_TRUE = frozenset({"true", "yes", "on", "1"})
_FALSE = frozenset({"false", "no", "off", "0", ""})
_LAST_PORT = 65535
_LABELS = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_DOMAIN = re.compile(rf"((?:https?://)?{_LABELS}(?::\d{{1,5}})?)(?:/\S*)?")
_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}  # of logging
_HIGHEST_LEVEL = 50


def text(value: str) -> str:
    """Any text on one line, blanks around it dropped."""
    value = value.strip()
    if any(c in value for c in "\0\n\r"):
        raise ValueError("must be a single line")
    return value


def lines(value: str) -> str:
    """Any text, of several lines too."""
    return value.strip()


def flag(value: str) -> bool:
    """true or false, in the usual spellings."""
    word = value.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("must be 'true' or 'false'")
    return word in _TRUE


def whole(low: int, high: int) -> Callable[[str], int]:
    """A whole number from ``low`` to ``high``."""

    def parse(value: str) -> int:
        digits = value.strip()
        if not re.fullmatch(r"-?\d{1,18}", digits) or not low <= int(digits) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(digits)

    return parse


def log_level(value: str) -> int:
    """A level of Python's logging, as its name or as its number."""
    word = value.strip().lower()
    if word in _LEVELS:
        return _LEVELS[word]
    if re.fullmatch(r"\d{1,2}", word) and int(word) <= _HIGHEST_LEVEL:
        return int(word)
    near = difflib.get_close_matches(word, _LEVELS, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    names = ", ".join(_LEVELS)
    raise ValueError(f"must be one of {names}, or a number from 0 to {_HIGHEST_LEVEL}{hint}")


def seconds(value: str) -> float:
    """A duration: seconds, or a number with s, m, h or d behind it."""
    match = _DURATION.fullmatch(value.strip().lower())
    if not match:
        raise ValueError("must be a duration such as 5, 5s, 15m, 12h or 7d")
    return float(match[1]) * _UNIT[match[2]]


def domain(value: str) -> str:
    """A domain, with ``http://`` or a port where these are not the usual ones. A path behind it is
    dropped: addresses differ by their host names."""
    found = _DOMAIN.fullmatch(value.strip().lower())
    if value.strip() and not found:
        raise ValueError("must be a domain such as jobs.example.org or http://jobs.example.org:80")
    return found[1] if found else ""


def ports(value: str) -> str:
    """A range of ports above those for root only: at least ten, since a job needs two."""
    low, _, high = value.strip().partition("-")
    if not (
        low.isdigit() and high.isdigit() and 1024 <= int(low) <= int(high) - 9 <= _LAST_PORT - 9
    ):
        raise ValueError("must be a range of ten ports or more, such as 20000-29999")
    return f"{int(low)}-{int(high)}"


def choice(*words: str) -> Callable[[str], str]:
    """One of these words."""

    def parse(value: str) -> str:
        word = value.strip().lower()
        if word not in words:
            raise ValueError("must be " + " or ".join(repr(w) for w in words))
        return word

    return parse


def comma_list(value: str) -> tuple[str, ...]:
    """Words with commas between; empty ones are left out."""
    return tuple(word for part in text(value).split(",") if (word := part.strip()))


def directory(value: str) -> str:
    """A directory that ends in '/', or an empty string.

    Job scripts write ``$JARVICE_JOB_SCRATCH_DIR.jarvice``.
    """
    path = text(value)
    if path and not path.startswith("/"):
        raise ValueError("must be an absolute path (or empty for the user's home directory)")
    return path.rstrip("/") + "/" if path else ""


def directories(value: str) -> tuple[str, ...]:
    """Absolute paths with commas between."""
    return tuple(directory(word) for word in comma_list(value))


def encoded(value: str) -> str:
    """Base64 of UTF-8 text; the value is the text itself."""
    try:
        return base64.b64decode("".join(value.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("must be base64 of UTF-8 text") from error


def address(value: str) -> str:
    """A host name or IP address, or several with commas between, ``host:port`` allowed."""
    hosts = comma_list(value)
    for host in hosts:
        if not re.fullmatch(r"[A-Za-z0-9._:\[\]-]+", host):
            raise ValueError(f"holds {host!r}, which is no host name or address")
        name, port = host_and_port(host)
        if ":" in name and not _is_ipv6(name):
            raise ValueError(
                f"holds {host!r}, which is neither 'host', 'host:port' nor an IPv6 address"
            )
        if port is not None and not 1 <= port <= _LAST_PORT:
            raise ValueError(f"holds {host!r}, whose port is not from 1 to {_LAST_PORT}")
    return ",".join(hosts)


def ip_address(value: str) -> str:
    """One IP address, or nothing."""
    text = value.strip()
    try:
        return str(ipaddress.ip_address(text)) if text else ""
    except ValueError:
        raise ValueError("must be an IP address such as 127.0.0.1") from None


def host_and_port(address: str) -> tuple[str, int | None]:
    """The host and the port of an address; ``None`` where it has no port.

    It is ``login``, ``login:2222``, ``198.51.100.1:2222``, ``2001:db8::1`` or
    ``[2001:db8::1]:2222``.
    """
    match = re.fullmatch(r"(?:\[(.+)\]|([^:]+))(?::(\d{1,9}))?", address)
    if not match:
        return address, None  # an IPv6 address without a port
    return match[1] or match[2], int(match[3]) if match[3] else None


def _is_ipv6(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).version == 6
    except ValueError:
        return False


def jumps(value: str) -> tuple[str, ...]:
    """Hosts with commas between, ``user@host:port`` each; user and port may be left out."""
    hops = comma_list(value)
    for hop in hops:
        user, at, host = hop.rpartition("@")
        if (at and not user) or re.search(r"[\s@]", user) or not host or address(host) != host:
            raise ValueError(f"holds {hop!r}, which is not 'user@host:port'")
    return hops


def user_and_password(value: str) -> str:
    """``user:password``, neither of them empty."""
    user, colon, password = text(value).partition(":")
    if not (user and colon and password):
        raise ValueError("must be 'user:password'")
    return f"{user}:{password}"
