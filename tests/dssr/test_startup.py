"""The start-up report."""

from typing import Any

import pytest

from dssr import startup
from dssr.bridge import Bridge
from dssr.errors import HostKeyRefused
from dssr.settings import Settings, load, table
from dssr.settings_check import check

SLURM = {
    "JARVICE_BAREMETAL_CONNECTOR": "slurm",
    "JARVICE_SLURM_CLUSTER_ADDR": "login1",
    "JARVICE_SLURM_SSH_USER": "svc",
    "JARVICE_SLURM_SSH_PKEY": "MARKED",
}


def test_the_report_shows_what_was_understood() -> None:
    """Connector, executor, cluster, user, directories, address, callers."""
    lines = dict(startup.understood(check(load(SLURM)), ["http://127.0.0.1:5000"]))
    assert lines["connector"] == "slurm"
    assert lines["executor"] == "singularity"
    assert lines["cluster"] == "svc at login1, port 22"
    assert lines["SSH key"] == "set"
    assert lines["host keys"].startswith("NONE")
    assert lines["scratch"] == "the user's home directory"
    assert lines["listens on"] == "http://127.0.0.1:5000"
    assert lines["callers"].startswith("everybody on this machine")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ssh_host_key": "SHA256:abc"}, "those in JARVICE_SLURM_SSH_HOST_KEY"),
        ({"ssh_known_hosts": "/etc/known"}, "those in /etc/known"),
        ({"ssh_known_hosts": "/etc/known", "ssh_host_key_check": "first_use"}, "whatever a host presents first"),
    ],
)
def test_it_is_told_which_host_keys_are_trusted(given: dict[str, str], words: str) -> None:
    """And loudly when none is."""
    assert startup.trusted_hosts(Settings(**given)).startswith(words)


def test_no_secret_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Every setting that the table calls secret shows at most as 'set'."""
    caplog.set_level(0)
    secrets: dict[str, Any] = {f.name: "MARKED:MARKED" for f in table() if f.metadata["secret"]}
    startup.report(Settings(connector="slurm", bind="0.0.0.0", **secrets), "1", ["http://x"])
    assert "callers     whoever has the password (JARVICE_SCHED_SERVER_KEY)" in caplog.text
    assert "MARKED" not in caplog.text


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("JARVICE_SLURM_CLUSTER_ADDRESS", "did you mean JARVICE_SLURM_CLUSTER_ADDR?"),
        ("JARVICE_BAREMETAL_CONECTOR", "did you mean JARVICE_BAREMETAL_CONNECTOR?"),
        ("JARVICE_SOMETHING_ELSE", "it is ignored, unless a plugin reads it."),
    ],
)
def test_an_unknown_variable_is_named_with_the_one_that_was_meant(name: str, hint: str) -> None:
    """A misspelt setting would otherwise be a default, silently."""
    assert list(startup.unknown(load({name: "x"}))) == [f"{name} is no setting of dssr: {hint}"]


def test_the_settings_to_add_can_be_pasted() -> None:
    """Address and key where the key is missing; the suggestion is accepted by the settings, and never the same twice."""
    lines = list(startup.missing(check(Settings())))
    environ = dict(line.removeprefix("export ").replace("'", "").split("=", 1) for line in lines)
    settings = check(load(environ))
    assert settings.bind == "0.0.0.0"
    assert settings.server_key.startswith("jarvice:")
    assert len(settings.server_key) >= 40
    assert list(startup.missing(check(Settings()))) != lines


def test_nothing_is_suggested_where_nothing_is_missing() -> None:
    """An operator who has chosen is left alone."""
    assert list(startup.missing(check(Settings(server_key="a:b")))) == []


def test_an_open_bridge_is_told_loudly() -> None:
    """Whoever chose it sees it each time."""
    assert startup.who_may_call(Settings(bind="0.0.0.0", run_open=True)).startswith("ANYBODY")


def test_a_silent_cluster_is_an_error_with_the_cure(bridge: Bridge, connector: Any, caplog: pytest.LogCaptureFixture) -> None:
    """It stops nothing; the connector's words are shown line by line, to be pasted."""
    connector.failure = HostKeyRefused("The host key is not trusted:\nexport JARVICE_SLURM_SSH_HOST_KEY='SHA256:abc'")
    startup.report_cluster(bridge)
    assert [r.levelname for r in caplog.records] == ["ERROR"] * 3
    assert caplog.records[-1].getMessage().strip() == "export JARVICE_SLURM_SSH_HOST_KEY='SHA256:abc'"


def test_a_cluster_that_answers_is_one_line(bridge: Bridge, caplog: pytest.LogCaptureFixture) -> None:
    """And no warning."""
    caplog.set_level(0)
    startup.report_cluster(bridge)
    assert caplog.messages == ["The cluster answers."]
