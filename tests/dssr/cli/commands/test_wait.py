"""``dssr wait``: the exit code of jobs."""

import json

from tests.dssr.cli.running import Dssr, Terminal


def test_several_jobs(dssr: Dssr) -> None:
    """Of several jobs the exit code is that of the first one that failed; nothing is printed."""
    jobs = [dssr.submit(script) for script in ("true", "exit 3", "exit 4")]
    done = dssr("wait", *jobs)
    assert (done.code, done.out, done.err) == (3, "", "")
    assert dssr("wait", jobs[0]).code == 0


def test_a_cancelled_job(dssr: Dssr) -> None:
    """A job that was cancelled before it started has no exit code: 125."""
    job = dssr.submit("true", "--held")
    assert dssr("cancel", job).code == 0
    assert dssr("wait", job).code == 125


def test_errors_of_its_own(dssr: Dssr) -> None:
    """Each error of the command itself is 125."""
    assert dssr("wait", "there-is-none").code == 125
    assert dssr("wait").code == 125
    assert dssr("wait", "x", DSSR_URL="http://127.0.0.1:1").code == 125


def test_a_time_limit(dssr: Dssr) -> None:
    """With --timeout the command gives up, and the job goes on."""
    job = dssr.submit("true", "--held")
    done = dssr("wait", "--timeout", "1s", job)
    assert done.code == 125
    assert f"Job {job} is HELD after 1 seconds" in done.err


def test_as_json(dssr: Dssr) -> None:
    """With --json the job's document is printed at its end."""
    job = dssr.submit("exit 2")
    done = dssr("wait", "--json", job)
    assert (done.code, json.loads(done.out)["exit_code"]) == (2, 2)


def test_a_line_on_a_terminal(user: dict[str, str], dssr: Dssr) -> None:
    """On a terminal a line shows what the job does, and is gone at the end."""
    job = dssr.submit("sleep 3", "--name", "slow", "-t", "30s")
    terminal = Terminal(user, "wait", job)
    terminal.until(r"slow  RUNNING  \ds of 30s \[#*\.+\]")
    assert terminal.end() == 0
    assert terminal.shown.endswith("\r\x1b[K")
