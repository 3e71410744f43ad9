"""The entries of the journal: what is written is read again, and what is no entry is left out."""

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words import journal
from connectors.slurm.words.journal import EndFacts, Ending, JobEnd, Reader, Submission
from dssr.errors import BadRequest
from dssr.job import JobRef, JobState, Resources
from dssr.record import About
from tests.connectors.slurm.answers import PLACE
from tests.connectors.slurm.specs import spec

OUTPUT = "/home/jarvice/.jarvice/name.out"
REF = JobRef("name", 7, "77")
LONGEST = 1023  # bytes of a link's text on XFS
ENDING = Ending(JobState.TIMEOUT, 60, "a | in the reason")
GIVEN = Resources("batch", "a", "q", 2, 8, None, 1, 60)
FACTS = EndFacts(1.5, 61.5, 143, 15, 12, ("squeue",), "n[1-2]", GIVEN, 2.5, 100)


def entries(submission: Submission, about: About, now: float) -> list[str]:
    """The entries of a submission, as the programs write them."""
    text = journal.submission_text(submission.ref, about, now)
    return list(journal.submission_entries(submission, text))


@given(
    st.dictionaries(st.text(max_size=60), st.text(max_size=250), max_size=20),
    st.text(max_size=300),
    st.booleans(),
)
def test_a_submission_is_read_as_it_was_written(
    labels: dict[str, str], image: str, keeps_files: bool
) -> None:
    """A submission of any size is the same after it was read, and no entry is longer than XFS
    takes."""
    asked = spec(image=image, labels=tuple(labels.items()), keeps_files=keeps_files)
    about = journal.about(asked, FACTS.resources, "core")
    kept = journal.with_its_directory(about, PLACE, OUTPUT)
    submission = Submission(PLACE, REF, "alice", 5.125, kept, OUTPUT)
    reader, texts = Reader(), entries(submission, about, 5.125)
    assert [reader.read(text) for text in texts] == [None] * (len(texts) - 1) + [submission]
    assert max(len(text.encode()) for text in texts) <= LONGEST
    assert not any("\n" in text for text in texts)


def test_a_job_of_its_own_directory() -> None:
    """A job that keeps its files and names no directory has one of its own, beside its output; one
    that names a directory has that."""
    about = journal.about(spec(keeps_files=True))
    place = journal.with_its_directory(about, PLACE, OUTPUT).working_directory
    assert place == f"/home/jarvice/.jarvice/work/{journal.job_id(PLACE)}"
    for asked in (spec(keeps_files=True, working_directory="/data/x"), spec()):
        assert journal.with_its_directory(journal.about(asked), PLACE, OUTPUT) == journal.about(
            asked
        )


def test_an_end_is_read_as_it_was_written() -> None:
    """An end with all facts, and one with none, are the same after they were read."""
    for ending, facts in ((ENDING, FACTS), (Ending(JobState.UNKNOWN, 0), EndFacts())):
        text = journal.end_text(REF, PLACE, "", ending, facts)
        assert Reader().read(text) == JobEnd(PLACE, ending, facts)
        assert len(text.encode()) <= LONGEST


@given(st.text(max_size=900), st.text(max_size=400))
def test_an_end_fits_into_an_entry(nodes: str, reason: str) -> None:
    """The entry of an end has its state, and a length that every file system takes, however much is
    known of it."""
    reason = re.sub(r"[\t\n]", " ", reason)
    text = journal.end_text(
        REF, PLACE, "", Ending(JobState.FAILED, 7, reason), replace(FACTS, nodes=nodes)
    )
    assert len(text.encode()) <= LONGEST
    read = Reader().read(text)
    assert isinstance(read, JobEnd)
    assert (read.ending.state, read.ending.elapsed) == (JobState.FAILED, 7)
    assert reason.startswith(read.ending.reason)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        f"s {PLACE} 77  {{}}\t/x",
        f"s {PLACE} 77  [1]\t/x",
        f"s {PLACE} 77  not JSON\t/x",
        f's {PLACE} 77  {{"name": "x", "number": 1, "submitted": "soon"}}\t/x',
        f's {PLACE} 77  {{"name": "x", "number": 1, "submitted": 1, "newer": 2}}\t/x',
        's ../../etc 77  {"name": "x", "number": 1, "submitted": 1}\t/x',
        f's {PLACE} refused  {{"name": "x", "number": 1, "submitted": 1}}\t/x',
        f"e {PLACE} 77  {{}}\tINVENTED|1|",
        f"e {PLACE} 77  {{}}\tCOMPLETED|soon|",
        f'e {PLACE} 77  {{"newer": 1}}\tCOMPLETED|1|',
        f"x {PLACE} 77  {{}}\tCOMPLETED|1|",
        f"p {PLACE} one text",
    ],
)
def test_what_is_no_entry(text: str) -> None:
    """Damaged entries, and those of newer versions, are left out."""
    assert Reader().read(text) is None


@given(st.text())
def test_any_text(text: str) -> None:
    """No text in the place of an entry is an error."""
    assert Reader().read(f"s {PLACE} 77  {text}\t/x") is None
    assert Reader().read(text) is None


def test_pieces_that_came_twice() -> None:
    """Pieces that were written again after a crash make one submission, and so do those of two
    processes at once; a submission that lacks a piece is left out."""
    about = journal.about(spec(labels=tuple((f"k{n}", "v" * 200) for n in range(6))))
    submission = Submission(PLACE, REF, "", 1.0, about, OUTPUT)
    *pieces, last = entries(submission, about, 1.0)
    assert len(pieces) >= 2
    for texts in ([pieces[0], *pieces, last], [*pieces, *pieces, last]):
        reader = Reader()
        assert [reader.read(text) for text in texts][-1] == submission
    lacking = Reader()
    assert [lacking.read(text) for text in (*pieces[1:], last)] == [None] * len(pieces)


def test_labels_beyond_measure() -> None:
    """A job whose record would be longer than the journal takes is refused with the cure."""
    about = journal.about(spec(labels=tuple((f"k{n}", "v" * 250) for n in range(60))))
    with pytest.raises(BadRequest, match="fewer or shorter labels"):
        journal.submission_text(REF, about, 1.0)


def test_an_image_of_any_length() -> None:
    """The image of an upstream's job may be any text: its record has the beginning."""
    about = journal.about(spec(image="x" * 100_000))
    assert json.loads("".join(journal.submission_text(REF, about, 1.0).split("\n")))
    assert len(about.image) == 1000


@pytest.mark.parametrize(
    ("directory", "id"),
    [
        (f"jobs/2030-01-31/{'0' * 32}.0123456789ab", "20300131-0123456789ab"),
        (f"jobs/day/{'0' * 32}.0123456789ab", ""),
        (f"jobs/2030-01-31/{'0' * 32}.0123456789ab/x", ""),
        ("", ""),
    ],
)
def test_the_id_is_that_of_the_directory(directory: str, id: str) -> None:
    """A job's id is the day and the random part of its directory's name; other paths have none."""
    assert journal.job_id(directory) == id
