"""Errors and their exit codes."""

import pytest

from dssr import client, errors
from dssr.cli import exits
from dssr.cli.failure import did_you_mean, failure_of
from dssr.client.errors import OF_SLUG, ClientError
from tests.dssr.cli.running import Dssr

CODES = {
    "bad-request": 2,
    "too-large": 2,
    "unauthenticated": 3,
    "forbidden": 3,
    "not-found": 1,
    "conflict": 1,
    "method-not-allowed": 1,
    "not-ended": 1,
    "precondition-failed": 1,
    "not-written": 1,
    "no-space": 1,
    "refused-by-scheduler": 3,
    "too-many-requests": 5,
    "request-timeout": 5,
    "busy": 5,
    "cluster-unavailable": 4,
    "outcome-unknown": 5,
    "internal": 1,
}


@pytest.mark.parametrize("slug", OF_SLUG)
def test_each_problem_has_an_exit_code(slug: str) -> None:
    """Each error of the API leads to one exit code of the table."""
    is_transient = CODES[slug] in (4, 5)
    error = OF_SLUG[slug]("What is wrong.", slug=slug, transient=is_transient)
    failure = failure_of(error)
    assert (failure.message, failure.code) == ("What is wrong.", CODES[slug])
    assert failure.code in exits.MEANINGS


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (client.BadTarget("x"), 2),
        (client.Unreachable("x", transient=True), 4),
        (client.WaitTimeout("x", transient=True), 5),
        (errors.SettingsError(["x"]), 2),
        (errors.PluginError("x"), 2),
        (errors.NotFound("x"), 1),
        (FileNotFoundError(2, "No such file or directory", "/none"), 1),
    ],
)
def test_other_errors(error: errors.DssrError | client.ClientError | OSError, code: int) -> None:
    """Errors of the client, of settings and of files have exit codes of the table."""
    assert failure_of(error).code == code


def test_messages_are_harmless() -> None:
    """A message that quotes other people's words does not control the terminal."""
    assert (
        failure_of(client.Refused("sbatch:\x1b[2J no\nreally")).message == "sbatch:?[2J no\nreally"
    )


def test_no_bridge(dssr: Dssr) -> None:
    """Where no bridge answers, the error says where, and the exit code is 4."""
    done = dssr("jobs", "--url", "http://127.0.0.1:1")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith(
        "dssr jobs: There is no answer from the bridge at http://127.0.0.1:1"
    )


def test_suggestions() -> None:
    """The nearest known word is suggested, and nothing where none is like it."""
    assert did_you_mean("partitons", ["partitions", "nodes"]) == " Did you mean 'partitions'?"
    assert did_you_mean("x", ["partitions"]) == ""


def test_words_for_programs_become_words_for_a_terminal() -> None:
    """What is an argument in a program is an option here, or is left out."""
    said = (
        "Not a valid token: send a token, as 'Authorization: Bearer TOKEN'. Here that is DSSR_TOKEN"
        ", which goes to the host in DSSR_URL alone, or the argument 'token'."
    )
    words = failure_of(ClientError(said)).message
    assert "argument" not in words
    assert "Authorization" not in words
    assert "Set it in DSSR_TOKEN, which goes to the host in DSSR_URL alone." in words
    assert failure_of(ClientError("the argument 'cluster' is x")).message == "--cluster is x"
