"""A bridge that is killed in the middle of a submission, at each of its steps."""

import subprocess
import sys
from pathlib import Path

# A child process ends itself, as by SIGKILL, before its step with this number; a step is whatever
# touches a file below the directory. Then another bridge gets the same request.
KILLED_AT_EACH_STEP = """
import os
import sys
from pathlib import Path

from connectors.local.connector import LocalConnector
from connectors.local.settings import LocalSettings
from dssr.job import JobSpec

KINDS = {"open", "os.mkdir", "os.rename", "os.link", "os.remove", "os.rmdir"}
SPEC = JobSpec("job", 1, 1, source="true", script="true", plain=True, held=True,
               by_exit_code=True, keeps_files=True, exclusive=False, idempotency="key")


def connector(directory):
    places = {"state_dir": f"{directory}/state/", "scratch_dir": f"{directory}/scratch/"}
    return LocalConnector(LocalSettings(**places, local_cores=1, answer_timeout=60))


def submit_until(directory, last):
    steps = 0

    def count(event, words):
        nonlocal steps
        if event in KINDS and any(str(word).startswith(str(directory)) for word in words):
            steps += 1
            if steps == last:
                os._exit(9)

    bridge = connector(directory)
    sys.addaudithook(count)
    bridge.submit(SPEC, "")
    os._exit(0)


step, ended = 0, False
while not ended:
    step += 1
    directory = Path(sys.argv[1]) / str(step)
    directory.mkdir()
    child = os.fork()
    if child == 0:
        submit_until(directory, step)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    bridge = connector(directory)
    first, second = bridge.submit(SPEC, ""), bridge.submit(SPEC, "")
    jobs = [job.id for job in bridge.records().jobs]
    names = os.listdir(directory / "state/local/active")
    left = sum(name.isdecimal() for name in names)  # others are files without a name yet
    print(step, first.again, second.again, first.id == second.id, jobs == [first.id], left)
"""


def test_a_bridge_that_is_killed_at_any_step_submits_once(tmp_path: Path) -> None:
    """Whichever step was the last, the same request again finds the job or makes it, and there is
    one job."""
    words = [sys.executable, "-c", KILLED_AT_EACH_STEP, str(tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert len(rows) > 30
    assert {tuple(row[2:]) for row in rows} == {("True", "True", "True", "1")}
    assert [row[1] for row in rows[:10]] == ["False"] * 10
    assert rows[-1][1] == "True"
