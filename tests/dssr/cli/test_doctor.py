"""``dssr doctor`` as a person and as a program runs it; what it finds is tested elsewhere."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dssr import configuration
from dssr.cli import doctor
from dssr.configuration import Configuration
from dssr.plugins import CONNECTOR, Plugin
from dssr.seams import Finding, Status
from dssr.settings import Settings

FINE = Finding("login", Status.OK, "bob on login.")
BROKEN = Finding("canary", Status.FAILURE, "It died.", "Feed it:\nfeed canary", "JARVICE_X")


class Examining:
    """A connector that finds these things. ``asked``: whether it was to use jobs."""

    checks = ("login", "canary")
    findings: tuple[Finding, ...] = (FINE, BROKEN)
    asked: tuple[bool, ...] = ()

    def __init__(self, settings: Settings) -> None:
        pass

    def examine(self, with_jobs: bool) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        type(self).asked = (with_jobs,)
        yield from self.findings

    def close(self) -> None:
        """See ``dssr.seams.Connector``."""


class Stopped(Examining):
    """A connector whose examination the user stops."""

    def examine(self, with_jobs: bool) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        yield FINE
        raise KeyboardInterrupt


def configured(connector: type = Examining) -> Configuration:
    """A configuration with that connector."""
    plain = configuration.load({"JARVICE_BAREMETAL_CONNECTOR": "dummy"})
    return replace(plain, connector=Plugin(CONNECTOR, "examining", connector))


def run(*words: str, connector: type = Examining, **environ: str) -> int:
    """The exit code of the command."""
    parser = argparse.ArgumentParser()
    doctor.add_to(parser.add_subparsers())
    return doctor.run(configured(connector), environ, parser.parse_args(["doctor", *words]))


def test_lines_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Each finding has its line, a fault its cure; the exit code is 1 where a check has failed."""
    assert run() == 1
    shown = capsys.readouterr().out
    assert shown.startswith("dssr doctor examines examining:")
    assert "\nok       login" in shown
    assert "\nfailure  canary" in shown
    assert "\n             feed canary\n         Setting: JARVICE_X\n" in shown
    assert "1 failure, no warnings, 1 ok, 0 skipped" in shown
    assert "Cure the first failure first" in shown
    assert Examining.asked == (True,)


def test_a_document_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """With --json, the document is all that is printed."""
    assert run("--json", "--quick") == 1
    shown = json.loads(capsys.readouterr().out)
    assert shown["ok"] is False
    assert [check["name"] for check in shown["checks"]] == ["login", "canary"]
    assert Examining.asked == (False,)


def test_all_is_right(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a failure the exit code is 0."""
    monkeypatch.setattr(Examining, "findings", (FINE, replace(FINE, name="canary")))
    assert run() == 0
    assert "Cure" not in capsys.readouterr().out


def test_stopping_it(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends the command with 130, and says that nothing is left."""
    assert run(connector=Stopped) == 130
    assert "stopped; all that it made is removed" in capsys.readouterr().err


def test_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--save writes the profile and says how it is read; without a file it is at the place where
    later commands look for it."""
    file = tmp_path / "site.env"
    run("--save", str(file), JARVICE_STATE_DIR="/state/")
    run("--save", XDG_CONFIG_HOME=str(tmp_path))
    assert f"export JARVICE_SITE_PROFILE='{file}'" in capsys.readouterr().err
    assert "export JARVICE_STATE_DIR='/state/'" in file.read_text()
    assert (tmp_path / "dssr/sites/localhost.env").exists()


def test_a_profile_that_cannot_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command fails where the profile could not be written, whatever was found."""
    monkeypatch.setattr(Examining, "findings", (FINE, replace(FINE, name="canary")))
    (tmp_path / "notes").write_text("mine")
    assert run("--save", str(tmp_path / "notes")) == 1
    assert "is no profile" in capsys.readouterr().err


def test_a_connector_that_runs_jobs_nowhere(environ: dict[str, str]) -> None:
    """The dummy connector has nothing to examine, which is no fault."""
    command = [sys.executable, "-m", "dssr", "doctor"]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing to examine" in done.stdout


def test_a_login_node_that_is_not_there(environ: dict[str, str]) -> None:
    """Of a cluster that cannot be reached, the first check fails and all others are skipped."""
    cluster = {
        "JARVICE_BAREMETAL_CONNECTOR": "slurm",
        "JARVICE_SLURM_CLUSTER_ADDR": "no-such-host.invalid",
        "JARVICE_SLURM_SSH_USER": "bob",
        "JARVICE_SLURM_SSH_PKEY_FILE": str(Path(environ["HOME"]) / "key"),
    }
    subprocess.run(
        ["ssh-keygen", "-q", "-N", "", "-f", cluster["JARVICE_SLURM_SSH_PKEY_FILE"]], check=True
    )
    command = [sys.executable, "-m", "dssr", "doctor", "--json"]
    done = subprocess.run(
        command, env=environ | cluster, capture_output=True, text=True, timeout=60, check=False
    )
    statuses = [check["status"] for check in json.loads(done.stdout)["checks"]]
    assert (done.returncode, done.stderr) == (1, "")
    assert statuses == ["failure", *["skipped"] * 23]


def on_a_terminal(call: str, environ: dict[str, str]) -> bytes:
    """What the command writes to a terminal."""
    program = f"import tests.dssr.cli.test_doctor as t; {call}"
    words = ["script", "-qec", f'{sys.executable} -c "{program}"', "/dev/null"]
    return subprocess.run(words, env=environ, capture_output=True, check=False).stdout


def test_a_terminal(environ: dict[str, str]) -> None:
    """On a terminal, the check that is being made is shown, and the line is taken back; a status
    has its colour, unless NO_COLOR is set."""
    shown = on_a_terminal("t.run()", environ)
    plain = on_a_terminal("t.run(NO_COLOR='1')", environ)
    assert b"...      login\r\x1b[K\x1b[32mok" in shown
    assert b"...      login\r\x1b[Kok " in plain
    assert b"\x1b[3" not in plain
