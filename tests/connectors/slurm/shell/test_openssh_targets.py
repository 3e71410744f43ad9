"""From settings to targets for OpenSSH's program: what is set is passed, the rest is ssh's own."""

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.login_nodes import transport
from connectors.slurm.shell.openssh_targets import targets
from connectors.transports.keys import private_key
from connectors.transports.openssh import Hop, HostKeys, OpensshTransport, Target
from tests.connectors.slurm.shell.test_login_nodes import new_key, public

KEY = new_key()
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2KjZOMdRxLaRbHqTqVpZ2XlKYnNzsOoWFJNB4u8s2V"
BARE = SlurmSettings(cluster_address="hpc,login2:2222", ssh_client="openssh")


def test_what_is_not_set_is_left_to_ssh() -> None:
    """A login node that is only named is reached as ssh's configuration says."""
    assert targets(BARE) == [Target("hpc"), Target("login2", 2222)]
    made = transport(BARE)
    assert isinstance(made, OpensshTransport)
    made.close()


def test_what_is_set_is_passed() -> None:
    """User, key, port, host keys and jump hosts of the settings go before ssh's configuration."""
    full = SlurmSettings(
        cluster_address="2001:db8::1,login2",
        cluster_port=2022,
        ssh_user="svc",
        ssh_key=KEY,
        ssh_host_key=f"login2 {HOST_KEY}",
        ssh_jump=("bob@jump:2200", "second"),
        ssh_client="openssh",
    )
    first, second = targets(full)
    assert (first.host, first.port, first.user) == ("2001:db8::1", 2022, "svc")
    assert first.host_keys == HostKeys(pinned=(HOST_KEY,))
    assert first.jumps == second.jumps
    assert [str(jump) for jump in first.jumps] == ["bob@jump:2200", "second"]
    held = [private_key(hop.key) for hop in (first, *first.jumps)]
    assert public(*held) == public(private_key(KEY)) * 3
    assert KEY[40:80] not in repr(first)


def test_jump_hosts_may_have_keys_of_their_own() -> None:
    """A key of the jump hosts is passed for them alone; without any key ssh has its own."""
    settings = SlurmSettings(cluster_address="hpc", ssh_jump=("jump",), ssh_client="openssh")
    assert targets(settings)[0].jumps == (Hop("jump"),)
    settings = SlurmSettings(cluster_address="hpc", ssh_jump=("jump",), ssh_jump_key=KEY)
    (found,) = targets(settings)
    assert found.key == ""
    assert public(private_key(found.jumps[0].key)) == public(private_key(KEY))


def test_a_file_of_known_hosts() -> None:
    """A file of known hosts is passed, and whether ssh may add to it."""
    settings = SlurmSettings(cluster_address="hpc", ssh_known_hosts="/etc/known")
    assert targets(settings)[0].host_keys == HostKeys(file="/etc/known")
    settings = SlurmSettings(
        cluster_address="hpc", ssh_known_hosts="/etc/known", ssh_host_key_check="first_use"
    )
    assert targets(settings)[0].host_keys == HostKeys(file="/etc/known", learns=True)
