"""The host keys of real login nodes, and how they compare with those that ssh trusts."""

from pathlib import Path

import pytest

from connectors.transports.openssh import Hop, HostKeys, Target
from dssr.seams import HostKeyState, PresentingHost
from tests.cluster import Cluster
from tests.connectors.transports.openssh.conftest import Connect, masters_in, target

pytestmark = pytest.mark.cluster


def scan(connect: Connect, place: Target) -> PresentingHost:
    """What a host presents."""
    [found] = connect(place, connect_timeout=2.0).host_keys()
    return found


@pytest.mark.parametrize(
    ("trusted", "state"),
    [("login", HostKeyState.TRUSTED), ("jump", HostKeyState.CHANGED), ("", HostKeyState.UNKNOWN)],
)
def test_the_keys_and_their_states(
    site: Cluster, connect: Connect, directory: str, trusted: str, state: HostKeyState
) -> None:
    """Each key is shown with its state; ssh logs in nowhere."""
    known = Path(directory, "hosts")
    known.write_text(f"* {site.host_key_of(trusted)}\n" if trusted else "")
    found = scan(connect, target(site, host_keys=HostKeys(file=str(known))))
    assert [(key.text, key.state) for key in found.keys] == [(site.host_key, state)]
    assert (found.name, found.pattern, found.problem) == (f"{site.address}:22", site.address, "")
    assert masters_in(directory) == []


def test_pinned_keys_are_compared(site: Cluster, connect: Connect) -> None:
    """The keys of the setting are those that are compared, where they are set."""
    assert scan(connect, target(site)).keys[0].state is HostKeyState.TRUSTED


def test_the_name_under_which_a_host_is_known(
    site: Cluster, connect: Connect, directory: str
) -> None:
    """A host with an alias for its keys is known by that."""
    Path(directory, "hosts").write_text(f"cluster {site.host_key}\n")
    Path(directory, "config").write_text(
        f"Host hpc\n HostName {site.address}\n HostKeyAlias cluster\n"
        f" UserKnownHostsFile {directory}/hosts\n"
    )
    found = scan(connect, Target("hpc", config=f"{directory}/config"))
    assert (found.pattern, found.keys[0].state) == ("cluster", HostKeyState.TRUSTED)


def test_hosts_that_are_not_asked(site: Cluster, connect: Connect) -> None:
    """A host behind a jump host, and one that does not answer, have no keys and a reason."""
    behind = scan(connect, target(site, jumps=(Hop("jump"),)))
    assert behind.problem.startswith("Not asked: the way leads over dssr-jump-0")
    silent = scan(connect, target(site, port=23))
    assert silent.problem == f"ssh-keyscan gets no key from {site.address}:23 in 2 s."
    assert behind.keys == silent.keys == ()
