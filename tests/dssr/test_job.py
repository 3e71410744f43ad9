"""The vocabulary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.job import (
    JobRef,
    JobSpec,
    JobState,
    JobStatus,
    Output,
    Snapshot,
    check_name,
    time_limit,
)


def spec(name: str = "job", number: int = 1, source: str = "x") -> JobSpec:
    return JobSpec(name, number, 1, source, source)


def test_a_state_is_queued_running_final_or_unknown_and_only_one_of_them() -> None:
    """The lists of the contract do not overlap, and no state falls through but UNKNOWN."""
    for state in JobState:
        assert state.is_queued + state.is_running + state.is_final == (
            state is not JobState.UNKNOWN
        )


@pytest.mark.parametrize("name", ["a", "0", "Job-1_x.y@z+a=b,c", "a" * 201])
def test_good_names(name: str) -> None:
    """A name is letters, digits and . _ @ + = , - behind a letter or digit."""
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "-a", ".a", "_a", "a%j", "a b", "a\n", "a/b", "ä", "a;b", "$(x)", "a" * 202, "a\0", "a'"],
)
def test_bad_names(name: str) -> None:
    """The error names the argument and the rule, on one line."""
    with pytest.raises(BadRequest, match=r"'name'.*A-Z a-z 0-9") as caught:
        check_name(name)
    assert "\n" not in caught.value.message


def test_a_key_is_made_of_name_and_number() -> None:
    """A key is safe as a file name, and different for each name and number; the native id is no
    part of it."""
    assert JobRef("a", 1, "5").key == JobRef("a", 1).key
    assert (
        len({JobRef("a", 1).key, JobRef("a", 11).key, JobRef("a1", 1).key, JobRef("b", 1).key}) == 4
    )
    assert len(JobRef("../x", 1).key) == 32
    assert JobRef("../x", 1).key.isalnum()


def test_a_token_is_made_of_the_script_too() -> None:
    """Another script under the same name and number has another token; lone surrogates do no
    harm."""
    assert spec().token == spec().token
    assert (
        len(
            {
                spec().token,
                spec(source="y").token,
                spec(number=2).token,
                spec(name="b").token,
                spec(source="\udcff").token,
            }
        )
        == 5
    )


def test_credentials_do_not_show() -> None:
    """The repr of a job, which may end in a log, holds no credentials."""
    assert "MARKED" not in repr(JobSpec("a", 1, 1, "", "", secrets=(("X", "MARKED"),)))


@pytest.mark.parametrize(
    ("size", "data", "lines", "cut"),
    [
        (4, b"1\n2\n", 9, 0),  # all of it
        (8, b"1\n2\n", 2, 0),  # all that was asked for
        (8, b"1\n2", 2, 0),
        (8, b"1\n2\n", 3, 4),  # one line more was asked for
        (8, b"1\n2", 3, 5),
        (99, b"1234\n6789\n", 1, 89),  # the limit, within the line
        (4, b"1\n2\n3\n", 9, 0),  # it has grown since
        (0, b"", 9, 0),
        (9, b"", 0, 0),
    ],
)
def test_an_output_is_cut_where_something_is_missing_that_was_asked_for(
    size: int, data: bytes, lines: int, cut: int
) -> None:
    """Lines beyond those that were asked for are not cut off bytes."""
    assert Output.end(size, data, lines, limit=10) == Output(data, cut)


def test_a_status_belongs_to_the_job_of_that_name_only() -> None:
    """A job is found by name, number and native id: native ids begin again when a scheduler is
    reset."""
    ref = JobRef("job", 1, "42")
    jobs = Snapshot({"42": JobStatus(ref, JobState.RUNNING)})
    assert jobs.find(ref) == jobs["42"]
    assert jobs.find(JobRef("other", 1, "42")) is None
    assert jobs.find(JobRef("job", 1, "43")) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5", 300),
        ("1:30", 90),
        ("02:03:04", 7384),
        ("100:00:00", 360_000),
        ("1-2", 93_600),
        ("1-02:03", 93_780),
        ("1-02:03:04", 93_784),
        ("0:90", 90),
    ],
)
def test_a_time_limit_in_each_form_of_sbatch(text: str, wanted: int) -> None:
    """minutes, minutes:seconds, hours:minutes:seconds, days-hours and so on are read as sbatch(1)
    lists them."""
    assert time_limit(text) == wanted


@pytest.mark.parametrize("text", ["INFINITE", "unlimited", "UNLIMITED", "-1", "0", "0:00", "0-0"])
def test_no_time_limit(text: str) -> None:
    """Slurm's words for 'no limit' and a limit of zero are no limit."""
    assert time_limit(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "soon", "1:2:3:4", "1-", "-5", "1.5", "1:", ":1", "1d", "\u0663", "1-2:3:4:5", "9" * 30,
     "1\n2", " 5", "None"],
)  # fmt: skip
def test_a_text_that_is_no_time_limit(text: str) -> None:
    """A text in none of sbatch's forms is refused."""
    with pytest.raises(ValueError, match="no time limit"):
        time_limit(text)


@given(st.integers(0, 999), st.integers(0, 23), st.integers(0, 59), st.integers(0, 59))
def test_a_time_limit_that_slurm_prints(days: int, hours: int, minutes: int, secs: int) -> None:
    """D-HH:MM:SS is read back to the seconds that it was made of."""
    total = ((days * 24 + hours) * 60 + minutes) * 60 + secs
    assert time_limit(f"{days}-{hours:02}:{minutes:02}:{secs:02}") == (total or None)


@pytest.mark.parametrize("state", list(JobState))
def test_a_listed_job_is_running_or_queued_until_it_has_ended(state: JobState) -> None:
    """A job in an unknown state is among the running ones: a job in neither list passes for
    ended."""
    jobs = Snapshot({"1": JobStatus(JobRef("job", 1, "1"), state)})
    assert jobs.queued() == ([jobs["1"]] if state.is_queued else [])
    assert jobs.running() == ([] if state.is_final or state.is_queued else [jobs["1"]])
