import pytest

from connectors.slurm.words.partition_rules import why_never

SHOWN = """\
PartitionName=open MaxNodes=UNLIMITED MaxTime=UNLIMITED MinNodes=0 State=UP MaxMemPerNode=UNLIMITED
PartitionName=short MaxNodes=2 MaxTime=00:10:00 MinNodes=1 State=UP TotalNodes=4 MaxMemPerNode=500
PartitionName=wide MaxNodes=UNLIMITED MaxTime=1-00:00:00 MinNodes=2 State=UP TotalNodes=4
PartitionName=closed MaxNodes=UNLIMITED MaxTime=UNLIMITED MinNodes=0 State=DOWN
"""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--partition=short --time=11", "MaxTime is 10 min; its time limit is 11 min."),
        ("--partition=short --time=0-00:10:01", "MaxTime is 10 min"),
        ("--partition=short --time=0-1", "its time limit is 1 h"),
        ("--partition=short --time=UNLIMITED", "its time limit is unlimited"),
        (
            "--partition=short --nodes=3",
            "allows 1 to 2 nodes for a job and has 4; the job asks",
        ),
        ("--partition=wide --nodes=1", "allows 2 to unlimited nodes"),
        ("--partition=short --mem=501", "MaxMemPerNode is 500"),
        ("--partition=short --mem=1G", "MaxMemPerNode is 500"),
        ("--partition=closed", "is DOWN"),
        ("--partition=short,closed --time=1-0", "Partition short"),
    ],
)
def test_what_a_partition_forbids(options: str, expected: str) -> None:
    """A job that no partition of its own can run has the sentence about the first one, with the
    figures and what to do."""
    said = why_never(options.split(), "open", SHOWN)
    assert expected in said
    assert said.startswith("The job would not start as things are. ")


@pytest.mark.parametrize(
    "options",
    [
        "--partition=short --time=10 --nodes=2 --mem=500M",
        "--partition=short",
        "--partition=short,open --time=11",
        "--partition=short --mem=0 --nodes=1k",
        "--partition=wide",
        "--partition=wide --nodes=1-4",
        "--partition=hidden --time=11",
        "--time=1-0",
    ],
)
def test_what_is_allowed_or_not_known(options: str) -> None:
    """A job that one of its partitions can run, or of which that is not known, has no warning."""
    assert why_never(options.split(), "open", SHOWN) == ""
    assert why_never(options.split(), "", "") == ""
