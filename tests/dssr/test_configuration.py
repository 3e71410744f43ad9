"""Environments and the configurations that they give."""

from pathlib import Path
from typing import Any

import pytest

from connectors.dummy.connector import DummyConnector
from connectors.dummy.settings import DummySettings
from connectors.slurm.settings import SlurmSettings
from dssr.configuration import load
from dssr.errors import SettingsError
from executors.native import Native

DUMMY = {"JARVICE_BAREMETAL_CONNECTOR": "dummy"}
SLURM = {
    "JARVICE_SLURM_CLUSTER_ADDR": "login1",
    "JARVICE_SLURM_SSH_USER": "svc",
    "JARVICE_SLURM_SSH_PKEY": "key",
}


def problems(environ: dict[str, str]) -> tuple[str, ...]:
    """All problems that are reported."""
    with pytest.raises(SettingsError) as raised:
        load(environ)
    return raised.value.problems


@pytest.mark.parametrize(
    ("environ", "connector", "executor"),
    [
        ({}, "local", "native"),
        ({"JARVICE_SLURM_CLUSTER_ADDR": " "}, "local", "native"),
        (SLURM, "slurm", "singularity"),
        (DUMMY, "dummy", "singularity"),
        (SLURM | {"JARVICE_BAREMETAL_CONNECTOR": "local"}, "local", "native"),
        ({"JARVICE_BAREMETAL_EXECUTOR": "singularity"}, "local", "singularity"),
    ],
)
def test_the_plugins_follow_from_the_settings(
    environ: dict[str, str], connector: str, executor: str
) -> None:
    """A cluster's address means slurm, none means local; a connector may name its executor."""
    found = load(environ)
    assert (found.connector.name, found.executor.name) == (connector, executor)
    assert (found.settings.connector, found.settings.executor) == (connector, executor)


def test_each_plugin_gets_settings_of_its_own_class(tmp_path: Path) -> None:
    """Each plugin gets complete settings of its own class, which hold the core's settings and the
    plugin's."""
    environ = DUMMY | {
        "JARVICE_BAREMETAL_EXECUTOR": "executors.native:Native",
        "JARVICE_DUMMY_JOB_QUEUED_TIME": "7",
        "JARVICE_SCHED_AUDIT_LOG": str(tmp_path / "audit"),
    }
    found = load(environ)
    assert (found.connector.plugin_class, found.executor.plugin_class) == (DummyConnector, Native)
    assert isinstance(found.settings, DummySettings)
    assert (found.settings.dummy_queued, found.settings.bind) == (7, "127.0.0.1")
    assert found.executor_settings.bind == "127.0.0.1"
    assert (found.summary, found.warnings) == ((), ())


def test_all_kinds_of_problems_are_reported_together(tmp_path: Path) -> None:
    """Variables that cannot be read, contradictions, and problems of plugins and files are reported
    together."""
    given = {
        "WAITRESS_PORT": "abc",
        "JARVICE_LOCAL_REGISTRY": "r",
        "JARVICE_BAREMETAL_CONNECTOR": "slrm",
        "JARVICE_BAREMETAL_EXECUTOR": "docker",
        "JARVICE_SCHED_AUDIT_LOG": str(tmp_path / "none" / "x"),
        "JARVICE_SCHED_TOKENS_FILE": str(tmp_path / "none" / "t"),
    }
    parts = (
        "WAITRESS_PORT must be",
        "JARVICE_LOCAL_REPO_BASE",
        "There is no connector 'slrm' (did you mean 'slurm'?)",
        "There is no executor 'docker': installed are native, singularity",
        "/none/x",
        "/none/t",
    )
    found = problems(given)
    assert len(found) == len(parts)
    for sentence, part in zip(found, parts, strict=True):
        assert part in sentence


def test_what_only_follows_from_a_mistake_is_not_reported() -> None:
    """A key that cannot be read is set all the same, so no sentence asks to set it."""
    (problem,) = problems(
        DUMMY | {"JARVICE_SCHED_SERVER_KEY": "MARKED", "WAITRESS_BIND_ADDRESS": "0.0.0.0"}
    )
    assert "must be 'user:password'" in problem


def test_contradictions_of_plugin_and_core_are_reported_together() -> None:
    """The contradictions of plugin and core are reported together, the plugin's first, each
    once."""
    found = problems({"JARVICE_BAREMETAL_CONNECTOR": "slurm", "WAITRESS_BIND_ADDRESS": "0.0.0.0"})
    assert [sentence.split()[0] for sentence in found] == [
        "JARVICE_SLURM_CLUSTER_ADDR",
        "JARVICE_SLURM_SSH_USER",
        "JARVICE_SLURM_SSH_PKEY",
        "WAITRESS_BIND_ADDRESS",
    ]


def test_a_connector_that_cannot_act_for_users_is_refused() -> None:
    """A connector that cannot act for users is refused where jobs have owners: the jobs of all
    users would run as one."""
    (problem,) = problems(
        DUMMY
        | {
            "JARVICE_SLURM_USERS": "claim",
            "JARVICE_BEARER_SECRET": "x" * 32,
            "JARVICE_SLURM_USER_KEYS_DIR": "/keys",
        }
    )
    assert problem.startswith("JARVICE_SLURM_USERS is 'claim', and the connector 'dummy' runs all")


@pytest.mark.parametrize("kind", ["missing", "directory", "empty"])
def test_a_file_of_known_hosts_that_cannot_be_used_is_a_problem(kind: str, tmp_path: Path) -> None:
    """A known-hosts file that cannot be used is reported at the start, and not when the first host
    is reached."""
    path = tmp_path / kind
    if kind == "directory":
        path.mkdir()
    if kind == "empty":
        path.touch()
    (problem,) = problems(SLURM | {"JARVICE_SLURM_SSH_KNOWN_HOSTS": str(path)})
    assert problem.startswith(f"JARVICE_SLURM_SSH_KNOWN_HOSTS is {path}, ")


def test_files_are_not_looked_at_where_that_is_not_wanted(tmp_path: Path) -> None:
    """``dssr hostkey`` does not read the file of known hosts, which may be missing."""
    missing = str(tmp_path / "none" / "file")
    environ = SLURM | {
        "JARVICE_SLURM_SSH_KNOWN_HOSTS": missing,
        "JARVICE_SCHED_TOKENS_FILE": missing,
        "JARVICE_SCHED_AUDIT_LOG": missing,
    }
    settings: Any = load(environ, files=False).settings
    assert isinstance(settings, SlurmSettings)
    assert settings.ssh_known_hosts == missing


def test_variables_without_effect_are_warned_about() -> None:
    """A variable of no plugin, or of an unused one, gets a warning with the nearest name."""
    environ = {
        "JARVICE_BAREMETAL_CONNECTOR": "connectors.dummy.connector",
        "JARVICE_SLURM_SSH_USER": "svc",
        "JARVICE_SLURM_SSH_USR": "svc",
        "JARVICE_DUMMY_JOB_QUEUED_TME": "1",
    }
    other, *unknown = load(environ).warnings
    assert other.startswith(
        "JARVICE_SLURM_SSH_USER has no effect: it is a setting of the connector 'slurm'"
    )
    assert unknown == [
        "JARVICE_DUMMY_JOB_QUEUED_TME is no setting of dssr: did you mean "
        "JARVICE_DUMMY_JOB_QUEUED_TIME?",
        "JARVICE_SLURM_SSH_USR is no setting of dssr: did you mean JARVICE_SLURM_SSH_USER?",
    ]


def test_the_connectors_lines_of_the_report_are_in_the_configuration() -> None:
    """The configuration has the lines that the connector adds to the start-up report."""
    assert dict(load(SLURM).summary)["cluster"] == "svc at login1, port 22"
