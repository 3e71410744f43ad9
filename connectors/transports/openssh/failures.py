"""What ssh says when it does not connect, as errors that say what to do. Pure."""

import re
from collections.abc import Callable, Sequence

from connectors.transports.backoff import ClosedDuringLogin
from connectors.transports.host_keys import SETTING
from dssr.errors import ConnectFailed, HostKeyChanged, HostKeyRefused, LoginRefused, TransportError

_MISMATCH_PAUSE = 60  # seconds until a host with a wrong key is looked at again
_MAX_WORDS = 300  # characters of ssh's own words in an error
# How ssh ends when it has not come as far as a host that speaks SSH.
_UNREACHED = re.compile(r"^ssh: (connect to host|Could not resolve hostname)", re.MULTILINE)
_NOISE = re.compile(r"^(@+|Pseudo-terminal will not|Warning: Permanently added)")
SESSION_REFUSED = "Session open refused by peer"


def failure(said: str, name: str) -> TransportError:
    """The error for what ssh has said. ``name``: the login, as errors name it."""
    for pattern, error in _RULES:
        if found := re.search(pattern, said, re.MULTILINE):
            return error(found, said, name)
    return ConnectFailed(f"ssh does not connect to {name}: {last_words(said)}.")


def has_reached_a_host(said: str) -> bool:
    """Whether some host has answered as SSH, so that this was a handshake."""
    return _UNREACHED.search(said) is None


def is_session_refused(said: str) -> bool:
    """Whether sshd has refused one more session of the connection."""
    return SESSION_REFUSED in said


def is_prohibited(said: str) -> bool:
    """Whether the host forwards no connections to where one was asked for."""
    return "administratively prohibited" in said


def last_words(said: str) -> str:
    """The end of what ssh has said, as one short line without control characters."""
    lines = [line.strip() for line in said.splitlines()]
    text = "; ".join(line for line in lines if line and not _NOISE.match(line)) or "it said nothing"
    return "".join(c if c.isprintable() else "?" for c in text)[-_MAX_WORDS:].rstrip(".")


_Error = Callable[[re.Match[str], str, str], TransportError]


def _changed(found: re.Match[str], said: str, name: str) -> TransportError:
    fingerprint = re.search(r"SHA256:[\w+/]+", said)
    host = re.search(r"^Host key for (\S+) has changed", said, re.MULTILINE)
    line = re.search(r"^Offending .*key in (.*):\d+$", said, re.MULTILINE)
    remove = re.search(r"ssh-keygen.*", said)
    cure = f"remove the old key ({remove[0] if remove else 'ssh-keygen -R HOST'}) and add the new"
    if line is not None and line[1] == SETTING:
        cure = f"put its key into {SETTING} and start the bridge again"
    return HostKeyChanged(
        f"{host[1] if host else name} presents another host key "
        f"({fingerprint[0] if fingerprint else 'not shown'}) than is trusted"
        f"{f' ({line[1]})' if line else ''}. Another machine may be in between, or the host was "
        "reinstalled: nothing was sent to it, and all work stops. Ask its administrator; if it is "
        f"the right one, {cure}.",
        _MISMATCH_PAUSE,
    )


def _revoked(found: re.Match[str], said: str, name: str) -> TransportError:
    return HostKeyChanged(
        f"{found[1]} presents a host key that is marked as revoked: nothing was sent to it. Its "
        "administrator must give it another.",
        _MISMATCH_PAUSE,
    )


def _unknown(found: re.Match[str], said: str, name: str) -> TransportError:
    host = re.search(r"^No \S+ host key is known for (\S+) and", said, re.MULTILINE)
    return HostKeyRefused(
        f"No trusted host key is known for {host[1] if host else name} or for a host on the way, "
        "so nothing was sent to it. Log in once by hand with `ssh` as the same user of this "
        "machine, and compare the fingerprint that it shows with what the host's administrator "
        "says; or add its line to the file of known hosts."
    )


def _no_algorithm(found: re.Match[str], said: str, name: str) -> TransportError:
    return HostKeyRefused(
        f"{found[1]} port {found[2]} and ssh have no algorithm in common ({found[3]}). No login "
        "was tried: HostKeyAlgorithms, KexAlgorithms and Ciphers of ssh_config(5) add one."
    )


def _refused(found: re.Match[str], said: str, name: str) -> TransportError:
    return LoginRefused(
        f"{name} cannot log in: {last_words(found[0])}. Check the user, and that the host knows "
        "the key, the certificate or the ticket that ssh uses (`ssh -v` shows what it tries). A "
        "password or a second factor is asked for on a terminal only. The next try is made only "
        "after a pause, since hosts ban clients that keep failing."
    )


def _unreachable(found: re.Match[str], said: str, name: str) -> TransportError:
    return ConnectFailed(
        f"Cannot connect to {found[1]} port {found[2]}: {found[3].strip()}. Check the address of "
        f"{name} and its jump hosts, and the network."
    )


def _unresolved(found: re.Match[str], said: str, name: str) -> TransportError:
    return ConnectFailed(
        f"The host name {found[1]} is not known here: {found[2].strip()}. Check it, or give it a "
        "HostName in ssh's configuration."
    )


def _no_way(found: re.Match[str], said: str, name: str) -> TransportError:
    reason = f"it cannot connect there itself ({found[1].strip()})"
    if is_prohibited(said):
        reason = (
            "it forwards no connections there; check AllowTcpForwarding and PermitOpen in its "
            "sshd_config"
        )
    return ConnectFailed(f"No way from the jump host to {name}: {reason}.")


def _closed(found: re.Match[str], said: str, name: str) -> TransportError:
    return ClosedDuringLogin(
        f"{name}: the host ended the connection during the login ({last_words(found[0])})."
    )


def _silent(found: re.Match[str], said: str, name: str) -> TransportError:
    return ConnectFailed(
        f"{name}: the host takes connections, but SSH with it fails: {last_words(said)} (has it "
        "reached its MaxStartups?)."
    )


def _silent_way(found: re.Match[str], said: str, name: str) -> TransportError:
    return ConnectFailed(
        f"{name}: no answer as SSH comes over its jump host or ProxyCommand ({last_words(said)}). "
        "`ssh -v` shows what its command says."
    )


def _misconfigured(found: re.Match[str], said: str, name: str) -> TransportError:
    return ConnectFailed(
        f"ssh cannot use its configuration for {name}: {last_words(said)}. `ssh -G` shows the same."
    )


# The first that fits: what happened at a host comes before what its end has caused elsewhere.
_RULES: Sequence[tuple[str, _Error]] = (
    (
        r"[Bb]ad configuration option|bad configuration options|Can't open user config",
        _misconfigured,
    ),
    (r"host key for (\S+) is marked as revoked", _revoked),
    (r"REMOTE HOST IDENTIFICATION HAS CHANGED", _changed),
    (r"^Host key verification failed", _unknown),
    (r"^Unable to negotiate with (\S+) port (\d+): (no matching [\w ]+)", _no_algorithm),
    (r"^.*(?:Permission denied \(|Too many authentication failures).*$", _refused),
    (r"^ssh: connect to host (\S+) port (\d+): (.*)$", _unreachable),
    (r"^ssh: Could not resolve hostname (\S+): (.*)$", _unresolved),
    (r"^channel \d+: open failed: (.*)$", _no_way),
    (r"UNKNOWN port 65535", _silent_way),
    (r"kex_exchange_identification|banner exchange|timed out", _silent),
    (r"^(?:Connection (?:closed|reset) by|Received disconnect from).*$", _closed),
)
