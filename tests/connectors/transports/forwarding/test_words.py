"""The words for ``ssh``."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from connectors.transports.forwarding.words import (
    Forward,
    ForwardSettings,
    configuration,
    master,
    order,
)
from dssr.errors import SettingsError

# Lines of a user that would spoil a forward.
_USERS = """
Host *
  RemoteCommand tmux
  RequestTTY force
  ForwardAgent yes
  ControlMaster auto
  ControlPath /tmp/%C
  ControlPersist yes
  LocalForward 8888 localhost:8888
  LogLevel QUIET
  Compression yes
  ServerAliveInterval 0
  User them
  ProxyJump gate
"""


def effective(folder: Path, settings: ForwardSettings, asks: bool = False) -> dict[str, str]:
    """What ``ssh -G`` makes of the configuration, with a user's own below it."""
    own = folder / "own"
    text = configuration(settings, str(own), "/run/agent", asks=asks)
    own.write_text(_USERS)
    file = folder / "config"
    file.write_text(text)
    words = master(settings, "login", str(file), str(folder / "m"))
    done = subprocess.run(["ssh", "-G", *words[1:]], capture_output=True, text=True, check=True)
    pairs = [line.partition(" ") for line in done.stdout.splitlines()]
    return {name: value for name, _, value in pairs}


def test_the_users_configuration_does_not_spoil_the_master(tmp_path: Path) -> None:
    """The lines that a forward needs win over the user's own; user and jump host are the user's."""
    found = effective(tmp_path, ForwardSettings(("login",)))
    assert found["user"] == "them"
    assert found["proxyjump"] == "gate"
    assert found["forwardagent"] == "no"
    assert found["requesttty"] == "false"
    assert found["loglevel"] == "INFO"
    assert found["compression"] == "no"
    assert found["serveraliveinterval"] == "5"
    assert found["clearallforwardings"] == "yes"
    assert found["controlpath"] == str(tmp_path / "m")
    assert found["controlpersist"] == "no"
    assert "remotecommand" not in found or found["remotecommand"] == "none"
    assert found["batchmode"] == "yes"


def test_aes_gcm_is_the_first_cipher(tmp_path: Path) -> None:
    """AES-GCM comes first, and the other ciphers stay for a host that lacks it."""
    ciphers = effective(tmp_path, ForwardSettings(("login",)))["ciphers"].split(",")
    assert ciphers[:2] == ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com"]
    assert len(ciphers) > 2


def test_settings_of_the_bridge_win(tmp_path: Path) -> None:
    """Without the user's configuration, the settings decide, and host keys are checked strictly."""
    settings = ForwardSettings(
        ("login",),
        user_configuration=False,
        user="jarvice",
        port=2222,
        identity="/run/key",
        known_hosts="/run/known hosts",
        jump="gate:23",
        ask="/run/ask",
    )
    found = effective(tmp_path, settings)
    assert (found["user"], found["port"], found["proxyjump"]) == ("jarvice", "2222", "gate:23")
    assert found["identityfile"] == "/run/key"
    assert found["identitiesonly"] == "yes"
    assert found["userknownhostsfile"] == "/run/known hosts"
    assert found["stricthostkeychecking"] == "true"
    assert (found["batchmode"], found["numberofpasswordprompts"]) == ("yes", "3")


def test_a_person_is_asked_once(tmp_path: Path) -> None:
    """Where a person answers, ssh asks them, and asks once for each thing."""
    found = effective(tmp_path, ForwardSettings(("login",), ask="/run/ask"), asks=True)
    assert (found["batchmode"], found["numberofpasswordprompts"]) == ("no", "1")


def test_keys_in_memory_are_asked_of_an_own_agent(tmp_path: Path) -> None:
    """With keys in the settings, ssh asks the agent that has them, and no other one or file."""
    settings = ForwardSettings(("login",), keys=("secret",))
    found = effective(tmp_path, settings)
    assert found["identityagent"] == "/run/agent"
    assert found["identityfile"] == "none"
    assert "secret" not in repr(settings)


def test_a_forward_of_an_ipv6_address_has_brackets() -> None:
    """An address with colons is written so that its port is found."""
    assert Forward("fe80::1", 80, "/run/f1").words == ("-L", "/run/f1:[fe80::1]:80")
    assert Forward("node1", 80, "/run/f1").words == ("-L", "/run/f1:node1:80")


def test_one_order_may_have_many_forwards() -> None:
    """After the loss of a connection, one command makes all forwards again."""
    words = order("/run/m", "forward", [Forward("a", 1, "/f1"), Forward("b", 2, "/f2")])
    assert words[words.index("-O") :] == [
        "-O",
        "forward",
        "-L",
        "/f1:a:1",
        "-L",
        "/f2:b:2",
        "master",
    ]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "'hosts' must name a login node."),
        ({"hosts": []}, "'hosts' must name a login node."),
        ({"hosts": ["login"], "prot": 1}, "'prot' is not known: remove it."),
        ({"hosts": ["login"], "port": "22"}, "'port' must be int."),
        ({"hosts": ["-oProxyCommand=x"]}, "A setting has a line end or a quote, or begins with"),
        ({"hosts": ["login"], "user": "a\nProxyCommand x"}, "A setting has a line end or a quote"),
        ({"hosts": ["login"], "identity": 'a" b'}, "A setting has a line end or a quote"),
    ],
)
def test_problems_are_sentences(given: dict[str, Any], problem: str) -> None:
    """Settings that are wrong, or that ssh would take for options, are refused."""
    with pytest.raises(SettingsError) as raised:
        ForwardSettings.parse(given)
    assert problem in raised.value.message
