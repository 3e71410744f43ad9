"""Output of any size costs the node a few MB, the bridge reads only what it returns, and the marker
is found."""

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import Service, eventually, script

pytestmark = pytest.mark.cluster
MB = 1 << 20
# MB for all of the batch script's processes together (bash, tr, fold, tee and awk themselves), srun
# left out.
CONSTANT = 40


def peak_memory(cluster: Cluster, jobid: str) -> int:
    """The most memory, in MB, that one of the batch script's filters has ever held, on either
    node."""
    look = (
        "for s in /proc/[0-9]*/status; do awk '/^Name:/{n=$2} /^VmHWM:/{print n, $2}' $s "
        "2>/dev/null; done"
        " | awk '$1 ~ /^(tee|tr|fold|awk|mawk|slurm_script|bash)$/ {print $2}' | sort -n | tail -n "
        "1"
    )
    found = [cluster.run(host, ["sh", "-c", look]).stdout.split() for host in ("node1", "node2")]
    return max((int(words[0]) for words in found if words), default=0) // 1024


@pytest.mark.timeout(1800)  # srun itself carries some 20 MB a second
@pytest.mark.parametrize(
    ("what", "megabytes"),
    [
        ("a line without end", 200),
        pytest.param("lines", 5000, marks=pytest.mark.long),
    ],
)
def test_output_of_any_size_costs_the_batch_node_the_same(
    native: Service, cluster: Cluster, what: str, megabytes: int
) -> None:
    """The node needs constant memory for output of any size, the response has the output's end, and
    the marker is found."""
    printed = (
        f"head -c {megabytes * MB} /dev/zero | tr '\\0' x"
        if what != "lines"
        else f"yes {'x' * 79} | head -c {megabytes * MB}"
    )
    job = native.submit(
        script(f"{printed}; sleep 3; echo; echo JARVICE_CMD_SUCCESS"), f"big-{megabytes}"
    )
    out = cluster.path(f"/home/jarvice/scratch/.jarvice/{job.name}.out")
    eventually(
        lambda: out.stat().st_size if out.exists() else 0, lambda size: size >= megabytes * MB, 1700
    )
    peak = peak_memory(cluster, job.jobid)
    rc, _, output, _ = native.end_of(job)
    assert rc == 0
    assert 0 < peak < CONSTANT
    assert output.endswith("JARVICE_CMD_SUCCESS\nJARVICE Job completed OK")
    assert len(output) < 11 * MB
    if what != "lines":
        assert output.startswith("<< ")
    assert "".join(output.splitlines()[-4:-2]).endswith("x")


def test_output_that_is_no_text_is_shown(native: Service) -> None:
    """Bytes of the output that are not UTF-8 are replaced, and the rest is unchanged."""
    rc, output = native.run(script(r"printf 'a\377b\n'; echo JARVICE_CMD_SUCCESS"))
    assert output.startswith("a\ufffdb\n")
    assert rc == 0


def test_only_the_last_ten_thousand_lines_are_handed_out(native: Service) -> None:
    """The result holds the last 10,000 lines of the output."""
    rc, output = native.run(script("seq 30000; echo JARVICE_CMD_SUCCESS"))
    lines = output.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (10_000, "20003", "JARVICE Job completed OK")
    assert rc == 0
