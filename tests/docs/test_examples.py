"""The scripts of deploy/examples against a bridge on the local connector."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.conftest import Serve
from tests.docs.examples import (
    DONE,
    EXAMPLES,
    JOB_FAILED,
    NOT_THERE,
    REFUSED,
    USAGE,
    example,
    require_curl,
)
from tests.end_to_end.service import Service, eventually

SCRIPTS = ("submit.sh", "watch.sh", "output.sh", "cancel.sh")
HARD = 'tab\there "quoted" \\ back\\\\slash \\n Grüße 数 😀 </script> %s end'


@pytest.fixture(autouse=True)
def curl() -> None:
    """All example scripts need curl."""
    require_curl()


def submitted(bridge: Service, tmp_path: Path, text: str, *words: str) -> list[str]:
    """Submit a job with this script by submit.sh; return its name, number and id."""
    script = tmp_path / "job.sh"
    script.write_text(text)
    done = example(bridge.url, "submit.sh", *words, str(script))
    assert done.returncode == DONE, done.stderr
    return done.stdout.split()


def new_token(path: str, scope: str) -> str:
    """Make a token in the file at ``path`` with ``dssr token new``."""
    words = [sys.executable, "-m", "dssr", "token", "new", scope, "--scope", scope]
    env = os.environ | {"JARVICE_SCHED_TOKENS_FILE": path}
    return subprocess.run(words, env=env, capture_output=True, text=True, check=True).stdout.strip()


def test_a_job_is_submitted_watched_and_its_output_printed(bridge: Service) -> None:
    """submit.sh prints the arguments of the other scripts, and the exit code of watch.sh says
    how the job ended."""
    job = example(bridge.url, "submit.sh", str(EXAMPLES / "hello.sh"), "mine", "7").stdout.split()
    assert job == ["mine", "7", "1"]
    watched = example(bridge.url, "watch.sh", *job)
    assert watched.returncode == DONE
    assert watched.stdout.startswith("mine 7 1: COMPLETED after 00:00:0")
    assert watched.stdout.endswith(", exit status 0\n")
    assert "mine 7 1: running on " in watched.stderr
    printed = example(bridge.url, "output.sh", "-n", "2", *job)
    assert printed.stdout == "step 3 of 3\nDone\n"


def test_the_same_submission_is_the_same_job(bridge: Service) -> None:
    """The same submission sent twice makes one job."""
    words = (str(EXAMPLES / "hello.sh"), "once", "1")
    first, second = (example(bridge.url, "submit.sh", *words) for _ in range(2))
    assert first.stdout == second.stdout == "once 1 1\n"


def test_a_failed_job_is_the_watchers_exit_code(bridge: Service, tmp_path: Path) -> None:
    """watch.sh ends with 1 and names the state when the job has failed."""
    job = submitted(bridge, tmp_path, "exit 3\n")
    watched = example(bridge.url, "watch.sh", *job)
    assert watched.returncode == JOB_FAILED
    assert "FAILED after 00:00:0" in watched.stdout


def test_output_is_the_jobs_to_the_last_character(bridge: Service, tmp_path: Path) -> None:
    """output.sh prints every character of the output, both before and after /exitstatus has
    removed the job's files."""
    job = submitted(bridge, tmp_path, f"cat <<'END'\n{HARD}\n],[]]\nEND\n")
    expected = f"{HARD}\n],[]]\n"
    eventually(
        lambda: example(bridge.url, "output.sh", *job).stdout, lambda seen: seen == expected, 30
    )
    assert example(bridge.url, "watch.sh", *job).returncode == DONE
    assert example(bridge.url, "output.sh", *job).stdout == expected


def test_a_large_script_is_sent(bridge: Service, tmp_path: Path) -> None:
    """submit.sh sends a script of 1 MB, which is more than a command line can hold."""
    job = submitted(bridge, tmp_path, f"# {'x' * 1024 * 1024}\necho well\n")
    assert example(bridge.url, "watch.sh", *job).returncode == DONE
    assert example(bridge.url, "output.sh", *job).stdout == "well\n"


def test_a_job_is_cancelled(bridge: Service, tmp_path: Path) -> None:
    """A held job has no output, and cancel.sh ends it as cancelled."""
    job = submitted(bridge, tmp_path, "sleep 300\n", "-H")
    assert example(bridge.url, "output.sh", *job).returncode == REFUSED
    cancelled = example(bridge.url, "cancel.sh", *job)
    assert cancelled.returncode == DONE
    watched = example(bridge.url, "watch.sh", *job)
    assert watched.returncode == JOB_FAILED
    assert "CANCELLED" in watched.stdout
    assert "exit status -15" in watched.stdout


@pytest.mark.parametrize("name", ["watch.sh", "output.sh", "cancel.sh"])
def test_a_job_that_is_not_there_is_an_error(bridge: Service, name: str) -> None:
    """A job that was never submitted is an error with the exit code of a rejection and one
    sentence."""
    done = example(bridge.url, name, "never", "1", "99")
    assert done.returncode == REFUSED
    assert done.stdout == ""
    assert "submitted here" in done.stderr


def test_what_the_bridge_refuses_is_shown(bridge: Service) -> None:
    """submit.sh prints the bridge's own message when the bridge rejects a job."""
    done = example(bridge.url, "submit.sh", "-n", "2", str(EXAMPLES / "hello.sh"))
    assert done.returncode == REFUSED
    assert done.stdout == ""
    assert "node" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_wrong_arguments_are_reported(name: str) -> None:
    """Wrong arguments are answered with the usage, and nothing is sent."""
    done = example("http://127.0.0.1:1", name, "--nonsense", "and", "more", "of", "it")
    assert done.returncode == USAGE
    assert "usage: " + name in done.stderr


@pytest.mark.parametrize("word", ["-h", "--help"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_no_error(name: str, word: str) -> None:
    """-h and --help print the comment at the top of the script on stdout, and nothing is sent."""
    done = example("http://127.0.0.1:1", name, word)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert f"\n  {name} [" in done.stdout or f"\n  {name} NAME" in done.stdout
    assert "#" not in done.stdout
    assert "common.sh" not in done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [("submit.sh", ["-x"]), ("submit.sh", ["-n"]), ("output.sh", ["-x", "a", "1", "1"])],
)
def test_an_unknown_option_is_reported(name: str, words: list[str]) -> None:
    """An unknown option, or one without its value, is named on one line."""
    done = example("http://127.0.0.1:1", name, *words)
    assert (done.returncode, len(done.stderr.splitlines())) == (USAGE, 1)
    assert done.stderr.startswith(words[0] + " is not an option, or its value is missing; usage: ")


@pytest.mark.parametrize(
    ("name", "number", "jobid"),
    [('a"b', "1", "1"), ("a", "x", "1"), ("a", "1", "1;2"), ("", "1", "1")],
)
def test_arguments_that_would_break_the_request_are_reported(
    name: str, number: str, jobid: str
) -> None:
    """An argument that cannot be a name, a number or an id is rejected, and nothing is sent."""
    done = example("http://127.0.0.1:1", "cancel.sh", name, number, jobid)
    assert done.returncode == USAGE
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_bridge_is_an_error(name: str) -> None:
    """A bridge that cannot be reached is an error with curl's message and an exit code of its
    own."""
    words = [str(EXAMPLES / "hello.sh")] if name == "submit.sh" else ["a", "1", "1"]
    done = example("http://127.0.0.1:1", name, *words)
    assert done.returncode == NOT_THERE
    assert "127.0.0.1" in done.stderr


def test_a_password_is_sent(serve: Serve) -> None:
    """The password in DSSR_KEY is sent, whatever characters it has; without it the bridge's
    message is printed."""
    key = 'jarvice:a "long" \\pass$word\''
    bridge = serve(JARVICE_SCHED_SERVER_KEY=key, WAITRESS_BIND_ADDRESS="127.0.0.1")
    words = (str(EXAMPLES / "hello.sh"), "a", "1")
    assert example(bridge.url, "submit.sh", *words, DSSR_KEY=key).stdout == "a 1 1\n"
    refused = example(bridge.url, "submit.sh", *words)
    assert refused.returncode == REFUSED
    assert "JARVICE_SCHED_SERVER_KEY" in refused.stderr


def test_a_token_is_sent(serve: Serve, tmp_path: Path) -> None:
    """The token in DSSR_TOKEN is sent; the bridge's message is printed when its scope is too
    small."""
    path = str(tmp_path / "tokens")
    texts = {scope: new_token(path, scope) for scope in ("read", "submit")}
    bridge = serve(JARVICE_SCHED_TOKENS_FILE=path, WAITRESS_BIND_ADDRESS="127.0.0.1")
    words = (str(EXAMPLES / "hello.sh"), "a", "1")
    assert example(bridge.url, "submit.sh", *words, DSSR_TOKEN=texts["submit"]).stdout == "a 1 1\n"
    refused = example(bridge.url, "submit.sh", *words, DSSR_TOKEN=texts["read"])
    assert refused.returncode == REFUSED
    assert "needs the scope 'submit'" in refused.stderr


@pytest.mark.parametrize("name", ["DSSR_KEY", "DSSR_TOKEN"])
def test_no_secret_is_on_curls_command_line(name: str, tmp_path: Path) -> None:
    """A secret is never an argument of curl, because all users of the machine can read those."""
    fake = tmp_path / "curl"  # prints its arguments
    fake.write_text('#!/bin/sh\ncat >/dev/null\necho "$@"\necho 200\n')
    fake.chmod(0o755)
    script = ["/bin/sh", "-c", f". {EXAMPLES}/common.sh; echo | post /submit"]
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", name: "jarvice:secret"}
    done = subprocess.run(script, capture_output=True, text=True, env=env, check=True)
    assert "/submit" in done.stdout
    assert "secret" not in done.stdout
