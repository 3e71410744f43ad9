"""`bash deploy/demo.sh`, run as a newcomer runs it."""

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
from tests.dssr.http.web.browsing import Browser, states
from tests.end_to_end.service import eventually

CTRL_C = 130


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """An environment that puts the demo's directory into ``tmp_path`` and has settings of
    another bridge."""
    return os.environ | {
        "TMPDIR": str(tmp_path),
        "JARVICE_SLURM_CLUSTER_ADDR": "nowhere.example",
        "WAITRESS_PORT": "1",
    }


def left_over(place: Path) -> list[str]:
    """Files in the demo's directory, and processes that have its path in their command line or
    environment."""
    found = [str(path) for path in place.iterdir()]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or belongs to another user
        if str(place).encode() in known:
            found.append(process.name)
    return found


@pytest.fixture
def kept(environ: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """`bash deploy/demo.sh --keep` in a session of its own, as in a terminal."""
    demo = subprocess.Popen(
        ["bash", "deploy/demo.sh", "--keep"], cwd=ROOT, env=environ, text=True,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    yield demo
    if demo.poll() is None:
        os.killpg(demo.pid, signal.SIGTERM)
    demo.communicate()


def read_until(stream: "IO[str] | None", pattern: str) -> str:
    """Read a stream up to the line that matches the pattern; return what was read."""
    seen = ""
    for line in stream or ():
        seen += line
        if re.search(pattern, line):
            return seen
    raise AssertionError(f"{pattern!r} was never printed: {seen}")


def test_the_demo_shows_a_jobs_way(environ: dict[str, str], tmp_path: Path) -> None:
    """The demo prints each step, each line of output, the exit status and what to try next, and
    leaves nothing behind."""
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
    """With --keep the bridge keeps running, the suggested lines work, and Ctrl-C ends the bridge
    and all its jobs."""
    if shutil.which("curl") is None:
        pytest.skip("needs curl: install it, as tests/run.sh does for root on Debian")
    printed = read_until(kept.stdout, "README.md describes")
    lines = "\n".join(re.findall("^    (.*)$", printed.partition("by curl\n")[2], re.MULTILINE))
    forever = "printf 'sleep 1000' > $1/forever.sh; deploy/examples/submit.sh $1/forever.sh"
    env = os.environ | {"DSSR_INTERVAL": "0.2"}
    words = ["bash", "-euc", f"{lines}\n{forever}", "bash", str(tmp_path)]
    tried = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=env, check=False)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    (tmp_path / "forever.sh").unlink()
    for end in ("termination state: COMPLETED", ": COMPLETED after"):
        assert tried.stdout.count(end) == 1, tried.stdout
    assert 'Bye\\n"}' in tried.stdout
    assert "event: end" in tried.stdout
    assert "completed after" in tried.stdout
    assert tried.stdout.endswith("\nDone\n" + tried.stdout.splitlines()[-1] + "\n")
    os.killpg(kept.pid, signal.SIGINT)
    assert kept.wait(60) == CTRL_C
    assert left_over(tmp_path) == []


def test_ctrl_c_in_the_middle_leaves_nothing(kept: "subprocess.Popen[str]", tmp_path: Path) -> None:
    """Ctrl-C during the demo also ends the job that the demo has submitted."""
    read_until(kept.stdout, "running$")
    os.killpg(kept.pid, signal.SIGINT)
    assert kept.wait(60) == CTRL_C
    eventually(lambda: left_over(tmp_path), lambda found: found == [], 10)
    assert left_over(tmp_path) == []


def test_an_unknown_option_is_an_error() -> None:
    """An unknown option is answered with the usage and exit code 2."""
    done = subprocess.run(
        ["bash", "deploy/demo.sh", "--kep"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_the_portal_opens_with_jobs_to_look_at(environ: dict[str, str], tmp_path: Path) -> None:
    """With --web the portal runs with some jobs, the printed link logs in, and so does another one,
    and Ctrl-C ends everything."""
    demo = subprocess.Popen(
        ["bash", "deploy/demo.sh", "--web"], cwd=ROOT, env=environ, text=True,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        printed = read_until(demo.stdout, "until Ctrl-C")
        found = re.search(r"(http://127\.0\.0\.1:\d+)/login#code=(\S+)", printed)
        assert found, printed
        browser = Browser(found[1])
        assert set(states(browser.log_in(found[2]))) >= {"FAILED"}
        jobs = browser.open("/jobs")
        assert len(states(jobs)) == 4
        fit = re.findall(r'href="(/jobs/[^"/]+)">fit</a>', jobs.text)[0]
        eventually(lambda: browser.open(f"{fit}/results").text, lambda page: "centre" in page)
        assert "Fit a peak" in browser.open("/templates").text
        another = re.search("Another link: (.*)", printed)
        assert another, printed
        made = subprocess.run(
            ["bash", "-c", another[1]], cwd=ROOT, env=environ, stdout=subprocess.PIPE
        )
        assert states(Browser(found[1]).log_in(made.stdout.decode().strip().split("code=")[1]))
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        assert demo.wait(60) == CTRL_C
        demo.communicate()
    assert left_over(tmp_path) == []
