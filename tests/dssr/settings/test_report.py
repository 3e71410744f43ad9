"""The start-up report."""

import logging
import subprocess
from typing import Any

import pytest

from dssr.bridge import Bridge
from dssr.errors import HostKeyChanged, HostKeyRefused
from dssr.settings import Settings, load, report, table
from dssr.settings.validation import check
from dssr.settings.warnings import own_user

_OURS = ("JARVICE_S", "WAITRESS_")
SLURM = {
    "JARVICE_BAREMETAL_CONNECTOR": "slurm",
    "JARVICE_SLURM_CLUSTER_ADDR": "login1",
    "JARVICE_SLURM_SSH_USER": "svc",
    "JARVICE_SLURM_SSH_PKEY": "MARKED",
}


def test_the_report_shows_what_was_understood() -> None:
    """Connector, executor, cluster, user, directories, address, callers."""
    lines = dict(report.understood(check(load(SLURM)), ["http://127.0.0.1:5000"]))
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
        (
            {"ssh_known_hosts": "/etc/known", "ssh_host_key_check": "first_use"},
            "whatever a host presents first",
        ),
    ],
)
def test_it_is_told_which_host_keys_are_trusted(given: dict[str, Any], words: str) -> None:
    """And loudly when none is."""
    assert report.trusted_hosts(Settings(**given)).startswith(words)


def test_no_secret_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Every setting that the table calls secret shows at most as 'set'."""
    caplog.set_level(0)
    secrets: dict[str, Any] = {f.name: "MARKED:MARKED" for f in table() if f.metadata["secret"]}
    report.report(Settings(connector="slurm", bind="0.0.0.0", **secrets), "1", ["http://x"])
    assert "callers     whoever has the password (JARVICE_SCHED_SERVER_KEY)" in caplog.text
    assert "MARKED" not in caplog.text


def test_it_is_told_whose_jobs_are_run_and_who_is_believed() -> None:
    """The service user's and nobody, unless set otherwise."""
    lines = dict(report.understood(check(Settings(connector="dummy")), []))
    assert lines["jobs are"] == "the service user's, all of them"
    assert lines["bearers"].startswith("not looked at")
    given = Settings(
        connector="dummy",
        users="file",
        bearer_secret="x",
        bearer_issuer="https://i",
        bearer_audience=("a", "b"),
    )
    lines = dict(report.understood(check(given), []))
    assert (
        lines["jobs are"]
        == "the local user whom users_id_mapping_configuration.yaml names for the bearer's 'email'"
    )
    assert lines["bearers"] == "verified by a shared secret; issuer https://i, audience a, b"
    given = Settings(
        connector="dummy", users="claim", bearer_jwks_url="https://i/certs", user_keys_dir="/keys"
    )
    lines = dict(report.understood(check(given), []))
    assert (
        lines["jobs are"]
        == "the local user whom the bearer's 'preferred_username' names; keys in /keys"
    )
    assert (
        lines["bearers"]
        == "verified by https://i/certs; issuer not looked at, audience not looked at"
    )


def test_the_settings_to_add_can_be_pasted() -> None:
    """Address and key where the key is missing; the settings accept what a shell makes of them, each time another password."""
    lines = [*report.missing(check(Settings())), "env"]
    shells = [
        subprocess.run(
            ["bash", "-euc", "\n".join(lines)], capture_output=True, text=True, check=True
        )
        for _ in "12"
    ]
    first, second = (
        check(load(dict(row.split("=", 1) for row in s.stdout.splitlines() if row[:9] in _OURS)))
        for s in shells
    )
    assert first.bind == "0.0.0.0"
    assert first.server_key.startswith("jarvice:")
    assert len(first.server_key) >= 40
    assert first.server_key != second.server_key


def test_no_password_is_suggested_in_the_log() -> None:
    """A log is read by many: the shell makes it where it is pasted."""
    assert list(report.missing(check(Settings()))) == list(report.missing(check(Settings())))


def test_nothing_is_suggested_where_nothing_is_missing() -> None:
    """An operator who has chosen is left alone."""
    assert list(report.missing(check(Settings(server_key="a:b")))) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"server_key": "a:b"}, "whoever has the password (JARVICE_SCHED_SERVER_KEY)"),
        ({"tokens_file": "/t"}, "whoever has a token in /t"),
        (
            {"server_key": "a:b", "tokens_file": "/t"},
            "whoever has the password (JARVICE_SCHED_SERVER_KEY) or a token in /t",
        ),
    ],
)
def test_the_ways_to_be_let_in_are_named(given: dict[str, Any], said: str) -> None:
    """One of them is enough for nothing to be missing."""
    assert report.who_may_call(check(Settings(**given))) == said
    assert list(report.missing(check(Settings(**given)))) == []


@pytest.mark.parametrize(
    ("path", "said"),
    [("", "none (JARVICE_SCHED_AUDIT_LOG is not set)"), ("/a.log", "/a.log"), ("-", "-")],
)
def test_the_audit_log_is_reported(path: str, said: str) -> None:
    """That there is none, too."""
    assert (
        dict(report.understood(check(Settings(audit_log=path)), ["http://x"]))["audit log"] == said
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"connector": "local", "bind": "0.0.0.0", "run_open": True}, "ANYBODY WHO REACHES IT"),
        ({"connector": "slurm", "cluster_address": "login1"}, "NONE, so nothing is sent"),
    ],
)
def test_what_no_operator_should_overlook_is_a_warning(
    given: dict[str, Any], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever shows warnings only sees it each time."""
    report.report(Settings(**given), "1", ["http://x"])
    assert words in "".join(
        record.getMessage() for record in caplog.records if record.levelname == "WARNING"
    )


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ("login1", "svc at login1, port 22"),
        ("login1,login2", "svc at login1, login2, port 22"),
        ("login1:2222,login2", "svc at login1:2222, login2 (port 22)"),
        ("local", "svc on this machine, without SSH"),
    ],
)
def test_each_login_node_has_one_port(addresses: str, said: str) -> None:
    """Its own, or the common one; none where nothing goes over SSH, and then no keys are told of either."""
    lines = dict(
        report.understood(
            Settings(connector="slurm", ssh_user="svc", cluster_address=addresses), []
        )
    )
    assert lines["cluster"] == said
    assert ("host keys" in lines) is (addresses != "local")


def test_without_a_cluster_the_report_speaks_of_this_machine(
    bridge: Bridge, connector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Whose jobs are run, by name, where callers' commands run, and who answers."""
    caplog.set_level(logging.INFO)
    settings = check(Settings(bind="0.0.0.0", run_open=True))
    assert report.whose_jobs(settings) == f"the bridge's own user's ({own_user()}), all of them"
    assert f"as {own_user()} on this machine" in report.who_may_call(settings)
    report.report_cluster(bridge, settings)
    assert caplog.messages == ["This machine answers."]


def test_a_silent_cluster_is_an_error_with_the_cure(
    bridge: Bridge, connector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It stops nothing; the connector's words are shown line by line, to be pasted."""
    connector.failure = HostKeyRefused(
        "The host key is not trusted:\nexport JARVICE_SLURM_SSH_HOST_KEY='SHA256:abc'"
    )
    report.report_cluster(bridge, Settings())
    assert [r.levelname for r in caplog.records] == ["ERROR"] * 3
    assert (
        caplog.records[-1].getMessage().strip() == "export JARVICE_SLURM_SSH_HOST_KEY='SHA256:abc'"
    )


def test_a_cluster_that_answers_is_one_line(
    bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    """And no warning."""
    caplog.set_level(0)
    report.report_cluster(bridge, Settings())
    assert caplog.messages == ["The cluster answers."]


def test_a_changed_host_key_is_told_once(
    bridge: Bridge, connector: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Who watches over host keys has told it as an error; a second one would look like a second event."""
    connector.failure = HostKeyChanged("login1 presents another host key")
    report.report_cluster(bridge, Settings())
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    assert "503" in caplog.text
