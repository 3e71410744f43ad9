"""The scripts of deploy/examples, run as they stand against a real bridge."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.docs.conftest import Serve
from tests.docs.markdown import ROOT
from tests.end_to_end.service import Service, eventually

EXAMPLES = ROOT / "deploy/examples"
SCRIPTS = ("submit.sh", "watch.sh", "output.sh", "cancel.sh")
HARD = 'tab\there "quoted" \\ back\\\\slash \\n Grüße 数 😀 </script> %s end'
DONE, JOB_FAILED, USAGE, REFUSED, NOT_THERE, NOT_NOW = range(6)


@pytest.fixture(autouse=True)
def curl() -> None:
    """All of them need curl."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl: install it, as tests/run.sh does for root on Debian")


def example(url: str, name: str, *words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run one by dash (or whatever /bin/sh is), against the bridge at ``url``."""
    env = os.environ | {"DSSR_URL": url, "DSSR_INTERVAL": "0.2", **environ}
    done = subprocess.run(
        ["/bin/sh", EXAMPLES / name, *words], capture_output=True, env=env, timeout=120, check=False
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )


def submitted(bridge: Service, tmp_path: Path, text: str, *words: str) -> list[str]:
    """The name, number and id of a job with this script."""
    script = tmp_path / "job.sh"
    script.write_text(text)
    done = example(bridge.url, "submit.sh", *words, str(script))
    assert done.returncode == DONE, done.stderr
    return done.stdout.split()


def test_a_job_is_submitted_watched_and_its_output_printed(bridge: Service) -> None:
    """What one script prints is what the next ones want; the job's end is the watcher's exit code."""
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
    """A submission sent again makes no second job."""
    words = (str(EXAMPLES / "hello.sh"), "once", "1")
    first, second = (example(bridge.url, "submit.sh", *words) for _ in range(2))
    assert first.stdout == second.stdout == "once 1 1\n"


def test_a_failed_job_is_the_watchers_exit_code(bridge: Service, tmp_path: Path) -> None:
    """1, and the state in words."""
    job = submitted(bridge, tmp_path, "exit 3\n")
    watched = example(bridge.url, "watch.sh", *job)
    assert watched.returncode == JOB_FAILED
    assert "FAILED after 00:00:0" in watched.stdout


def test_output_is_the_jobs_to_the_last_character(bridge: Service, tmp_path: Path) -> None:
    """While the job's files are there and when only the bridge's record is left, whatever characters it holds."""
    job = submitted(bridge, tmp_path, f"cat <<'END'\n{HARD}\n],[]]\nEND\n")
    expected = f"{HARD}\n],[]]\n"
    eventually(
        lambda: example(bridge.url, "output.sh", *job).stdout, lambda seen: seen == expected, 30
    )
    assert example(bridge.url, "watch.sh", *job).returncode == DONE
    assert example(bridge.url, "output.sh", *job).stdout == expected


def test_a_large_script_is_sent(bridge: Service, tmp_path: Path) -> None:
    """One of 1 MB, which no command line could hold."""
    job = submitted(bridge, tmp_path, f"# {'x' * 1024 * 1024}\necho well\n")
    assert example(bridge.url, "watch.sh", *job).returncode == DONE
    assert example(bridge.url, "output.sh", *job).stdout == "well\n"


def test_a_job_is_cancelled(bridge: Service, tmp_path: Path) -> None:
    """A held job waits, and a cancelled one ends as cancelled."""
    job = submitted(bridge, tmp_path, "sleep 300\n", "-H")
    assert example(bridge.url, "output.sh", *job).returncode == NOT_NOW
    cancelled = example(bridge.url, "cancel.sh", *job)
    assert cancelled.returncode == DONE
    watched = example(bridge.url, "watch.sh", *job)
    assert watched.returncode == JOB_FAILED
    assert "CANCELLED" in watched.stdout
    assert "exit status -15" in watched.stdout


@pytest.mark.parametrize("name", ["watch.sh", "output.sh", "cancel.sh"])
def test_a_job_that_is_not_there_is_an_error(bridge: Service, name: str) -> None:
    """Said in a sentence, with the exit code of a refusal."""
    done = example(bridge.url, name, "nobody", "1", "99")
    assert done.returncode == REFUSED
    assert done.stdout == ""
    assert "submitted here" in done.stderr


def test_what_the_bridge_refuses_is_shown(bridge: Service) -> None:
    """In the bridge's own words."""
    done = example(bridge.url, "submit.sh", "-n", "2", str(EXAMPLES / "hello.sh"))
    assert done.returncode == REFUSED
    assert done.stdout == ""
    assert "node" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_wrong_arguments_are_told(name: str) -> None:
    """By the usage, before anything is sent."""
    done = example("http://127.0.0.1:1", name, "--nonsense", "and", "more", "of", "it")
    assert done.returncode == USAGE
    assert "usage: " + name in done.stderr


@pytest.mark.parametrize("word", ["-h", "--help"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_help_is_no_error(name: str, word: str) -> None:
    """What stands at the top of the script, on stdout; nothing is sent."""
    done = example("http://127.0.0.1:1", name, word)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert f"\n  {name} [" in done.stdout or f"\n  {name} NAME" in done.stdout
    assert "#" not in done.stdout
    assert "common.sh" not in done.stdout


@pytest.mark.parametrize(
    ("name", "words"),
    [("submit.sh", ["-x"]), ("submit.sh", ["-n"]), ("output.sh", ["-x", "a", "1", "1"])],
)
def test_an_option_that_is_none_is_told(name: str, words: list[str]) -> None:
    """On one line, by its letter."""
    done = example("http://127.0.0.1:1", name, *words)
    assert (done.returncode, len(done.stderr.splitlines())) == (USAGE, 1)
    assert done.stderr.startswith(words[0] + " is no option, or lacks its value; usage: ")


@pytest.mark.parametrize(
    ("name", "number", "jobid"),
    [('a"b', "1", "1"), ("a", "x", "1"), ("a", "1", "1;2"), ("", "1", "1")],
)
def test_arguments_that_would_break_the_request_are_told(
    name: str, number: str, jobid: str
) -> None:
    """What cannot be a name, a number or an id is not sent."""
    done = example("http://127.0.0.1:1", "cancel.sh", name, number, jobid)
    assert done.returncode == USAGE
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_bridge_is_an_error(name: str) -> None:
    """In curl's words, with an exit code of its own."""
    words = [str(EXAMPLES / "hello.sh")] if name == "submit.sh" else ["a", "1", "1"]
    done = example("http://127.0.0.1:1", name, *words)
    assert done.returncode == NOT_THERE
    assert "127.0.0.1" in done.stderr


def test_a_password_is_sent(serve: Serve) -> None:
    """The one of DSSR_KEY, whatever characters it holds; without it the bridge's refusal is shown."""
    key = 'jarvice:a "long" \\pass$word\''
    bridge = serve(JARVICE_SCHED_SERVER_KEY=key, WAITRESS_BIND_ADDRESS="127.0.0.1")
    words = (str(EXAMPLES / "hello.sh"), "a", "1")
    assert example(bridge.url, "submit.sh", *words, DSSR_KEY=key).stdout == "a 1 1\n"
    refused = example(bridge.url, "submit.sh", *words)
    assert refused.returncode == REFUSED
    assert "JARVICE_SCHED_SERVER_KEY" in refused.stderr


def test_a_token_is_sent(serve: Serve, tmp_path: Path) -> None:
    """The one of DSSR_TOKEN; a scope that is too small is told."""
    path, texts = str(tmp_path / "tokens"), {}
    for scope in (Scope.READ, Scope.SUBMIT):
        token, texts[scope] = mint(scope.word, scope, time.time(), None)
        token_file.add(path, token)
    bridge = serve(JARVICE_SCHED_TOKENS_FILE=path, WAITRESS_BIND_ADDRESS="127.0.0.1")
    words = (str(EXAMPLES / "hello.sh"), "a", "1")
    assert (
        example(bridge.url, "submit.sh", *words, DSSR_TOKEN=texts[Scope.SUBMIT]).stdout == "a 1 1\n"
    )
    refused = example(bridge.url, "submit.sh", *words, DSSR_TOKEN=texts[Scope.READ])
    assert refused.returncode == REFUSED
    assert "needs the scope 'submit'" in refused.stderr


@pytest.mark.parametrize("name", ["DSSR_KEY", "DSSR_TOKEN"])
def test_no_secret_is_on_curls_command_line(name: str, tmp_path: Path) -> None:
    """Where everybody on the machine could read it."""
    fake = tmp_path / "curl"  # stands where curl stands, and tells its words
    fake.write_text('#!/bin/sh\ncat >/dev/null\necho "$@"\necho 200\n')
    fake.chmod(0o755)
    script = ["/bin/sh", "-c", f". {EXAMPLES}/common.sh; echo | post /submit"]
    env = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", name: "jarvice:secret"}
    done = subprocess.run(script, capture_output=True, text=True, env=env, check=True)
    assert "/submit" in done.stdout
    assert "secret" not in done.stdout
