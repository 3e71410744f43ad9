"""What a job has used, as sacct and bash print it."""

import pytest

from connectors.slurm.words.end_facts import end_facts
from connectors.slurm.words.journal import EndFacts, Ending
from connectors.slurm.words.usage import cpu_time, shell_time, used_memory
from dssr.job import JobState
from tests.connectors.slurm.words.test_settled import UNKNOWN, read

COMPLETED = Ending(JobState.COMPLETED, 7)
RUN = "|COMPLETED|7|cpu=2,mem=750M,node=1|0:0|1795600790|1795600797|"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:03.567", 3.567),
        ("02:03:04", 7384.0),
        ("1-02:03:04", 93784.0),
        ("00:00:00", None),
        ("00:00.000", None),
        ("", None),
        ("much", None),
    ],
)
def test_the_processor_time_of_sacct(text: str, seconds: float | None) -> None:
    """Slurm's times are seconds; a time of zero was not measured."""
    assert cpu_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("cpu=00:00:01,energy=0,fs/disk=5332,mem=131172K,pages=0,vmem=1404K", 128),
        ("cpu=00:00:01,mem=2.50G", 2560),
        ("mem=12K", 1),
        ("mem=0", None),
        ("cpu=00:00:01", None),
        ("", None),
    ],
)
def test_the_memory_of_a_step(text: str, size: int | None) -> None:
    """The memory is in MB, at least one; a size of zero was not measured."""
    assert used_memory(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1m2.500s 0m0.250s", 62.75), ("0m1,5s 0m0,0s", 1.5), ("", None), ("0m1.5s", None)],
)
def test_the_processor_time_of_bash(text: str, seconds: float | None) -> None:
    """User and system time are added, whatever the locale's decimal point is."""
    assert shell_time(text) == seconds


def facts(*common: str, one: tuple[str, ...] = ()) -> EndFacts:
    """The facts of the first job's end."""
    return end_facts(read("accounting 0", "listing 1", *common, one=one)[0], COMPLETED, None)


def test_the_largest_step_of_the_last_run_counts() -> None:
    """The memory is that of the largest step; steps of an earlier run do not count."""
    steps = ("batch", "2048K"), ("extern", "12K"), ("0", "102400K")
    found = facts(
        f"sacct 11{RUN}00:09.000||",
        f"sacct 11.0{RUN}00:09.000|cpu=00:00:09,mem=900M|",
        f"sacct 11{RUN}00:03.500||",
        *(f"sacct 11.{step}{RUN}00:01.000|cpu=00:00:01,mem={size}|" for step, size in steps),
    )
    assert (found.cpu_seconds, found.memory_used_mb) == (3.5, 100)


def test_without_accounting_the_record_has_the_processor_time() -> None:
    """Accounting says first what was used; without it, the processor time is the record's, and the
    memory is not known."""
    record = ("record exit=0", "record cpu=0m2.000s 0m0.500s", "record state=")
    found = facts(f"squeue {UNKNOWN}", one=record)
    assert (found.cpu_seconds, found.memory_used_mb) == (2.5, None)
    assert facts(f"sacct 11{RUN}00:03.500||", one=record).cpu_seconds == 3.5
    unmeasured = facts(f"squeue {UNKNOWN}", one=("record exit=0", "record cpu=", "record state="))
    assert unmeasured.cpu_seconds is None
