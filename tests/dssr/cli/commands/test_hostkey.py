"""The screen of ``dssr hostkey``, and the command as an operator runs it."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from dssr.cli.commands import hostkey
from dssr.seams import HostKeyState, PresentedKey, PresentingHost
from tests.connectors.transports.ssh.impostor import Impostor, made, pair

STATES = HostKeyState
ED25519, ECDSA, RSA = "ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"


def presents(name: str, problem: str = "", **states: HostKeyState) -> PresentingHost:
    """A host with keys in these states."""
    kinds = {"ed25519": ED25519, "ecdsa": ECDSA, "rsa": RSA}
    keys = ((made(kinds[word]), state) for word, state in states.items())
    return PresentingHost(
        f"{name}:22",
        name,
        tuple(PresentedKey(key.kind, key.text, key.fingerprint, state) for key, state in keys),
        problem,
    )


class Presenting:
    """A connector that shows these hosts."""

    def __init__(self, *hosts: PresentingHost) -> None:
        self.hosts = hosts

    def host_keys(self) -> tuple[PresentingHost, ...]:
        """See ``dssr.seams.PresentsHostKeys``."""
        return self.hosts


def shown(*hosts: PresentingHost) -> str:
    """The screen."""
    return "\n".join(hostkey.screen(hosts, "those in a file"))


def test_a_trusted_host() -> None:
    """The screen shows each key with its fingerprint; where one key is trusted, the others need not
    be."""
    text = shown(presents("login", ed25519=STATES.UNKNOWN, rsa=STATES.TRUSTED))
    assert "Trusted: those in a file." in text
    assert "login:22   trusted\n" in text
    assert f"  ssh-ed25519  {made(ED25519).fingerprint}  not known, not needed\n" in text
    assert f"  ssh-rsa      {made(RSA).fingerprint}  trusted\n" in text
    assert f"export JARVICE_SLURM_SSH_HOST_KEY='{made(RSA).text}'" in text
    assert "administrator" not in text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (STATES.UNKNOWN, "NOT KNOWN"),
        (STATES.CHANGED, "ANOTHER KEY THAN THE TRUSTED ONE"),
        (STATES.REVOKED, "A REVOKED KEY"),
    ],
)
def test_a_host_that_is_not_trusted(state: HostKeyState, words: str) -> None:
    """The screen says what an untrusted host means, and what to compare before a line is pasted."""
    text = shown(presents("login", ed25519=state, rsa=state))
    assert f"login:22   {words}" in text
    assert "administrator" in text
    assert "ssh-keygen -lf" in text


def test_lines_to_paste() -> None:
    """The lines to paste have the best key of each host, as setting and as file, and never a
    revoked one."""
    text = shown(
        presents("jump", ed25519=STATES.REVOKED, ecdsa=STATES.UNKNOWN),
        presents("login", ed25519=STATES.UNKNOWN, rsa=STATES.UNKNOWN),
    )
    assert (
        f"\nexport JARVICE_SLURM_SSH_HOST_KEY='{made(ECDSA).text},{made(ED25519).text}'\n" in text
    )
    assert text.endswith(f"\njump {made(ECDSA).text}\nlogin {made(ED25519).text}")


def test_a_host_that_does_not_answer() -> None:
    """The screen says why a host does not answer and that the lines are not complete; without any
    key it has none."""
    dead = presents("dead", problem="Cannot connect to dead port 22.\nTry again.")
    text = shown(dead, presents("login", ed25519=STATES.TRUSTED))
    assert "dead:22   NOT SEEN\n  Cannot connect to dead port 22.\n  Try again.\n" in text
    assert "NOT COMPLETE YET: the keys of dead:22 are missing" in text
    assert "export" not in shown(dead)


def test_the_exit_code() -> None:
    """All hosts together are trusted if each presents a trusted key, or none is reached by SSH."""
    good, bad = presents("a", ed25519=STATES.TRUSTED), presents("b", ed25519=STATES.UNKNOWN)
    dead = presents("dead", problem="No.")
    shown = [
        hostkey.presented(Presenting(*hosts)) for hosts in ((good,), (good, bad), (good, dead), ())
    ]
    assert [hostkey.exit_code(hosts) for hosts in shown] == [0, 1, 1, 0]
    assert hostkey.presented(object()) == ()


@pytest.fixture
def host() -> Iterator[Impostor]:
    """A host that presents keys of all types, and records what it is sent."""
    started = Impostor(ED25519, ECDSA, RSA, which=0)
    yield started
    started.close()


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({}, 1, "NOT KNOWN"),
        ({"JARVICE_SLURM_SSH_HOST_KEY": made(ECDSA).text}, 0, "trusted"),
        ({"JARVICE_SLURM_SSH_HOST_KEY": made(RSA).fingerprint}, 0, "trusted"),
        ({"JARVICE_SLURM_SSH_HOST_KEY": made(ED25519, 2).text}, 1, "ANOTHER KEY"),
        ({"JARVICE_SLURM_SSH_KNOWN_HOSTS": "/nonexistent"}, 1, "NOT KNOWN"),
        (
            {
                "JARVICE_SLURM_SSH_KNOWN_HOSTS": "/nonexistent",
                "JARVICE_SLURM_SSH_HOST_KEY_CHECK": "first_use",
            },
            1,
            "NEW",
        ),
    ],
)
def test_as_an_operator_runs_it(
    settings: dict[str, str], code: int, words: str, host: Impostor
) -> None:
    """The command sends the host no secret, whatever key it presents, and writes no file."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JARVICE_")}
    cluster = {
        "JARVICE_SLURM_CLUSTER_ADDR": f"127.0.0.1:{host.port}",
        "JARVICE_SLURM_SSH_USER": "svc",
        "JARVICE_SLURM_SSH_PKEY": pair(ED25519, 9)[0],
    }
    command = [sys.executable, "-m", "dssr", "hostkey"]
    done = subprocess.run(
        command,
        env=kept | cluster | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert f"127.0.0.1:{host.port}   {words}" in done.stdout
    for key in (made(ED25519), made(ECDSA), made(RSA)):
        assert key.fingerprint in done.stdout
    assert host.visits == 3
    assert host.learnt_nothing


def test_wrong_settings() -> None:
    """Wrong settings are reported as by `dssr serve`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("JARVICE_")}
    command = [sys.executable, "-m", "dssr", "hostkey"]
    environ = kept | {"JARVICE_SLURM_CLUSTER_ADDR": "login"}
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "JARVICE_SLURM_SSH_USER is not set" in done.stderr
