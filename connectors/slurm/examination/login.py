"""The login: whether it works, how fast, and what the login node allows on its connection."""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

from connectors.shared.checks import failure, ok, skipped, warning
from connectors.slurm.examination.network import WITHOUT_SSH
from connectors.slurm.examination.site import Site
from connectors.slurm.words.examination.overlap import interval, most_at_once
from connectors.transports import keys
from connectors.transports.forwards import ProbesForwards
from dssr.errors import DssrError, LoginRefused, TransportError
from dssr.seams import Finding

_TRIPS = 5
_SLOW = 0.5  # seconds
_SESSIONS = 8  # as many as the bridge uses at most; sshd allows 10 by default
_FEW = 4
_HELD = "date +%s.%N; sleep 0.5; date +%s.%N"
_SSH_PORT = 22
_TIMEOUT = 10.0  # seconds


def login(site: Site) -> Finding:
    """Whether the service user can log in and run a command."""
    try:
        done = site.run("/bin/sh", "-c", 'echo "$(id -un) on $(uname -n)"', "sh")
    except LoginRefused as error:
        return failure(error.message, _admission(site), "JARVICE_SLURM_SSH_PKEY")
    except TransportError as error:
        return failure(error.message, setting="JARVICE_SLURM_SSH_USER")
    return ok(f"{done.stdout.decode('utf-8', 'replace').strip()}.")


def round_trip(site: Site) -> Finding:
    """How long a command takes that does nothing."""
    took = statistics.median(_trip(site) for _ in range(_TRIPS))
    detail = f"A command takes {took * 1000:.1f} ms."
    if took < _SLOW:
        return ok(detail)
    return warning(
        detail,
        "Run the bridge nearer to the cluster, or name a login node that is less busy.",
        "JARVICE_SLURM_CLUSTER_ADDR",
    )


def sessions(site: Site) -> Finding:
    """How many sessions the login node allows at once on one connection."""
    if site.settings.on_login_node:
        return skipped(WITHOUT_SSH)
    with ThreadPoolExecutor(_SESSIONS) as pool:
        held = list(pool.map(lambda _: _hold(site), range(_SESSIONS)))
    most = most_at_once([times for times in held if times is not None])
    if most >= _FEW:
        return ok(f"{most} commands ran at once on one connection.")
    return warning(
        f"Only {most} of {_SESSIONS} commands ran at once on one connection, so calls wait for "
        "each other.",
        "Have the administrator allow more sessions in the login node's sshd_config:\n"
        "MaxSessions 10",
    )


def forwarding(site: Site) -> Finding:
    """Whether the login node forwards connections, which addresses of services need."""
    if site.settings.on_login_node:
        return skipped(WITHOUT_SSH)
    if not isinstance(site.transport, ProbesForwards):
        return skipped("This SSH client cannot try it.")
    refused = site.transport.probe_forward("127.0.0.1", _SSH_PORT, _TIMEOUT)
    if not refused:
        return ok("The login node forwards connections.")
    return warning(
        f"The login node forwards no connection ({refused}): jobs run, but no service of a job "
        "can be reached.",
        "Have the administrator allow it in the login node's sshd_config:\n"
        f"Match User {site.user}\n    AllowTcpForwarding yes",
    )


def _admission(site: Site) -> str:
    """The line that lets the key in."""
    settings = site.settings
    try:
        public = keys.private_key(settings.ssh_key, settings.ssh_key_passphrase).public
    except DssrError:
        return ""
    return (
        f"If {site.user} is the right user, have this run on the login node as {site.user}:\n"
        f"mkdir -p -m 700 ~/.ssh && echo '{public}' >>~/.ssh/authorized_keys && "
        "chmod 600 ~/.ssh/authorized_keys"
    )


def _trip(site: Site) -> float:
    began = time.monotonic()
    site.run("true")
    return time.monotonic() - began


def _hold(site: Site) -> tuple[float, float] | None:
    done = site.run("/bin/sh", "-c", _HELD, "sh", timeout=_SESSIONS * 2.0)
    return interval(done.stdout.decode("utf-8", "replace"))
