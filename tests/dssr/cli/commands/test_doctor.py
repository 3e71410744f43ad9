"""``dssr doctor`` as a person and as a program runs it; what it finds is tested elsewhere."""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from dssr.cli.commands.doctor import environment
from dssr.cli.invocation import Invocation
from tests.dssr.cli.examining import FINE, Examining
from tests.dssr.cli.running import Dssr, Terminal, home_of
from tests.source_tree import ROOT

CONNECTOR = "JARVICE_BAREMETAL_CONNECTOR"


@pytest.fixture
def dssr(tmp_path: Path) -> Dssr:
    """Runs commands as a user whose connector finds one fault."""
    return Dssr(home_of(tmp_path) | {CONNECTOR: "tests.dssr.cli.examining:Examining"})


def test_lines_for_people(dssr: Dssr) -> None:
    """Each finding has its line, a fault its cure; the exit code is 1 where a check has failed."""
    done = dssr("doctor")
    assert (done.code, done.err) == (1, "")
    assert done.out.startswith("dssr doctor examines tests.dssr.cli.examining:Examining:")
    assert "\nok       login" in done.out
    assert "\nfailure  canary" in done.out
    assert "\n             feed canary\n         Setting: JARVICE_X\n" in done.out
    assert "1 failure, no warnings, 1 ok, 0 skipped" in done.out
    assert "Cure the first failure first" in done.out
    assert Examining.asked == (True,)


def test_a_document_for_programs(dssr: Dssr) -> None:
    """With --json, the document is all that is printed."""
    done = dssr("doctor", "--json", "--quick")
    assert (done.code, done.document["ok"]) == (1, False)
    assert [check["name"] for check in done.document["checks"]] == ["login", "canary"]
    assert Examining.asked == (False,)


def test_the_address_of_a_bridge_has_no_effect(dssr: Dssr) -> None:
    """With DSSR_URL set, a note on stderr says what is examined in its place."""
    done = dssr("doctor", "--json", DSSR_URL="http://127.0.0.1:1")
    assert done.err.startswith("Note: the doctor examines this machine by itself, and not through")
    assert "DSSR_URL (http://127.0.0.1:1)" in done.err


def test_all_is_right(dssr: Dssr, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a failure the exit code is 0."""
    monkeypatch.setattr(Examining, "findings", (FINE, replace(FINE, name="canary")))
    done = dssr("doctor")
    assert (done.code, "Cure" in done.out) == (0, False)


def test_stopping_it(dssr: Dssr) -> None:
    """Ctrl-C ends the command with 130, and says that nothing is left."""
    done = dssr("doctor", **{CONNECTOR: "tests.dssr.cli.examining:Stopped"})
    assert (done.code, done.err) == (130, "\nStopped. All that it made is removed.\n")


def test_stopping_it_where_jobs_may_be_left(dssr: Dssr) -> None:
    """Where the doctor cannot remove what it made, it prints the commands that do."""
    done = dssr("doctor", **{CONNECTOR: "tests.dssr.cli.examining:StoppedAway"})
    assert done.code == 130
    assert "is removed" not in done.err
    assert done.err.endswith(
        "could not remove all that it made. On the login node, this does it:\n  scancel 17\n"
    )


def test_a_profile(dssr: Dssr, tmp_path: Path) -> None:
    """--save writes the profile and says how it is read; without a file it is at the place where
    later commands look for it."""
    file = tmp_path / "site.env"
    done = dssr("doctor", "--save", str(file), JARVICE_STATE_DIR="/state/")
    dssr("doctor", "--save", XDG_CONFIG_HOME=str(tmp_path))
    assert f"export JARVICE_SITE_PROFILE='{file}'" in done.err
    assert "export JARVICE_STATE_DIR='/state/'" in file.read_text()
    assert (tmp_path / "dssr/sites/localhost.env").exists()


def test_a_profile_that_cannot_be_written(dssr: Dssr, tmp_path: Path) -> None:
    """A file that is no profile is not overwritten, and the error says so."""
    (tmp_path / "notes").write_text("mine")
    done = dssr("doctor", "--save", str(tmp_path / "notes"))
    assert (done.code, "is no profile" in done.err) == (1, True)


def test_a_connector_that_runs_jobs_nowhere(dssr: Dssr) -> None:
    """The dummy connector has nothing to examine, which is no fault."""
    done = dssr("doctor", **{CONNECTOR: "dummy"})
    assert (done.code, done.err) == (0, "")
    assert "nothing to examine" in done.out


def test_a_login_node_that_is_not_there(dssr: Dssr, tmp_path: Path) -> None:
    """Of a cluster that cannot be reached, the first check fails and all others are skipped."""
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-N", "", "-f", key], check=True)
    cluster = {
        CONNECTOR: "slurm",
        "JARVICE_SLURM_CLUSTER_ADDR": "no-such-host.invalid",
        "JARVICE_SLURM_SSH_USER": "bob",
        "JARVICE_SLURM_SSH_PKEY_FILE": str(key),
    }
    done = dssr("doctor", "--json", **cluster)
    statuses = [check["status"] for check in done.document["checks"]]
    assert (done.code, done.err) == (1, "")
    assert statuses == ["failure", *["skipped"] * 23]


def test_wrong_settings(dssr: Dssr) -> None:
    """Wrong settings are reported as by `dssr serve`."""
    done = dssr("doctor", **{CONNECTOR: "slurm"})
    assert (done.code, "JARVICE_SLURM_SSH_USER is not set" in done.err) == (2, True)


@pytest.mark.parametrize(
    ("option", "environ", "cluster"),
    [
        ("one", {"DSSR_CLUSTER": "two"}, "one"),
        ("", {"DSSR_CLUSTER": "two", "JARVICE_SLURM_CLUSTER_ADDR": "three"}, "two"),
        ("", {"JARVICE_SLURM_CLUSTER_ADDR": "three"}, "three"),
        ("", {}, "four"),
    ],
)
def test_which_cluster(option: str, environ: dict[str, str], cluster: str, tmp_path: Path) -> None:
    """The option goes before the variable of the user, that before the settings of a bridge, and
    those before the configuration file; a user's own cluster is reached by their own SSH."""
    (tmp_path / "dssr").mkdir()
    (tmp_path / "dssr/config.toml").write_text('cluster = "four"\n')
    asked = Invocation(environ | {"XDG_CONFIG_HOME": str(tmp_path)}, {"cluster": option or None})
    found = environment(asked)
    assert found["JARVICE_SLURM_CLUSTER_ADDR"] == cluster
    assert ("JARVICE_SLURM_SSH_CLIENT" in found) == (cluster != "three")


@pytest.mark.parametrize(("colours", "status"), [({}, "\x1b[32mok"), ({"NO_COLOR": "1"}, "ok  ")])
def test_a_terminal(dssr: Dssr, colours: dict[str, str], status: str) -> None:
    """On a terminal, the check that is being made is shown, and the line is taken back; a status
    has its colour, unless NO_COLOR is set."""
    environ = {**dssr.environ, "PYTHONPATH": str(ROOT), **colours}
    terminal = Terminal(environ, "doctor")
    assert terminal.end() == 1
    assert f"...      login\r\x1b[K{status}" in terminal.shown
