"""The words of ssh's command line and the file for jump hosts, as ssh itself understands them."""

import os
import signal
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.transports.openssh.configuration import (
    Files,
    Resolved,
    config_file,
    jump_words,
    known_hosts_text,
    resolved,
    through_jump,
    words,
)
from connectors.transports.openssh.program import configuration_of
from connectors.transports.openssh.target import Hop, HostKeys, Target
from dssr.errors import ConnectFailed

FILES = Files({"KEY": "/d/x.k0", "OTHER": "/d/x.k1"}, "/d/x.known", "/d/x.conf", "/d/own")
PINNED = HostKeys(pinned=("ssh-ed25519 AAAA", "ssh-rsa BBBB"))


def understood(target: Target, files: Files = FILES) -> tuple[Resolved, dict[str, str]]:
    """What ssh makes of the target."""
    found = configuration_of([*words(target, files, 8.0), *jump_words(target)], target.host)
    pairs = (line.partition(" ") for line in found.text.splitlines())
    return found, {name: value for name, _, value in pairs}


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A user's configuration."""
    path = tmp_path / "config"
    path.write_text(
        "Host hpc\n HostName login.example.org\n Port 2200\n User ada\n"
        " ProxyJump gate,bob@two:2222\n"
        " LocalForward 8080 localhost:80\n ForwardAgent yes\n RemoteCommand date\n"
        "Host gate\n User gatekeeper\n"
        "Host tunnel\n ProxyCommand nc %h %p\n"
    )
    return str(path)


def test_ssh_decides_what_the_target_leaves_open(config: str) -> None:
    """Alias, port, user and jump hosts come from the user's configuration."""
    found, _ = understood(Target("hpc", config=config))
    assert (found.address, found.user) == ("login.example.org:2200", "ada")
    assert (found.jump, found.command, found.is_direct) == ("gate,bob@two:2222", "", False)
    found, _ = understood(Target("tunnel", config=config))
    assert (found.jump, found.command, found.is_direct) == ("", "nc %h %p", False)
    found, _ = understood(Target("plain", config=config))
    assert (found.address, found.is_direct) == ("plain:22", True)


def test_the_target_goes_before_the_configuration(config: str) -> None:
    """What the target names has precedence over the user's configuration."""
    target = Target("hpc", 22022, "svc", "KEY", host_keys=PINNED, config=config)
    found, options = understood(target)
    assert (found.address, found.user) == ("login.example.org:22022", "svc")
    assert options["identityfile"] == "/d/x.k0"
    assert options["identitiesonly"] == "yes"
    assert found.known_hosts == ("/d/x.known", "/dev/null")
    assert options["stricthostkeychecking"] == "true"


def test_a_master_does_nothing_but_carry_commands(config: str) -> None:
    """Forwards and an agent that the user's configuration asks for are not set up."""
    _, options = understood(Target("hpc", config=config))
    assert options["forwardagent"] == "no"
    assert options["clearallforwardings"] == "yes"
    assert options["serveraliveinterval"] == "15"


def test_a_login_by_the_key_alone(tmp_path: Path) -> None:
    """Where the key is another person's, no agent and no other method of the configuration is
    used, and the other keys of the configuration are found."""
    path = tmp_path / "config"
    path.write_text(
        "Match user svc\n IdentityFile /etc/svc/key\n"
        "Match all\n GSSAPIAuthentication yes\n HostbasedAuthentication yes\n"
        " PreferredAuthentications hostbased,gssapi-with-mic\n IdentityAgent /run/agent\n"
    )
    target = Target("hpc", user="ada", key="KEY", config=str(path), by_key_alone=True)
    found, options = understood(target)
    assert options["preferredauthentications"] == "publickey"
    assert options["identityagent"] == "none"
    assert found.identities_besides("/d/x.k0") == []
    other, _ = understood(replace(target, user="svc"))
    assert other.identities_besides("/d/x.k0") == ["/etc/svc/key"]


def test_a_file_that_ssh_may_add_to() -> None:
    """The first key of an unknown host is added to the file only where the target says so."""
    for learns, checking in ((True, "accept-new"), (False, "true")):
        keys = HostKeys(file="/etc/known hosts", learns=learns)
        found, options = understood(Target("hpc", host_keys=keys))
        assert options["stricthostkeychecking"] == checking
        assert options["userknownhostsfile"] == "/etc/known hosts"
        assert found.user


def test_jump_hosts_of_the_target(config: str, tmp_path: Path) -> None:
    """The file for jump hosts has each with its own user, port and key, then the user's own
    configuration."""
    jumps = (Hop("gate", 2201, "eve", "OTHER"), Hop("two"))
    target = Target("hpc", key="KEY", jumps=jumps, host_keys=PINNED, config=config)
    own = Files(FILES.keys, FILES.known_hosts, str(tmp_path / "own"), "/d/own")
    Path(own.config).write_text(config_file(target, own, 8.0))
    found, _ = understood(target, own)
    assert (found.address, found.user) == ("login.example.org:2200", "ada")
    assert found.jump == "dssr-jump-1"
    second = configuration_of(["-F", own.config], "dssr-jump-1")
    assert (second.address, second.jump) == ("two:22", "dssr-jump-0")
    first = configuration_of(["-F", own.config], "dssr-jump-0")
    assert (first.address, first.user, first.is_direct) == ("gate:2201", "eve", True)
    assert "\nidentityfile /d/x.k1\n" in first.text
    assert first.known_hosts == ("/d/x.known", "/dev/null")


def test_the_way_through_jump_hosts_keeps_their_words(config: str) -> None:
    """A chain of jump hosts is passed as ssh would, by a command whose errors are kept."""
    target = Target("hpc", config=config)
    found, _ = understood(target)
    given = [*words(target, FILES, 8.0), "-o", "BatchMode=yes"]
    option, value = through_jump(found, given, "/d/100% log")
    assert option == "-o"
    assert value.startswith("ProxyCommand=sh -c ")
    assert f" sh ssh -F {config} -J gate -o BatchMode=yes " in value
    assert value.endswith("-W '[%h]:%p' ssh://bob@two:2222 2>>'/d/100%% log'")
    assert through_jump(understood(Target("plain"))[0], given, "/d/log") == []


def test_ctrl_c_leaves_the_way_through_jump_hosts(config: str, tmp_path: Path) -> None:
    """The ssh to the jump host ignores what Ctrl-C sends to all processes of the terminal."""
    target = Target("hpc", config=config)
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nexec grep SigIgn /proc/self/status\n")
    ssh.chmod(0o755)
    found, _ = understood(target)
    _, value = through_jump(found, words(target, FILES, 8.0), "/dev/null")
    command = value.removeprefix("ProxyCommand=")
    path = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec {command}"], env=path, capture_output=True, text=True, check=True
    )
    ignored = int(done.stdout.split()[1], 16)
    for number in (signal.SIGINT, signal.SIGQUIT):
        assert ignored & 1 << (number - 1)


def test_pinned_keys_are_those_of_all_hosts() -> None:
    """Keys without a host's name are trusted for each host on the way."""
    assert known_hosts_text(PINNED) == "* ssh-ed25519 AAAA\n* ssh-rsa BBBB\n"


def test_what_ssh_prints_is_read() -> None:
    """``none`` is no jump host and no command."""
    found = resolved("hostname h\nport 22\nuser u\nproxyjump none\nproxycommand none\n")
    assert found.is_direct
    assert found.known_hosts == ()


def test_a_configuration_that_ssh_refuses(tmp_path: Path) -> None:
    """A configuration that ssh cannot read is an error in ssh's words."""
    path = tmp_path / "config"
    path.write_text("Nonsense yes\n")
    with pytest.raises(ConnectFailed, match=r"cannot use its configuration for hpc.*nonsense"):
        configuration_of(["-F", str(path)], "hpc")
