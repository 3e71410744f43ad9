"""The way to the login node: its name, its port, its host key."""

import socket
import time
from collections.abc import Callable, Iterator, Sequence

from connectors.shared.checks import export, failure, ok, skipped, warning
from connectors.slurm import ssh_program
from connectors.slurm.examination.site import Site
from connectors.slurm.settings import SlurmSettings
from dssr.errors import HostKeyRefused, TransportError
from dssr.seams import Finding, HostKeyState, PresentedKey, PresentingHost, PresentsHostKeys, Status
from dssr.settings.types import host_and_port

WITHOUT_SSH = "Slurm's commands run on this machine, without SSH."
_ADDRESS = "JARVICE_SLURM_CLUSTER_ADDR"
_HOST_KEY = "JARVICE_SLURM_SSH_HOST_KEY"
_CONNECT = 5.0  # seconds
_SSH_PORT = 22

Hop = tuple[str, int]


def first_hops(settings: SlurmSettings) -> Sequence[Hop]:
    """The hosts that this machine itself connects to: the first jump host, or the login nodes.
    Raises ``ConnectFailed`` where the ``ssh`` program cannot say."""
    jumps = [jump.rpartition("@")[2] for jump in settings.ssh_jump[:1]]
    addresses = jumps or settings.cluster_address.split(",")
    default = _SSH_PORT if jumps else settings.cluster_port
    if settings.uses_openssh:
        chosen = 0 if default == _SSH_PORT else default  # ssh's configuration has the port else
        return list(filter(None, (ssh_program.first_hop(a, chosen) for a in addresses)))
    places = (host_and_port(address) for address in addresses)
    return [(host, port or default) for host, port in places]


def name_resolution(site: Site) -> Finding:
    """Whether the names of the hosts have addresses."""
    if site.settings.on_login_node:
        return skipped(WITHOUT_SSH)
    return _of_each(site, _resolve, "Correct the name, or use the address.")


def tcp(site: Site) -> Finding:
    """Whether the hosts take connections."""
    if site.settings.on_login_node:
        return skipped(WITHOUT_SSH)
    cure = "Check the port, firewalls and VPN between this machine and the host."
    return _of_each(site, _connect, cure)


def host_key(site: Site) -> Finding:
    """Whether each host presents a trusted key."""
    if site.settings.on_login_node:
        return skipped(WITHOUT_SSH)
    return _by_login(site) if site.settings.uses_openssh else _by_keys(site)


def _by_login(site: Site) -> Finding:
    """The ``ssh`` program alone knows all that it trusts, such as certificates: so a login says
    whether it trusts the host."""
    try:
        site.run("true")
    except HostKeyRefused as error:
        shown = _by_keys(site)
        is_the_same = shown.status is Status.FAILURE and shown.cure
        return shown if is_the_same else failure(error.message, setting=_HOST_KEY)
    except TransportError:
        return ok("The host's key was not refused; the check of the login says more.")
    return ok("The ssh program trusts the host.")


def _by_keys(site: Site) -> Finding:
    """What the hosts present says whether they are trusted."""
    transport = site.transport
    hosts = transport.host_keys() if isinstance(transport, PresentsHostKeys) else ()
    seen = [host for host in hosts if not host.problem]
    if wrong := [host for host in seen if not _is_trusted(host)]:
        return _untrusted(site.settings, seen, wrong)
    keys = ", ".join(f"{host.name} {_best(host).fingerprint}" for host in seen)
    if problems := [f"{host.name}: {host.problem}" for host in hosts if host.problem]:
        verdict = warning if seen else failure
        return verdict(" ".join([*problems, f"Trusted: {keys}." if seen else ""]).strip())
    return ok(f"Trusted: {keys}.")


def _of_each(site: Site, look: Callable[[Hop], str], cure: str) -> Finding:
    """What ``look`` says of each host. One login node that works is enough for jobs."""
    setting = "JARVICE_SLURM_SSH_JUMP" if site.settings.ssh_jump else _ADDRESS
    good, bad = [], []
    for hop in first_hops(site.settings):
        try:
            good.append(look(hop))
        except (OSError, UnicodeError) as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else _words(error)
            bad.append(f"{hop[0]} port {hop[1]}: {reason}")
    if not (good or bad):
        return skipped("A command in ssh's configuration leads to the login node.")
    if not bad:
        return ok(f"{'; '.join(good)}.")
    verdict = warning if good else failure
    return verdict(f"{'; '.join([*bad, *good])}.", cure, setting)


def _words(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)


def _resolve(hop: Hop) -> str:
    found = socket.getaddrinfo(hop[0].strip("[]"), hop[1], 0, socket.SOCK_STREAM)
    addresses = ", ".join(dict.fromkeys(str(entry[4][0]) for entry in found))
    return f"{hop[0]} is {'an address' if addresses == hop[0] else addresses}"


def _connect(hop: Hop) -> str:
    began = time.monotonic()
    socket.create_connection((hop[0].strip("[]"), hop[1]), _CONNECT).close()
    return f"{hop[0]} port {hop[1]} answers after {(time.monotonic() - began) * 1000:.1f} ms"


def _is_trusted(host: PresentingHost) -> bool:
    return any(key.state is HostKeyState.TRUSTED for key in host.keys)


def _best(host: PresentingHost) -> PresentedKey:
    order = (HostKeyState.TRUSTED, HostKeyState.UNKNOWN, HostKeyState.CHANGED, HostKeyState.REVOKED)
    return min(host.keys, key=lambda key: order.index(key.state))


def _untrusted(
    settings: SlurmSettings, hosts: Sequence[PresentingHost], wrong: Sequence[PresentingHost]
) -> Finding:
    keys = "; ".join(f"{host.name} presents {_best(host).fingerprint}" for host in wrong)
    if revoked := [host.name for host in wrong if _best(host).state is HostKeyState.REVOKED]:
        return failure(
            f"{keys}. The key of {', '.join(revoked)} is revoked, so nothing is sent there.",
            "Do not trust it: ask the administrator for the host's new key.",
            _HOST_KEY,
        )
    is_new = all(key.state is HostKeyState.UNKNOWN for host in wrong for key in host.keys)
    if is_new and settings.host_keys_learnt_in:
        return warning(
            f"{keys}: the bridge will trust that and write it to {settings.host_keys_learnt_in}.",
            "Compare the fingerprint with the administrator's before the first start.",
        )
    what = "No key of it is known" if is_new else "ANOTHER KEY THAN THE TRUSTED ONE"
    return failure(f"{keys}. {what}, so nothing is sent there.", _trust(settings, hosts), _HOST_KEY)


def _trust(settings: SlurmSettings, hosts: Sequence[PresentingHost]) -> str:
    compare = (
        "Compare the fingerprint with what the host's administrator gets there from:\n"
        "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub\n"
        "A key that changed without a reason is an attack. If the fingerprints agree:\n"
    )
    file = settings.ssh_known_hosts or (
        "~/.ssh/known_hosts" if settings.uses_openssh and not settings.ssh_host_key else ""
    )
    if not file:
        keys = dict.fromkeys(_best(host).text for host in hosts)
        return compare + export(_HOST_KEY, ",".join(keys))
    wrong = [host for host in hosts if not _is_trusted(host)]
    return compare + "\n".join(line for host in wrong for line in _replaced(host, file))


def _replaced(host: PresentingHost, file: str) -> Iterator[str]:
    """The commands that put the host's key into a file of known hosts."""
    if any(key.state is HostKeyState.CHANGED for key in host.keys):
        yield f"ssh-keygen -R '{host.pattern}' -f {file}"
    yield f"echo '{host.pattern} {_best(host).text}' >>{file}"
