"""Services from a person's machine, with nothing but SSH access, on the real cluster."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
import requests

from tests.cluster import Cluster, Options
from tests.connectors.slurm.services.team import SHARED, TEAM
from tests.connectors.transports.openssh.conftest import ANOTHER_PORT, prohibiting
from tests.end_to_end.laptop import Document, Laptop, get
from tests.end_to_end.peculiar_sites import answer, pasted, submitting_from
from tests.end_to_end.service import eventually
from tests.end_to_end.web_service import PROGRAM

Make = Callable[..., Laptop]
QUICK = ("--walltime", "10m", "--heartbeat", "2s")
CREW = ("--team", TEAM, "--dir", SHARED)


@pytest.fixture(scope="module")
def site(cluster_possible: None) -> Iterator[Cluster]:
    """A cluster for the tests of this file alone, with a team."""
    booted = Cluster.up(options=Options(accounting=False))
    yield booted
    booted.down()


@pytest.fixture
def laptop(site: Cluster) -> Iterator[Make]:
    """``laptop(user, hosts, **variables)``: people's machines, on which nothing is left."""
    made: list[Laptop] = []

    def new(user: str = "jarvice", hosts: str = "login", **more: str) -> Laptop:
        made.append(Laptop(site, user, hosts, **more))
        return made[-1]

    yield new
    for one in made:
        one.end()


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A directory with a web program, and a script that starts it."""
    directory = tmp_path / "hello"
    directory.mkdir()
    (directory / "web.py").write_text(PROGRAM)
    (directory / "service.sh").write_text("#!/bin/bash\nexec python3 web.py\n")
    return directory


def test_up_from_nothing(
    laptop: Make, program: Path, record_property: Callable[[str, object], None]
) -> None:
    """'up' copies, submits, waits with a report, checks the address and prints it; the service goes
    on after Ctrl-C, and its address is closed."""
    own = laptop()
    leading = own.lead("up", "demo", str(program), "--copy", *QUICK)
    found = leading.ready()
    ready = time.time()
    assert found["state"] == "ready"
    began = datetime.fromisoformat(found["incidents"][-1]["at"]).timestamp()
    record_property("figure", f"{ready - began:.1f} s at most from the job's start to the address")
    assert get(found["url"]) == (200, found["job"])
    assert found["browser_url"].startswith("http://demo.localhost:")
    assert "demo  starting" in leading.said()
    assert leading.end() == 130
    assert "dssr service connect demo" in leading.said()
    after = own.status("demo")
    assert (after["state"], after["url"], after["job"]) == ("ready", None, found["job"])
    again = own.lead("connect", "demo")
    assert again.ready()["url"] == found["url"]


def test_up_through_a_jump_host(site: Cluster, laptop: Make, program: Path) -> None:
    """The same works where a jump host is on the way to the login node."""
    own = laptop()
    jump = f"jarvice@{site.address_of('jump')}"
    found = own.lead("up", "jumps", str(program), "--copy", "--jump", jump, *QUICK).ready()
    assert get(found["url"]) == (200, found["job"])


def test_up_while_the_first_login_node_is_down(site: Cluster, laptop: Make, program: Path) -> None:
    """The second login node is used where the first one does not answer."""
    site.stop("login", "sshd")
    try:
        own = laptop(hosts="login,login2")
        found = own.lead("up", "second", str(program), "--copy", *QUICK).ready()
        assert get(found["url"]) == (200, found["job"])
    finally:
        site.start("login", "sshd")


@pytest.mark.long
def test_a_site_that_forbids_forwards(site: Cluster, laptop: Make, program: Path) -> None:
    """Where the login node forwards nothing, the command says that it is forbidden, and how ssh
    alone would lead there."""
    with prohibiting(site, "login"):
        own = laptop(JARVICE_SLURM_CLUSTER_PORT=str(ANOTHER_PORT))
        done = own.run("up", "forbidden", str(program / "web.py"), *QUICK)
        own.run("down", "forbidden")
    assert done.returncode == 5
    assert "forbid" in done.stderr
    assert "ssh -N -L" in done.stderr


def test_a_machine_without_ssh(laptop: Make, program: Path) -> None:
    """Where this machine has no program ssh, the address works all the same."""
    found = laptop(PATH="/nowhere").lead("up", "plain", str(program / "web.py"), *QUICK).ready()
    assert get(found["url"]) == (200, found["job"])


def test_a_site_where_jobs_submit_no_jobs(site: Cluster, laptop: Make, program: Path) -> None:
    """Where sbatch is refused on nodes, the command submits jobs beforehand, and 'status' says so;
    the service hands over, and goes on without a client."""
    own = laptop()
    with submitting_from(site, "login"):
        leading = own.lead("up", "ahead", str(program / "web.py"), *QUICK)
        first = leading.ready()
        own.until("ahead", lambda one: "3 wait now" in " ".join(one["warnings"]))
        assert own.run("restart", "ahead").returncode == 0
        second = own.until("ahead", lambda one: one["state"] == "ready" and is_after(first, one))
        assert get(first["url"]) == (200, second["job"])
        assert leading.end() == 130
        site.run("login", ["/usr/bin/scancel", second["job"]])
        third = own.until("ahead", lambda one: one["state"] == "ready" and is_after(second, one))
        assert third["successor"]["state"] == "PENDING"
        own.run("down", "ahead")
        own.until("ahead", lambda one: one["state"] == "stopped")


def is_after(earlier: Document, later: Document) -> bool:
    """Whether the second document shows a later job."""
    return bool(later["job"]) and later["job"] != earlier["job"]


def test_two_members_start_it_once(laptop: Make, program: Path) -> None:
    """Two 'connect' at one instant, of two users and on two machines, give one job; a third user
    learns nothing; a member who did not start it stops it."""
    people = [laptop("jarvice"), laptop("alice")]
    script = str(program / "web.py")
    with ThreadPoolExecutor() as pool:
        both = pool.map(lambda one: one.lead("connect", "shared", script, *CREW, *QUICK), people)
        found = [leading.ready() for leading in both]
    assert len({one["job"] for one in found}) == 1
    assert {get(one["url"]) for one in found} == {(200, found[0]["job"])}
    bob = laptop("bob")
    for words in (("status", "shared", "--dir", SHARED), ("connect", "shared", "--dir", SHARED)):
        refused = bob.run(*words)
        assert refused.returncode != 0
        assert found[0]["job"] not in refused.stdout + refused.stderr
    other = people[found[0]["started_by"] == "jarvice"]
    assert other.run("down", "shared").returncode == 0
    assert other.until("shared", lambda one: one["state"] == "stopped")


@pytest.mark.parametrize(
    ("mode", "options", "words"),
    [
        ("dies", (), "There is no model of that name."),
        ("deaf", ("--timeout", "3s"), "did not listen within 3 s"),
        ("500", ("--timeout", "3s"), "it answered 500"),
    ],
)
def test_a_program_that_fails_is_reported(
    laptop: Make, program: Path, mode: str, options: tuple[str, ...], words: str
) -> None:
    """A program that dies, never listens or answers with errors ends the command with the reason
    and its last lines."""
    own = laptop()
    script = str(program / "web.py")
    done = own.run("up", f"m-{mode}", script, "--env", f"MODE={mode}", *QUICK, *options)
    assert done.returncode == 1, done.stderr
    assert words in done.stderr
    found = own.status(f"m-{mode}")
    assert found["state"] == "failed"
    assert any(found["why"] in incident["what"] for incident in found["incidents"])


@pytest.mark.parametrize("mode", ["late", "slow"])
def test_a_program_that_takes_its_time_is_waited_for(
    laptop: Make, program: Path, mode: str
) -> None:
    """A program that listens late is not offered before it listens; one that answers late is well,
    and is not started again."""
    own = laptop()
    script = str(program / "web.py")
    leading = own.lead("up", mode, script, "--env", f"MODE={mode}", *QUICK)
    found = leading.ready()
    assert get(found["url"]) == (200, found["job"])
    assert "starts again" not in str(own.status(mode)["incidents"])


def test_a_program_that_hangs_is_reported(laptop: Make, program: Path) -> None:
    """A program that takes connections and answers nothing is failing, and is not restarted."""
    own = laptop()
    found = own.lead("up", "hangs", str(program / "web.py"), *QUICK).ready()
    get(found["url"], "/hang")
    own.run("disconnect", "hangs")
    hung = own.until("hangs", lambda one: one["health"] == "failing")
    assert hung["job"] == found["job"]


def test_the_background_and_ssh_alone(site: Cluster, laptop: Make, program: Path) -> None:
    """With --daemonize the command returns, and the address stays until 'disconnect'. Then the
    printed block for ssh_config and the line of ssh lead to the job when pasted, for a browser with
    the printed address; without its secret the job is closed."""
    own = laptop()
    own.lead("up", "back", str(program / "web.py"), "--daemonize", *QUICK).process.wait(60)
    found = own.status("back")
    assert get(found["url"]) == (200, found["job"])
    assert own.run("list", "--json").stdout.count('"name": "back"') == 1
    assert own.run("disconnect", "back").returncode == 0
    with pytest.raises(OSError, match="refused"):
        get(found["url"])
    ways = json.loads(own.run("status", "back", "--ssh", "--json").stdout)
    for words in (ways["command"].split(), ["ssh", "-N", "dssr-back"]):
        with pasted(site, own, ways["configuration"], words):
            assert eventually(lambda: answer(ways["url"])) == found["job"]
            closed = ways["url"].partition("?")[0]
            with pytest.raises(requests.ConnectionError):
                requests.get(closed.replace("back.", ""), timeout=30)


NOTEBOOK = """
import asyncio, sys, urllib.request
from dssr.services import run_sync, start
async def cell():
    with start("cell", sys.argv[1], copy=sys.argv[1], heartbeat=2) as service:
        url = service.wait_ready(60).url
        print(urllib.request.urlopen(url).read().decode() == service.status()["job"])
        service.stop()
    run_sync("", 8000, local_hpc_script_dir=sys.argv[1])
asyncio.new_event_loop().run_until_complete(cell())
"""


def test_a_notebook_starts_services(laptop: Make, program: Path) -> None:
    """'start' gives a handle, and 'run_sync' leads until Ctrl-C; both work where a loop of asyncio
    runs already."""
    own = laptop()
    words = [sys.executable, "-uc", NOTEBOOK, str(program)]
    with subprocess.Popen(words, env=own.environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        line = process.stdout.readline()
        assert line.endswith("leads to hello. Ctrl-C ends that.\n")
        assert get(line.split()[0])[0] == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert own.status("cell")["state"] == "stopped"
    assert own.status("hello")["state"] == "ready"
    own.run("down", "hello")


def test_logs_and_removal(laptop: Make, program: Path) -> None:
    """'logs' prints what the program has printed, and 'down --purge' leaves nothing."""
    own = laptop()
    own.lead("up", "gone", str(program / "web.py"), *QUICK).ready()
    assert own.run("logs", "gone").stdout == "listens\n"
    later = own.run("logs", "gone", "-g", "99")
    assert later.returncode == 1
    assert "no generation 99 of gone has begun: the newest is 1." in later.stderr
    assert own.run("down", "gone", "--purge").returncode == 0
    unknown = own.run("status", "gone")
    assert unknown.returncode == 1
    assert "'dssr service list' shows the services that there are." in unknown.stderr
    listed = json.loads(own.run("list", "--json").stdout)["items"]
    assert "gone" not in [one["name"] for one in listed]
