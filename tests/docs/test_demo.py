"""`bash deploy/demo.sh`, run as it stands."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.docs.markdown import ROOT
from tests.end_to_end.service import eventually

CTRL_C = 130


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The demo's directory lies in ``tmp_path``; settings for a bridge of one's own do not disturb it."""
    return os.environ | {
        "TMPDIR": str(tmp_path),
        "JARVICE_SLURM_CLUSTER_ADDR": "nowhere.example",
        "WAITRESS_PORT": "1",
    }


def left_over(place: Path) -> list[str]:
    """Files in the demo's directory, and processes that know of it."""
    found = [str(path) for path in place.iterdir()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is somebody else's
        if str(place).encode() in told:
            found.append(process.name)
    return found


@pytest.fixture
def kept(environ: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """`bash deploy/demo.sh --keep`, as from a terminal of its own."""
    demo = subprocess.Popen(
        ["bash", "deploy/demo.sh", "--keep"], cwd=ROOT, env=environ, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    yield demo
    if demo.poll() is None:
        os.killpg(demo.pid, signal.SIGTERM)
    demo.communicate()


def read_until(stream: "IO[str] | None", pattern: str) -> str:
    """What it says up to the line that holds the pattern."""
    seen = ""
    for line in stream or ():
        seen += line
        if re.search(pattern, line):
            return seen
    raise AssertionError(f"never said {pattern!r}: {seen}")


def test_the_demo_shows_a_jobs_way(environ: dict[str, str], tmp_path: Path) -> None:
    """Submitted, running, each line of output, the exit status, what to try next; and nothing is left."""
    done = subprocess.run(
        ["bash", "deploy/demo.sh"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    wanted = [
        "Submit",
        "job id 1",
        "Watch",
        "running",
        "step 1 of 3",
        "Exit status",
        "rc 0",
        "COMPLETED",
        "next",
        "dssr serve",
    ]
    assert re.search(".*".join(map(re.escape, wanted)), done.stdout, re.DOTALL), done.stdout
    assert "\033" not in done.stdout
    assert left_over(tmp_path) == []


def test_what_the_demo_says_to_try_next_works(
    kept: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    """With --keep the bridge stays, the lines are good as they stand, and Ctrl-C ends it all, a job of theirs included."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl: install it, as tests/run.sh does for root on Debian")
    said = read_until(kept.stdout, "README.md says")
    lines = "\n".join(re.findall("^    (.*)$", said.partition("by curl\n")[2], re.MULTILINE))
    forever = "printf 'sleep 1000' > $1/forever.sh; deploy/examples/submit.sh $1/forever.sh"
    env = os.environ | {"DSSR_INTERVAL": "0.2"}
    words = ["bash", "-euc", f"{lines}\n{forever}", "bash", str(tmp_path)]
    tried = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=env, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    (tmp_path / "forever.sh").unlink()
    assert tried.stdout.count("COMPLETED") == 2, tried.stdout
    assert tried.stdout.endswith("\nDone\n" + tried.stdout.splitlines()[-1] + "\n")
    os.killpg(kept.pid, signal.SIGINT)
    assert kept.wait(60) == CTRL_C
    assert left_over(tmp_path) == []


def test_ctrl_c_in_the_middle_leaves_nothing(kept: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """The job that the demo has sent ends with it."""
    read_until(kept.stdout, "running$")
    os.killpg(kept.pid, signal.SIGINT)
    assert kept.wait(60) == CTRL_C
    eventually(lambda: left_over(tmp_path), lambda found: found == [], 10)
    assert left_over(tmp_path) == []


def test_an_option_that_it_does_not_know_is_told() -> None:
    """With the usage."""
    done = subprocess.run(
        ["bash", "deploy/demo.sh", "--kep"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage:" in done.stderr
