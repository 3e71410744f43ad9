"""The commands on a real Slurm cluster, through a bridge and straight over SSH."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.dssr.cli.running import Dssr, Terminal, home_of
from tests.end_to_end.service import Service

WAYS = ("by a bridge", "over SSH")
EXECUTOR = {"JARVICE_BAREMETAL_EXECUTOR": "native"}


@pytest.fixture(scope="module", params=WAYS)
def dssr(
    request: pytest.FixtureRequest, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Dssr]:
    """Runs commands for jobs on the cluster."""
    home = home_of(tmp_path_factory.mktemp("home"))
    if request.param == "over SSH":
        ssh = cluster.settings() | EXECUTOR
        yield Dssr(home | ssh | {"DSSR_CLUSTER": ssh.pop("JARVICE_SLURM_CLUSTER_ADDR")})
        return
    service = Service(cluster.settings() | EXECUTOR)
    yield Dssr(home | {"DSSR_URL": service.url})
    service.stop()


def test_a_job_from_its_files_to_its_results(dssr: Dssr, here: Path) -> None:
    """Files go to the cluster, the output comes as it is printed, results come back."""
    (here / "in").mkdir()
    (here / "in/data.txt").write_text("1\n2\n3\n")
    (here / "sum.sh").write_text(
        "#!/bin/bash\n#SBATCH --ntasks=1\n"
        'echo on $(hostname) for $1; awk "{s+=\\$1} END {print s}" data.txt > sum.csv; exit 3\n'
    )
    words = ("--follow", "--copy", "in", "--fetch", "*.csv", "--time", "5m", "--label", "a=b")
    done = dssr("submit", *words, "sum.sh", "Alice")
    assert done.code == 3
    assert re.fullmatch(r"on node\d for Alice\n", done.out)
    assert (here / "sum.csv").read_text() == "6\n"
    document = dssr("job", "-", "--json").document
    assert (document["name"], document["walltime_seconds"]) == ("sum.sh", 300)
    assert (document["labels"], document["exit_code"]) == ({"a": "b"}, 3)


def test_a_job_that_waits(dssr: Dssr, here: Path) -> None:
    """A job that waits is listed with its reason, held, released, and cancelled."""
    name = here.parent.name  # both ways show the same jobs
    job = dssr.submit("sleep 600", "--held", "-N", "2", "--exclusive", "--name", name)
    row = next(line for line in dssr("jobs").out.splitlines() if line.startswith(job))
    assert row.split()[1:3] == [name, "HELD"]
    assert "held" in dssr("why", job).out
    assert dssr("release", job).code == 0
    assert dssr("job", name, "--json").document["state"] != "HELD"
    assert dssr("cancel", job).code == 0
    assert dssr("wait", "--timeout", "2m", job).code in (125, 143)
    assert dssr("job", job, "--json").document["state"] == "CANCELLED"


def test_jobs_of_all_users(dssr: Dssr, cluster: Cluster) -> None:
    """--all shows jobs that are none of dssr's."""
    words = ["sbatch", "--parsable", "-H", "-J", "by-hand", "--wrap", "true"]
    native = cluster.run("login", words, user="alice").stdout.decode().strip()
    assert native not in dssr("jobs", "-o", "name").out.split()
    lines = dssr("jobs", "--all", "--user", "alice").out.splitlines()
    assert [line.split()[:4] for line in lines if native in line] == [
        [native, "by-hand", "alice", "HELD"]
    ]


def test_the_cluster(dssr: Dssr) -> None:
    """The cluster, its partitions and its nodes."""
    assert re.match(r"slurm [\d.]+  answers\n", dssr("cluster").out)
    assert "batch*" in dssr("cluster", "partitions").out
    assert {"node1", "node2"} <= set(dssr("cluster", "nodes").out.split())


def test_partitions_complete(dssr: Dssr) -> None:
    """The shell completes the names of partitions, with what is free."""
    asked = {
        "COMP_WORDS": "dssr submit -p ba",
        "COMP_CWORD": "3",
        "_DSSR_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        [sys.executable, "-m", "dssr"],
        env={**dssr.environ, **asked},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.stderr) == ("plain,batch\n", "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("-p", "none"), 3),
        (("--option", "array=1-3"), 2),
        (("--image", "x", "--option", "nodes=2"), 2),
        (("--check",), 0),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_what_slurm_does_not_take(words: tuple[str, ...], code: int, dssr: Dssr) -> None:
    """What the scheduler refuses is 3, what is wrong with the request is 2, a check is 0."""
    done = dssr("submit", *words, "-", stdin="#!/bin/bash\ntrue\n")
    assert done.code == code
    assert bool(done.err) == bool(code)


def test_ctrl_c_detaches(dssr: Dssr) -> None:
    """Ctrl-C ends the command, and the job goes on."""
    Path(dssr.environ["HOME"], "job.sh").write_text("echo begun; sleep 5; echo done\n")
    terminal = Terminal(dssr.environ, "submit", "--follow", "job.sh")
    terminal.until(r"begun\r\n")
    terminal.press("\x03")
    assert terminal.end() == 125
    assert "goes on." in terminal.shown
    assert dssr("wait", "-").code == 0
    assert dssr("logs", "-").out == "begun\ndone\n"
