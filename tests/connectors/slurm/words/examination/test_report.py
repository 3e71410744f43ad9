"""What the probe job prints."""

from connectors.slurm.words.examination.report import Report, report

TEXT = """\
Welcome to this node.
dssr-doctor node2 container apptainer version 1.4.5
dssr-doctor node1 container 
dssr-doctor node1 submit no
dssr-doctor node1 submit.why sbatch: error: no
slurmstepd: error: something else
"""  # noqa: W291


def test_the_lines_of_each_node() -> None:
    """Lines of the probe are read by node and word, others are left out; nodes are in order."""
    found = report(TEXT)
    assert list(found.nodes) == ["node1", "node2"]
    assert found.of("node1") == {
        "container": "",
        "submit": "no",
        "submit.why": "sbatch: error: no",
    }
    assert found.where("submit", "no") == ["node1"]
    assert found.values("container") == {"node2": "apptainer version 1.4.5"}
    assert found.of("node3") == {}


def test_the_ports() -> None:
    """The ports that the login node tried are those of their node."""
    found = report("", ["node1 20001 yes", "node1 30001 no", "node2 20002 yes"])
    assert found == Report({}, {"node1": {20001: True, 30001: False}, "node2": {20002: True}})
