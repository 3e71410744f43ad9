"""``dssr doctor`` as a person and as a program runs it; what it finds is tested elsewhere."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dssr.seams import Finding, Status
from dssr.settings import Settings
from tests.dssr.cli.running import Done, Dssr, Terminal

FINE = Finding("login", Status.OK, "bob on login.")
BROKEN = Finding("canary", Status.FAILURE, "It died.", "Feed it:\nfeed canary", "JARVICE_X")


class Examining:
    """A connector that finds these things. ``asked``: whether it was to use jobs."""

    checks = ("login", "canary")
    findings: tuple[Finding, ...] = (FINE, BROKEN)
    asked: tuple[bool, ...] = ()

    def __init__(self, settings: Settings) -> None:
        pass

    def submit(self) -> None:
        """What makes it a connector; the doctor does not call it."""

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


def run(environ: dict[str, str], *words: str, connector: str = "Examining", **more: str) -> Done:
    """Run the command with that connector."""
    chosen = {"JARVICE_BAREMETAL_CONNECTOR": f"{__name__}:{connector}"}
    return Dssr(environ | chosen)("doctor", *words, **more)


def test_lines_for_people(environ: dict[str, str]) -> None:
    """Each finding has its line, a fault its cure; the exit code is 1 where a check has failed."""
    done = run(environ)
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("dssr doctor examines tests.")
    assert "\nok       login" in done.out
    assert "\nfailure  canary" in done.out
    assert "\n             feed canary\n         Setting: JARVICE_X\n" in done.out
    assert "1 failure, no warnings, 1 ok, 0 skipped" in done.out
    assert "Cure the first failure first" in done.out
    assert Examining.asked == (True,)


def test_a_document_for_programs(environ: dict[str, str]) -> None:
    """With --json, the document is all that is printed."""
    done = run(environ, "--json", "--quick")
    assert done.code == 1
    assert done.document["ok"] is False
    assert [check["name"] for check in done.document["checks"]] == ["login", "canary"]
    assert Examining.asked == (False,)


def test_all_is_right(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a failure the exit code is 0."""
    monkeypatch.setattr(Examining, "findings", (FINE, replace(FINE, name="canary")))
    done = run(environ)
    assert done.code == 0
    assert "Cure" not in done.out


def test_stopping_it(environ: dict[str, str]) -> None:
    """Ctrl-C ends the command with 130, and says that nothing is left."""
    done = run(environ, connector="Stopped")
    assert done.code == 130
    assert "stopped; all that it made is removed" in done.err


def test_a_profile(environ: dict[str, str], tmp_path: Path) -> None:
    """--save writes the profile and says how it is read; without a file it is at the place where
    later commands look for it."""
    file = tmp_path / "site.env"
    done = run(environ, "--save", str(file), JARVICE_STATE_DIR="/state/")
    run(environ, "--save", XDG_CONFIG_HOME=str(tmp_path))
    assert f"export JARVICE_SITE_PROFILE='{file}'" in done.err
    assert "export JARVICE_STATE_DIR='/state/'" in file.read_text()
    assert (tmp_path / "dssr/sites/localhost.env").exists()


def test_a_profile_that_cannot_be_written(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command fails where the profile could not be written, whatever was found."""
    monkeypatch.setattr(Examining, "findings", (FINE, replace(FINE, name="canary")))
    (tmp_path / "notes").write_text("mine")
    done = run(environ, "--save", str(tmp_path / "notes"))
    assert done.code in (1, 2)
    assert "is no profile" in done.err


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


def test_a_terminal(environ: dict[str, str]) -> None:
    """On a terminal, the check that is being made is shown, and the line is taken back; a status
    has its colour, unless NO_COLOR is set."""
    chosen = environ | {"JARVICE_BAREMETAL_CONNECTOR": f"{__name__}:Examining"}
    chosen["PYTHONPATH"] = str(Path(__file__).parents[4])
    shown = []
    for more in ({}, {"NO_COLOR": "1"}):
        terminal = Terminal(chosen | more, "doctor")
        assert terminal.end() == 1
        shown.append(terminal.shown)
    assert "...      login\r\x1b[K\x1b[32mok" in shown[0]
    assert "...      login\r\x1b[Kok " in shown[1]
    assert "\x1b[3" not in shown[1]
