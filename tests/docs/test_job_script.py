"""The handbook's job scripts, pasted into a shell beside a bridge to the real Slurm cluster."""

from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.docs.console import run
from tests.docs.examples import require_curl
from tests.docs.markdown import handbook
from tests.end_to_end.service import Service, eventually

pytestmark = pytest.mark.cluster
PAGE = handbook("job-script")
IMAGE = "registry.example.org/app:1.0"


@pytest.fixture(autouse=True)
def curl() -> None:
    """The pasted lines use curl."""
    require_curl()


def test_the_plain_batch_script_runs(slurm_bridge: Service, tmp_path: Path) -> None:
    """The plain script runs once, on the first node, and its srun starts two tasks."""
    done = run(PAGE.block("plain"), slurm_bridge.url, tmp_path)
    assert done.returncode == 0, done.stderr
    ended, first, *tasks = done.stdout.splitlines()
    assert "COMPLETED" in ended
    assert first.startswith("on node")
    assert len(tasks) == 2


def test_the_container_job_runs_on_one_node_and_on_two(
    slurm_bridge: Service, cluster: Cluster, tmp_path: Path
) -> None:
    """The same script runs once in its container, and on two nodes once on each."""
    one, two = (
        block.text.replace(IMAGE, cluster.image) for block in PAGE.blocks("sh", "container")
    )
    done = run(one, slurm_bridge.url, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "process 0 of 1 on node" in done.stdout
    done = run(two, slurm_bridge.url, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {"process 0 of 2 on node1", "process 1 of 2 on node2"} <= set(done.stdout.splitlines())


def test_a_script_submits_itself_again(
    slurm_bridge: Service, cluster: Cluster, tmp_path: Path
) -> None:
    """A job finds its user's script as $DSSR_JOB_DIR/script, and the script runs as a batch
    script of its own."""
    done = run(PAGE.block("chain"), slurm_bridge.url, tmp_path)
    assert done.returncode == 0, done.stderr
    log = cluster.path("/home/jarvice/chain.log")
    eventually(
        lambda: log.read_text() if log.exists() else "", lambda text: text.endswith("0 more\n")
    )
    lines = log.read_text().splitlines()
    assert [line for line in lines if line.endswith(" more")] == ["1 more", "0 more"], lines
