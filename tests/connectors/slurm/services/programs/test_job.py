"""How a service's job hands over, as its shell does it, without Slurm."""

import os
import time
from pathlib import Path

import pytest

from tests.connectors.slurm.services.programs.functions import FUNCTIONS, run_job

# What the job's programs would do for it; ``stop`` and the others say that they are called.
STUBS = """
elect() { version=$folder/versions/a; }
start_relay() { echo relay; }
start_program() { echo program; }
await_relay() { echo relay is there; }
plan_successor() { echo plan; }
submit_successor() { echo submit; }
event() { :; }
forget_old() { :; }
stop() { echo "stop $*"; exit; }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A service's folder: generation 1 runs the version a, 2 is its successor."""
    for number in ("1", "2"):
        (tmp_path / "gen" / number).mkdir(parents=True)
        (tmp_path / "gen" / number / "version").symlink_to("versions/a")
    (tmp_path / "requests").mkdir()
    (tmp_path / "requests" / "2.restart").touch()
    (tmp_path / "current").symlink_to("versions/b")
    return tmp_path


def run(folder: Path, lines: str) -> list[str]:
    """What the job of generation 1 prints with these last lines in place of its program."""
    return run_job(folder, 1, "walltime=600 heartbeat=1 drain=", f"{STUBS}{lines}")


def test_the_program_starts_before_slurm_is_asked(folder: Path) -> None:
    """A controller that is slow does not keep the program waiting."""
    said = run(folder, "look_after_program() { exit; }\nmain")
    assert said == ["relay", "program", "relay is there", "plan", "submit"]


@pytest.mark.parametrize(("relay_port", "found"), [("7001", "yes"), ("7000", "no")])
def test_the_relay_is_not_taken_for_the_program(folder: Path, relay_port: str, found: str) -> None:
    """A relay that starts meanwhile may take the port that the program was given: it is not the
    program, which may listen elsewhere."""
    lines = f"here={folder} DSSR_PORT=7000 relay_port={relay_port} node=n"
    stubs = "listeners() { echo 00000000; }\npublish() { :; }\nport_pattern="
    said = run(folder, f"{lines}\n{stubs}\nfind_listener && echo yes || echo no")
    assert said == [found]


def test_without_overlap_the_successor_waits_for_the_end_of_the_job(folder: Path) -> None:
    """A restart of a program of which two may not run at once submits a successor that depends on
    the end of this job."""
    assert run(folder, "overlap= now=1000\nrestart 2.restart\ndependency") == [
        "submit",
        "afterany:7",
    ]


def test_the_job_stays_while_slurm_has_no_successor(folder: Path) -> None:
    """Without overlap, the job ends only once its successor's job is known, also after a later
    attempt."""
    lines = "overlap= now=1000\nrestart 2.restart\nleave_to_successor\nsuccessor=2\n"
    assert run(folder, f"{lines}leave_to_successor\necho here")[-1] == "here"
    elected = f"{lines}ln -s 8 $folder/gen/2/elected\nleave_to_successor\necho here"
    (folder / "requests" / "2.restart").touch()
    assert run(folder, elected)[-1] == "stop replaced It makes room for its successor."


def test_a_restart_is_kept_until_it_can_be_obeyed(folder: Path) -> None:
    """A successor that has begun with the version before leaves the request for itself or for a
    later attempt of this job."""
    begun = folder / "gen" / "2" / "begun"
    begun.symlink_to("8")
    assert run(folder, "overlap=yes now=1000 successor=2\nrestart 2.restart") == []
    assert (folder / "requests" / "2.restart").exists()
    begun.unlink()
    assert run(folder, "overlap=yes now=1000 successor=2\nrestart 2.restart") == ["submit"]
    assert not (folder / "requests" / "2.restart").exists()


@pytest.mark.parametrize("drain", ["", "0"])
def test_the_job_stays_until_each_front_has_moved_on(folder: Path, drain: str) -> None:
    """A job that has handed over ends as soon as all fronts use later jobs. One that has not looked
    since moves within 90 seconds, and one that has not looked for two minutes does not count."""
    now = int(time.time())
    lines = f"drain={drain} now={now} last_used=%d is_handed=%d\nleave_to_successor\necho here"
    ended = ["stop replaced Its successor took over, and nothing was connected to it."]
    noted(folder, "laptop", 1)
    noted(folder, "bridge", 2)
    assert run(folder, lines % (0, now - 80)) == ["here"]
    assert run(folder, lines % (0, now - 91))[0].startswith("stop replaced Its successor took over")
    noted(folder, "laptop", 2)
    assert run(folder, lines % (now, now - 1)) == ended
    assert run(folder, f"connections=1 {lines % (now, now - 1)}") == ["here"]
    noted(folder, "asleep", 1, age=130)
    assert run(folder, lines % (now, now - 1)) == ended


def test_a_job_that_no_front_leads_to_stays_while_it_is_used(folder: Path) -> None:
    """Where no front looks, the job may be reached in another way: it ends once it is quiet."""
    now = int(time.time())
    lines = f"now={now} is_handed={now - 1} last_used=%d\nleave_to_successor\necho here"
    noted(folder, "asleep", 1, age=130)
    assert run(folder, lines % now) == ["here"]
    assert run(folder, lines % (now - 12))[0].startswith("stop replaced Its successor took over")


def noted(folder: Path, front: str, oldest: int, age: int = 0) -> None:
    """A front has said so long ago that it uses that generation."""
    (folder / "fronts").mkdir(exist_ok=True)
    path = folder / "fronts" / front
    path.write_text(f"{oldest}\n")
    os.utime(path, (time.time() - age, time.time() - age))


@pytest.mark.parametrize("said", ["exit 1", "echo sbatch: error: Socket timed out; exit 1"])
def test_a_job_without_a_successor_makes_no_room(folder: Path, said: str) -> None:
    """Where Slurm does not take the successor, or does not say, the job serves on: a later attempt
    ends it no more."""
    (folder / "bin").mkdir()
    (folder / "bin" / "sbatch").write_text(f"#!/bin/sh\n{said}\n")
    (folder / "bin" / "sbatch").chmod(0o700)
    (folder / "versions" / "b").mkdir(parents=True)
    (folder / "versions" / "b" / "options").touch()
    (folder / "gen" / "2" / "end").touch()
    submit = FUNCTIONS.partition("submit_successor() {")[2].partition("\n}\n")[0]
    given = f"PATH=$folder/bin:$PATH service=demo retries=0\nsubmit_successor() {{{submit}\n}}\n"
    lines = "overlap= now=1000\nrestart 2.restart\nln -s 9 $folder/gen/3/elected\n"
    last = "successor=3\nleave_to_successor\necho here"
    assert run(folder, f"{given}{lines}{last}")[-1] == "here"


def starting(folder: Path, lines: str) -> list[str]:
    """What is printed with ``start_program`` as it is, for a program that ends at once."""
    version = folder / "versions" / "a"
    version.mkdir(parents=True)
    (version / "umask").symlink_to("077")
    for path in (version / "environment", version / "launch", folder / "gen" / "1" / "output"):
        path.touch()
    start = FUNCTIONS.partition("start_program() {")[2].partition("\n}\n")[0]
    given = "choose_port() { :; }\nfail() { echo fail $*; exit; }\nnode=node1 work=/\nelect\n"
    return run(folder, f"start_program() {{{start}\n}}\n{given}{lines}")


def test_a_full_disk_of_the_node_fails_the_job(folder: Path) -> None:
    """Where the job can write nothing on its node, it fails with the reason, at once."""
    [said] = starting(folder, "exec 2>/dev/null\nhere=$folder/none\nstart_program")
    assert said.startswith("fail The program cannot be started: nothing can be written to ")


def test_a_program_that_starts_again_is_another_process(folder: Path) -> None:
    """The process that is ended with the job is that of the last start."""
    (folder / "here").mkdir()
    once = "start_program\nuntil [ -e $here/exit ]; do sleep 0.02; done\necho $program\n"
    first, second = starting(folder, f"here=$folder/here\n{once}{once}")
    assert first != second
