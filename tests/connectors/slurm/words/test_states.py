"""Slurm's words for states, times and node lists."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words.states import (
    expected_start,
    nodes_of,
    seconds_of,
    state_of,
    time_of,
)
from dssr.job import JobState
from tests.connectors.slurm.recordings import GENERATIONS, recorded, squeue_rows

# squeue(1), JOB STATE CODES, of 22.05 to 26.05.
QUEUED = ["PENDING", "CONFIGURING", "RESV_DEL_HOLD", "REQUEUE_FED", "REQUEUED", "SPECIAL_EXIT"]
RUNNING = [
    "RUNNING",
    "COMPLETING",
    "SUSPENDED",
    "STOPPED",
    "SIGNALING",
    "STAGE_OUT",
    "RESIZING",
    "REQUEUE_HOLD",
]
FINAL = [
    "BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL", "OUT_OF_MEMORY",
    "PREEMPTED", "REVOKED",
    "TIMEOUT", "LAUNCH_FAILED",
]  # fmt: skip
OTHER_WORDS = {
    "STAGED_OUT": JobState.STAGE_OUT,
    "RECONFIG_FAIL": JobState.BOOT_FAIL,
    "POWER_UP_NODE": JobState.CONFIGURING,
    "EXPEDITING": JobState.PENDING,
    "UPDATE_DB": JobState.COMPLETING,
}


@pytest.mark.parametrize("word", [*QUEUED, *RUNNING, *FINAL])
def test_every_state_is_known(word: str) -> None:
    """Each of Slurm's states is known by its own name, and is in exactly one of three groups."""
    state = state_of(word)
    assert state == word
    groups = {"queued": state.is_queued, "running": state.is_running, "final": state.is_final}
    assert groups == {"queued": word in QUEUED, "running": word in RUNNING, "final": word in FINAL}


@pytest.mark.parametrize(("word", "state"), OTHER_WORDS.items())
def test_states_under_another_name(word: str, state: JobState) -> None:
    """A state that is the same thing here under another name has this project's name."""
    assert state_of(word) is state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("CANCELLED by 2001", "CANCELLED"),
        ("CANCELLED by 2001+", "CANCELLED"),
        ("CANCELLED+", "CANCELLED"),
        ("COMPLETED+", "COMPLETED"),
        ("OUT_OF_ME+", "OUT_OF_MEMORY"),
        ("NODE_FAI+", "NODE_FAIL"),
        ("CONFIGUR+", "CONFIGURING"),
        (" RUNNING \n", "RUNNING"),
    ],
)
def test_decorated_words(word: str, state: str) -> None:
    """A state is read with the user who cancelled the job after it, cut to a narrow column, or with
    blanks."""
    assert state_of(word) == state


@pytest.mark.parametrize(
    "word",
    [
        "",
        "+",
        "C+",
        "COMPLET+",
        "REQUEUE_+",
        "R",
        "completed",
        "INVENTED",
        "COMPLETE",
        "0x42",
        "UNKNOWN",
    ],
)
def test_words_that_are_not_known_are_not_guessed(word: str) -> None:
    """An unknown word is UNKNOWN: one that could be two states, or an unmarked part of one."""
    state = state_of(word)
    assert state is JobState.UNKNOWN
    assert not any((state.is_final, state.is_queued, state.is_running))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_all_recorded_states_are_known(generation: str) -> None:
    """All states in recorded answers of squeue and sacct are known."""
    listed = {row["T"] for row in squeue_rows(generation)}
    accounted = {
        line.split("|")[1]
        for line in recorded(generation, "sacct.txt").splitlines()
        if line.split("|")[0].isdecimal()
    }
    assert len(listed) > 8
    assert len(accounted) > 6
    assert JobState.UNKNOWN not in {state_of(word) for word in listed | accounted}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0:00", 0),
        ("1:28", 88),
        ("59:59", 3599),
        ("1:00:00", 3600),
        ("1-02:03:04", 93784),
        ("365-00:00:00", 31536000),
    ],
)
def test_times(text: str, seconds: int) -> None:
    """Times are read as squeue's %M prints them."""
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "INVALID", "N/A", "UNLIMITED", "1", ":", "-1:00", "٣:٣٣", "9" * 5000 + ":00"]
)
def test_what_is_no_time_is_zero(text: str) -> None:
    """A text that is no time is 0 and raises nothing."""
    assert seconds_of(text) == 0


@given(st.integers(0, 10**9))
def test_times_for_sbatch_are_read_back(seconds: int) -> None:
    """A duration that is written as a time limit is read back as the same duration."""
    assert seconds_of(time_of(seconds)) == seconds


@pytest.mark.parametrize(
    ("hostlist", "nodes"),
    [
        ("", ()),
        ("(null)", ()),
        ("None assigned", ()),
        ("login", ("login",)),
        ("node[1-2]", ("node1", "node2")),
        ("a,b", ("a", "b")),
        ("rack[1-2]n[01-03,7],login", (
            "rack1n01", "rack1n02", "rack1n03", "rack1n7",
            "rack2n01", "rack2n02", "rack2n03", "rack2n7", "login",
        )),
        ("n[09-11]", ("n09", "n10", "n11")),
        ("n[8,3]-ib", ("n8-ib", "n3-ib")),
        ("x[1]", ("x1",)),
        ("n[007]", ("n007",)),
    ],
)  # fmt: skip
def test_node_lists(hostlist: str, nodes: tuple[str, ...]) -> None:
    """A hostlist expands in its order and keeps leading zeros."""
    assert nodes_of(hostlist) == nodes


@pytest.mark.parametrize(
    "hostlist",
    [
        "[",
        "]",
        "a[1-",
        "a[1-2",
        "a]1[",
        "a[[1-2]]",
        "a[3-1]",
        "n[1-999999999]",
        "n[0-99999][0-99999]",
        "n[1-70000]",
        "[0-9]" * 12,
    ],
)
def test_impossible_node_lists_are_returned_unchanged(hostlist: str) -> None:
    """A hostlist that no cluster has is returned unchanged, and costs no memory."""
    tracemalloc.start()
    try:
        assert nodes_of(hostlist) == (hostlist,)
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_the_largest_cluster() -> None:
    """A list expands to as many nodes as Slurm can name."""
    assert len(nodes_of("n[1-65536]")) == 65536


@given(st.text("an0123456789[]-,", max_size=60))
def test_any_text_is_a_node_list(text: str) -> None:
    """Any text is read without an error, and no name is empty."""
    assert all(nodes_of(text))


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=20, unique=True))
def test_a_list_of_numbers(numbers: list[int]) -> None:
    """A list of numbers is the same as the names one by one."""
    assert nodes_of(f"n[{','.join(map(str, numbers))}]") == tuple(
        f"n{number}" for number in numbers
    )


def test_many_brackets() -> None:
    """A hostlist with many brackets is read without deep recursion."""
    assert nodes_of("a" + "[1]" * 5000) == ("a" + "1" * 5000,)


@pytest.mark.parametrize(
    ("time", "since", "expected"),
    [
        ("1795600800", 1795600700.0, 1795600800.0),
        ("1827136700", 1795600700.0, 1827136700.0),
        ("33997881600", 1795600700.0, None),
        ("1795600800", None, None),
        ("N/A", 1795600700.0, None),
    ],
)
def test_a_start_in_the_far_future_is_none(
    time: str, since: float | None, expected: float | None
) -> None:
    """A start within a year is expected; that of the year 3047 is not."""
    assert expected_start(time, since) == expected
