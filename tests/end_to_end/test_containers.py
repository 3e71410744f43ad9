"""Jobs in containers on two nodes, with overlays of their own, and an upstream's script that starts
its container itself."""

import json

import pytest

from tests.cluster import Cluster
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Service, eventually, script

pytestmark = pytest.mark.cluster

MAPPED = (
    'echo "$PROCESS_PROCID $PROCESS_NODENAME $JOB_JOBID $JOB_JOB_FORMATED_NODELIST'
    ' $JOB_NNODES $JOB_NTASKS"'
)
WRITES = (
    "mkdir -p /opt/made && echo $PROCESS_PROCID >/opt/made/here && "
    "echo wrote $(cat /opt/made/here) inside"
)
OK = "echo JARVICE_CMD_SUCCESS"


@pytest.mark.parametrize("overlay", [64, 0])
def test_two_nodes_write_into_their_own_overlays(
    singularity: Service, cluster: Cluster, overlay: int
) -> None:
    """On each of two nodes the job finds its mapped environment inside the read-only image and
    writes into an overlay of its own, a tmpfs with overlay 0, of which nothing remains."""
    text = script(
        f"{MAPPED}; {WRITES}; sleep 1; {OK}",
        JOBOBJ_REPO=cluster.image,
        JOBOBJ_DEVICES=f'["overlay={overlay}", "exclusive=False"]',
    )
    job = singularity.submit(text, nodes=2)
    rc, _, output, _ = singularity.end_of(job)
    assert rc == 0, output
    for process, node in (("0", "node1"), ("1", "node2")):
        assert f"{process} {node} {job.jobid} node1 node2 2 2" in output.splitlines()
        assert f"wrote {process} inside" in output.splitlines()
    assert not (cluster.path("/home/jarvice/scratch/.jarvice/jobs") / job.jobid).exists()


def test_each_node_has_an_overlay_file_while_the_job_runs(
    singularity: Service, cluster: Cluster
) -> None:
    """Each node has an ext3 overlay of the size that this job asks for, in the job's working
    directory."""
    text = script(
        f"echo up; sleep 6; {OK}",
        JOBOBJ_REPO=cluster.image,
        JOBOBJ_DEVICES='["overlay=70", "exclusive=False"]',
    )
    job = singularity.submit(text, nodes=2)
    directory = cluster.path("/home/jarvice/scratch/.jarvice/jobs") / job.jobid
    tail = f"/request/{job.name}/{job.number}/{job.jobid}/tail"
    eventually(
        lambda: singularity.post(tail, {"qs": {}}).text, lambda shown: shown.count("up") == 2
    )
    assert {f.name: f.stat().st_size >> 20 for f in directory.glob("[!.]*")} == {
        "overlay.0.img": 70,
        "overlay.1.img": 70,
    }
    assert singularity.end_of(job)[0] == 0
    later = singularity.submit(
        script(f"{{DOWNSTREAM_PARAMETERS}}\necho $JARVICE_SINGULARITY_OVERLAY_SIZE; {OK}")
    )
    assert singularity.end_of(later)[2].splitlines()[0] == "600"


def test_an_upstream_script_that_starts_its_own_container_gets_its_parameters(
    singularity: Service, cluster: Cluster
) -> None:
    """A script with the placeholder runs on the node itself, with everything that it needs to start
    the container."""
    body = (
        "{DOWNSTREAM_PARAMETERS}\n"
        'export SINGULARITYENV_SEEN="$JARVICE_SINGULARITY_TMPDIR $JOB_LOCAL_USER"\n'
        f"singularity $SV_FLAG exec --writable-tmpfs {cluster.image} sh -c 'echo inside with $SEEN "
        f"on $PROCESS_NODENAME; {OK}'"
    )
    rc, output = singularity.run(script(body))
    assert output.splitlines()[0].startswith("inside with /tmp jarvice on node")
    assert rc == 0


def test_an_image_that_does_not_exist_fails_the_job_with_the_reason(singularity: Service) -> None:
    """The output of a job without its image holds the container program's own message, whatever the
    verbosity."""
    rc, output = singularity.run(script(OK, JOBOBJ_REPO="/home/jarvice/no-such-image.sif"))
    assert rc == 1
    assert "no-such-image.sif" in output


def test_registry_credentials_reach_only_the_node(start: Start, cluster: Cluster) -> None:
    """The password of an image's registry is in no response, no log at level 10, no process list,
    no batch script that Slurm keeps, and no file that outlives the job."""
    registry = cluster.registry
    service = start(
        cluster.settings()
        | {"JARVICE_BAREMETAL_EXECUTOR": "singularity", "JARVICE_SCHED_LOGLEVEL": "10"}
    )
    secret = json.dumps(
        {"server": registry.address, "username": registry.user, "password": registry.password}
    )
    cluster.path("/home/jarvice/.jarvice_custom_env").write_text("export APPTAINER_NOHTTPS=1\n")
    text = script(
        f"echo pulled; sleep 8; {OK}", JOBOBJ_REPO=registry.image, JOBOBJ_DOCKER_SECRET=secret
    )
    job = service.submit(text)
    service.prints(job, "pulled")
    seen = "\n".join(str(cluster.processes(host)) for host in ("login", "node1", "node2"))
    kept = cluster.run(
        "login", ["scontrol", "write", "batch_script", job.jobid, "-"]
    ).stdout.decode()
    rc, _, output, _ = service.end_of(job)
    cluster.path("/home/jarvice/.jarvice_custom_env").unlink()
    assert rc == 0, output
    found = cluster.run(
        "login", ["grep", "-rlF", registry.password, "/home", "/var/spool", "/tmp"]
    ).stdout.decode()
    for place in (job.script, kept, seen, output, "".join(service.log), found):
        assert registry.password not in place
    assert found == ""
