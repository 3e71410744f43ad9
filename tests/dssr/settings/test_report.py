"""The start-up report."""

import logging
import subprocess
from typing import Any

import pytest

from connectors.local.settings import LocalSettings
from dssr.errors import HostKeyChanged, Unavailable
from dssr.settings import Settings, report
from dssr.settings.reading import parse, table
from dssr.settings.validation import completed, own_user

_OURS = ("JARVICE_S", "WAITRESS_")


def lines(settings: Settings, *of_plugins: tuple[str, str]) -> dict[str, str]:
    """The report's lines about settings, completed, by their labels."""
    return dict(report.summary(completed(settings), of_plugins, ["http://127.0.0.1:5000"]))


def answers() -> None:
    """Answer as a cluster that answers."""


def test_the_report_shows_what_the_settings_mean() -> None:
    """The report has the plugins and their lines, the directories, the address and the callers."""
    shown = lines(Settings(connector="slurm", executor="native"), ("cluster", "svc at login1"))
    assert list(shown)[:3] == ["connector", "executor", "cluster"]
    assert (shown["connector"], shown["cluster"]) == ("slurm", "svc at login1")
    assert shown["scratch"] == "the user's home directory"
    assert shown["listens on"] == "http://127.0.0.1:5000"
    assert shown["callers"].startswith("everyone on this machine")


def test_no_secret_is_reported() -> None:
    """Of every secret setting the report says at most that it is set."""
    secrets: dict[str, Any] = {f.name: "MARKED:MARKED" for f in table() if f.metadata["secret"]}
    shown = lines(Settings(**secrets))
    assert shown["callers"] == "those who have the password (JARVICE_SCHED_SERVER_KEY)"
    assert shown["registry"] == "not set, credentials set"
    assert "MARKED" not in "".join(shown.values())


@pytest.mark.parametrize(
    ("given", "jobs", "bearers"),
    [
        ({}, "the service user's, all of them", "not looked at (no JARVICE_BEARER_ setting says"),
        (
            {"users": "file", "bearer_secret": "x", "bearer_issuer": "https://i",
             "bearer_audience": ("a", "b")},
            "the local user's whom users_id_mapping_configuration.yaml names for the bearer's "
            "'email'",
            "verified by a shared secret; issuer https://i, audience a, b",
        ),
        (
            {"users": "claim", "bearer_jwks_url": "https://i/certs", "user_keys_dir": "/keys"},
            "the local user's whom the bearer's 'preferred_username' names; keys in /keys",
            "verified by https://i/certs; issuer not looked at, audience not looked at",
        ),
    ],
)  # fmt: skip
def test_the_report_says_whose_jobs_they_are(
    given: dict[str, Any], jobs: str, bearers: str
) -> None:
    """The report says whose the jobs are and how bearers are verified."""
    shown = lines(Settings(**given))
    assert shown["jobs are"] == jobs
    assert shown["bearers"].startswith(bearers)


def test_the_line_to_add_can_be_pasted() -> None:
    """The suggested line, pasted into a shell, makes a new password each time, with which the
    bridge listens to the network."""
    wanted = [*report.suggestions(completed(Settings())), "env"]
    command = ["bash", "-euc", "\n".join(wanted)]
    made = []
    for _ in "12":
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        ours = (row for row in shown.splitlines() if row.startswith(_OURS))
        made.append(completed(parse(dict(row.split("=", 1) for row in ours), Settings)))
    first, second = made
    assert first.bind == "0.0.0.0"
    assert first.server_key.startswith("jarvice:")
    assert len(first.server_key) >= 40
    assert first.server_key != second.server_key


def test_no_line_opens_a_bridge_without_a_password(caplog: pytest.LogCaptureFixture) -> None:
    """The one line that is suggested sets a password; an address is never suggested."""
    caplog.set_level(logging.INFO)
    report.report_suggestions(completed(LocalSettings()))
    (suggested,) = (line for line in caplog.messages if "export" in line)
    assert suggested == '  export JARVICE_SCHED_SERVER_KEY="jarvice:$(openssl rand -base64 24)"'


@pytest.mark.parametrize("given", [{"server_key": "a:b"}, {"tokens_file": "/t"}])
def test_a_protected_bridge_gets_no_suggestion(given: dict[str, Any]) -> None:
    """A bridge whose callers must authenticate themselves gets no suggestion."""
    assert list(report.suggestions(completed(Settings(**given)))) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({"server_key": "a:b"}, "those who have the password (JARVICE_SCHED_SERVER_KEY)"),
        ({"tokens_file": "/t"}, "those who have a token in /t"),
        (
            {"server_key": "a:b", "tokens_file": "/t"},
            "those who have the password (JARVICE_SCHED_SERVER_KEY) or a token in /t",
        ),
        (
            {"web": True, "web_oidc_client_id": "p", "web_oidc_issuer": "https://id.example"},
            "those who have a login at https://id.example, in the portal",
        ),
    ],
)
def test_the_ways_to_authenticate_are_named(given: dict[str, Any], shown: str) -> None:
    """Each way that is set is in the report."""
    assert lines(Settings(**given))["callers"] == shown


@pytest.mark.parametrize(
    ("path", "shown"),
    [("", "none (JARVICE_SCHED_AUDIT_LOG is not set)"), ("/a.log", "/a.log"), ("-", "-")],
)
def test_the_audit_log_is_reported(path: str, shown: str) -> None:
    """The report says where the audit log is, or that there is none."""
    assert lines(Settings(audit_log=path))["audit log"] == shown


def test_what_no_operator_should_overlook_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Lines that begin with NONE or ANYONE have the level of warnings, as the warnings have."""
    opened = Settings(bind="0.0.0.0", run_open=True)
    shown = lines(opened, ("host keys", "NONE, so nothing is sent"))
    report.report(shown.items(), ["Something is unsafe."], "1")
    loud = [r.getMessage().strip() for r in caplog.records if r.levelname == "WARNING"]
    assert [line.split()[0] for line in loud] == ["host", "callers", "Something"]
    assert "ANYONE WHO REACHES IT" in loud[1]


def test_without_a_cluster_the_report_speaks_of_this_machine(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a cluster the report says that the jobs are the bridge's own user's, and whether this
    machine takes jobs."""
    caplog.set_level(0)
    settings = completed(LocalSettings(bind="0.0.0.0", run_open=True))
    shown = lines(settings)
    assert shown["jobs are"] == f"the bridge's own user's ({own_user()}), all of them"
    assert f"as {own_user()} on this machine" in shown["callers"]
    report.report_cluster(answers, settings)
    assert caplog.messages == ["This machine takes jobs."]


def test_a_cluster_that_does_not_answer_is_an_error(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the connector's problems as errors, one line each with the cure."""

    def silent() -> None:
        raise Unavailable("The controller is silent.\nLook at slurmctld.")

    report.report_cluster(silent, Settings())
    assert {r.levelname for r in caplog.records} == {"ERROR"}
    assert caplog.messages[0].startswith("THE CLUSTER TAKES NO JOBS.")
    assert caplog.messages[1:] == ["  The controller is silent.", "  Look at slurmctld."]


def test_a_cluster_that_answers_causes_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    """A cluster that answers is reported in one line, without a warning."""
    caplog.set_level(0)
    report.report_cluster(answers, Settings())
    assert caplog.messages == ["The cluster takes jobs."]


def test_a_changed_host_key_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    """A changed host key is reported as one error, the connector's."""

    def changed() -> None:
        raise HostKeyChanged("login1 presents another host key")

    report.report_cluster(changed, Settings())
    assert [r.levelname for r in caplog.records] == ["WARNING"]
    assert "503" in caplog.text


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, "http://NAME.localhost:5010/, on port 5010, which the first one opens"),
        ({"services_port": 0}, "http://NAME.localhost:PORT/, on a free port"),
        ({"jobs_domain": "jobs.example.org"}, "https://NAME.jobs.example.org/, on port 5010"),
        ({"jobs_domain": "http://x.org:81"}, "http://NAME.x.org:81/, on port 5010"),
    ],
)
def test_it_says_where_services_are(given: dict[str, Any], shown: str) -> None:
    """The report has the address of services, and the port that leads to all of them."""
    assert lines(Settings(**given))["services"].startswith(shown)
