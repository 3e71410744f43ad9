"""Files of known hosts, read as ssh-keygen reads them."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.transports.host_keys import Host, Known
from connectors.transports.known_hosts import KnownHosts, known_hosts_line
from dssr.seams import HostKeyState
from tests.connectors.transports.ssh.impostor import made

ED25519, ECDSA, RSA = (made(kind) for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"))
LOGIN = Host("login.example.org", 22)
STATES = HostKeyState


def known(text: str, host: Host = LOGIN) -> Known:
    """What a file with this text says about a host."""
    return KnownHosts.read(text).of(host)


def found_by_ssh(text: str, host: Host, directory: Path) -> bool:
    """Whether OpenSSH finds the host in such a file."""
    (directory / "file").write_text(text)
    words = ["ssh-keygen", "-F", host.pattern, "-f", str(directory / "file")]
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("hosts", "host", "is_about"),
    [
        ("login.example.org", LOGIN, True),
        ("LOGIN.example.org", LOGIN, True),
        ("login.example.org", Host("LOGIN.Example.org", 22), True),
        ("login", LOGIN, False),
        ("other,login.example.org,198.51.100.7", LOGIN, True),
        ("*.example.org", LOGIN, True),
        ("l?gin.example.org", LOGIN, True),
        ("logi?.*", LOGIN, True),
        ("login?.example.org", LOGIN, False),
        ("*", LOGIN, True),
        ("*.example.org,!login.example.org", LOGIN, False),
        ("!login.example.org,*.example.org", LOGIN, False),
        ("!*.example.com,*.example.org", LOGIN, True),
        ("!other.example.org", LOGIN, False),
        ("[login.example.org]:2222", Host("login.example.org", 2222), True),
        ("[login.example.org]:2222", LOGIN, False),
        ("login.example.org", Host("login.example.org", 2222), False),
        ("[login.example.org]:22", LOGIN, False),
        ("[*.example.org]:2222", Host("login.example.org", 2222), True),
        ("[login]:2222", Host("l", 2222), False),
        ("2001:db8::1", Host("[2001:db8::1]", 22), True),
        ("[2001:db8::1]:2222", Host("2001:db8::1", 2222), True),
    ],
)
def test_whom_a_line_is_about(hosts: str, host: Host, is_about: bool, tmp_path: Path) -> None:
    """Names, patterns, exclusions and ports have the meaning that OpenSSH gives them."""
    text = f"{hosts} {ED25519.text} a comment\n"
    assert (known(text, host).state(ED25519) is STATES.TRUSTED) == is_about
    assert found_by_ssh(text, host, tmp_path) == is_about


def test_hashed_names(tmp_path: Path) -> None:
    """Names that ssh-keygen -H has hashed are found, with and without a port."""
    other = Host("login.example.org", 2222)
    file = tmp_path / "known_hosts"
    file.write_text(known_hosts_line(LOGIN, ED25519) + known_hosts_line(other, RSA))
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", file], check=True, capture_output=True)
    text = file.read_text()
    assert text.count("|1|") == 2
    assert known(text).keys == (ED25519.text,)
    assert known(text, other).keys == (RSA.text,)
    assert known(text, Host("login", 22)) == Known()
    assert known(f"|1|not base64|no {ED25519.text}") == known(f"|1|AAAA {ED25519.text}") == Known()


def test_several_keys() -> None:
    """A host may have several keys, and their types are in the file's order."""
    second = made("ssh-ed25519", 2)
    text = (
        f"login.example.org {RSA.text}\n* {ED25519.text}\n\n# {ECDSA.text}\nlogin.* {second.text}\n"
    )
    assert known(text).keys == (RSA.text, ED25519.text, second.text)
    assert known(text).kinds == ("ssh-rsa", "ssh-ed25519")
    assert known(text).state(second) is STATES.TRUSTED
    assert known(text).state(ECDSA) is STATES.CHANGED
    assert known(text, Host("other", 22)).keys == (ED25519.text,)


def test_a_revoked_key() -> None:
    """A revoked key is not trusted, in any order of the lines; for other hosts it may be."""
    lines = [
        f"login.example.org {ED25519.text}\n",
        f"@revoked *.example.org {ED25519.text}\n",
        f"login.example.org {RSA.text}\n",
    ]
    for text in ("".join(lines), "".join(reversed(lines))):
        assert known(text).state(ED25519) is STATES.REVOKED
        assert known(text).state(RSA) is STATES.TRUSTED
    assert known(lines[1]).state(RSA) is STATES.UNKNOWN
    assert (
        known(f"{lines[1]}other {ED25519.text}", Host("other", 22)).state(ED25519) is STATES.TRUSTED
    )


def test_an_authority_is_no_host_key() -> None:
    """The key of a certificate authority is not a trusted host key."""
    hosts = KnownHosts.read(f"@cert-authority *.example.org {ED25519.text}\n")
    assert hosts.of(LOGIN) == Known()
    assert hosts.has_authority_for(LOGIN)
    assert not hosts.has_authority_for(Host("other", 22))


@pytest.mark.parametrize(
    "broken",
    [
        "login.example.org",
        "login.example.org ssh-ed25519",
        "login.example.org ssh-ed25519 AAAA",
        f"login.example.org ssh-rsa {ED25519.text.split()[1]}",
        f"login.example.org {ED25519.text[:-9]}ä",
        f"@unknown login.example.org {ED25519.text}",
        f"@revoked @revoked login.example.org {ED25519.text}",
        "@revoked",
        f"login.example.org 1024 35 {'1' * 40}",
    ],
    ids=lambda line: line[:30],
)
def test_broken_lines(broken: str) -> None:
    """Unreadable lines are reported by number and have no effect; the others are used."""
    hosts = KnownHosts.read(f"# a comment\n{broken}\nlogin.example.org {RSA.text}\n")
    assert hosts.broken == (2,)
    assert hosts.of(LOGIN).keys == (RSA.text,)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    """Any text is read, and only keys that it contains are trusted."""
    assert known(text).state(ED25519) in (STATES.UNKNOWN, STATES.CHANGED)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """A line that was written is read again, by OpenSSH too."""
    for host in (LOGIN, Host("Login", 2222), Host("[2001:db8::1]", 22), Host("2001:db8::1", 2222)):
        text = known_hosts_line(host, ED25519)
        assert known(text, host).state(ED25519) is STATES.TRUSTED
        assert found_by_ssh(text, host, tmp_path)
