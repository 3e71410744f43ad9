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
def test_it_is_told_which_host_keys_are_trusted(given: dict[str, Any], words: str) -> None:
    """And loudly when none is."""
    assert startup.trusted_hosts(Settings(**given)).startswith(words)


def test_no_secret_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Every setting that the table calls secret shows at most as 'set'."""
    caplog.set_level(0)
    secrets: dict[str, Any] = {f.name: "MARKED:MARKED" for f in table() if f.metadata["secret"]}
    startup.report(Settings(connector="slurm", bind="0.0.0.0", **secrets), "1", ["http://x"])
    assert "callers     whoever has the password (JARVICE_SCHED_SERVER_KEY)" in caplog.text
    assert "MARKED" not in caplog.text


def test_it_is_told_whose_jobs_are_run_and_who_is_believed() -> None:
    """The service user's and nobody, unless set otherwise."""
    lines = dict(startup.understood(check(Settings()), []))
    assert lines["jobs are"] == "the service user's, all of them"
    assert lines["bearers"].startswith("not looked at")
    given = Settings(users="file", bearer_secret="x", bearer_issuer="https://i", bearer_audience=("a", "b"))
    lines = dict(startup.understood(check(given), []))
    assert lines["jobs are"] == "the local user whom users_id_mapping_configuration.yaml names for the bearer's 'email'"
    assert lines["bearers"] == "verified by a shared secret; issuer https://i, audience a, b"
    given = Settings(users="claim", bearer_jwks_url="https://i/certs", user_keys_dir="/keys")
    lines = dict(startup.understood(check(given), []))
    assert lines["jobs are"] == "the local user whom the bearer's 'preferred_username' names; keys in /keys"
    assert lines["bearers"] == "verified by https://i/certs; issuer not looked at, audience not looked at"


@pytest.mark.parametrize(
    ("given", "unset"),
    [
        ({"users": "file"}, "JARVICE_BEARER_ISSUER and JARVICE_BEARER_AUDIENCE NOT SET"),
        ({"users": "file", "bearer_issuer": "i"}, "JARVICE_BEARER_AUDIENCE NOT SET"),
        ({"users": "claim", "bearer_audience": ("a",)}, "JARVICE_BEARER_ISSUER NOT SET"),
        ({"users": "claim", "bearer_audience": ("a",), "bearer_issuer": "i"}, ""),
        ({}, ""),
    ],
)
def test_a_check_that_is_left_out_is_warned_about(given: dict[str, Any], unset: str, caplog: pytest.LogCaptureFixture) -> None:
    """Where bearers decide whose a job is."""
    startup.report(Settings(**given), "1", ["http://x"])
    assert "".join(record.getMessage() for record in caplog.records if record.levelname == "WARNING").startswith(unset)
    assert ("NOT SET" in caplog.text) is bool(unset)


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


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"server_key": "a:b"}, "whoever has the password (JARVICE_SCHED_SERVER_KEY)"),
        ({"tokens_file": "/t"}, "whoever has a token in /t"),
        ({"server_key": "a:b", "tokens_file": "/t"}, "whoever has the password (JARVICE_SCHED_SERVER_KEY) or a token in /t"),
    ],
)
def test_the_ways_to_be_let_in_are_named(given: dict[str, Any], said: str) -> None:
    """One of them is enough for nothing to be missing."""
    assert startup.who_may_call(check(Settings(**given))) == said
    assert list(startup.missing(check(Settings(**given)))) == []


@pytest.mark.parametrize(
    ("path", "said"), [("", "none (JARVICE_SCHED_AUDIT_LOG is not set)"), ("/a.log", "/a.log"), ("-", "-")]
)
def test_the_audit_log_is_reported(path: str, said: str) -> None:
    """That there is none, too."""
    assert dict(startup.understood(check(Settings(audit_log=path)), ["http://x"]))["audit log"] == said


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
