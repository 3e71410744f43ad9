"""What the user's own configuration of ssh says of the way to a host."""

from pathlib import Path

from dssr.seams.services import Address, Exposure
from dssr.services.manual import manual
from dssr.services.own_ssh import resolved

CONFIG = """
Host mine
  HostName login.example.org
  User ada
  Port 2222
  IdentityFile {key}
  IdentityFile /none/such
  ProxyJump gate
Host gate
  HostName gate.example.org
  User bob
"""


def test_an_alias_is_not_needed_elsewhere(tmp_path: Path) -> None:
    """The block and the line name host, user, port, key and jump host themselves, so that they work
    where the alias is not known."""
    key, file = tmp_path / "key", tmp_path / "config"
    key.touch()
    file.write_text(CONFIG.format(key=key))
    found = resolved({"hosts": ["mine"], "user_configuration": True, "port": 0}, str(file))
    printed = manual("demo", "/", Address("7", "n1", 5001, 0, Exposure.NONE), found, 8000)
    assert printed.configuration.splitlines() == [
        "Host dssr-demo",
        "    HostName login.example.org",
        "    User ada",
        "    Port 2222",
        f"    IdentityFile {key}",
        "    ProxyJump bob@gate.example.org:22",
        "    LocalForward 8000 n1:5001",
        "    ExitOnForwardFailure yes",
        "    ServerAliveInterval 15",
    ]
    assert printed.command == (
        "ssh -N -L 8000:n1:5001 -J bob@gate.example.org:22 -p 2222 -l ada "
        f"-i {key} login.example.org"
    )


def test_settings_that_say_all_stay(tmp_path: Path) -> None:
    """Where the user's configuration has no part, or ssh cannot read it, nothing is changed."""
    settings = {"hosts": ["login"], "user": "ada"}
    assert resolved(settings) == settings
    wrong = {**settings, "user_configuration": True}
    assert resolved(wrong, str(tmp_path / "none")) == wrong
