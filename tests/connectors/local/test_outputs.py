"""Parts of an output, on files of the test's own."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from connectors.local import outputs
from connectors.local.folder import Folder, LocalJob, Record
from dssr.job import OUTPUT_LINES, JobState
from dssr.record import OutputPart

JOB = LocalJob("job", 1, 1, None, True, ("true",), "/directory", "", "/", 0.0)


@pytest.fixture
def job(tmp_path: Path) -> LocalJob:
    """A job whose output is a file of the test's own."""
    return replace(JOB, output=str(tmp_path / "output"))


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """What is known of that job."""
    (tmp_path / "7").mkdir()
    return Folder(tmp_path / "7")


def test_an_output_that_was_truncated_is_shorter_than_the_place(
    folder: Folder, job: LocalJob
) -> None:
    """The size is that of the output now, so that a reader sees that it must begin anew."""
    Path(job.output).write_bytes(b"short")
    assert outputs.part(folder, job, 100, 10) == OutputPart(b"", 100, 5)


def test_an_output_that_was_removed_is_empty(folder: Folder, job: LocalJob) -> None:
    """An output that another program has removed is empty, and complete after the job's end."""
    assert outputs.part(folder, job, 0, 10) == OutputPart(b"", 0, 0)
    folder.write_record(Record(JobState.COMPLETED, 0, 0.0))
    assert outputs.part(folder, job, 0, 10) == OutputPart(b"", 0, 0, is_complete=True)


def test_of_a_cleaned_job_the_kept_end_is_read_at_its_place(folder: Folder, job: LocalJob) -> None:
    """The part of a long output begins where the kept lines begin, and the size is the whole."""
    lines = [f"{n}\n".encode() for n in range(OUTPUT_LINES + 5)]
    Path(job.output).write_bytes(b"".join(lines))
    folder.write_record(Record(JobState.COMPLETED, 0, 0.0))
    folder.keep_output(Path(job.output))
    folder.mark_cleaned(0.0)
    Path(job.output).write_bytes(b"of another job")
    part = outputs.part(folder, job, 0, 4)
    assert part == OutputPart(lines[5] + lines[6], 10, sum(map(len, lines)))
    last = outputs.part(folder, job, part.size - 2, 9)
    assert (last.data, last.is_complete) == (b"4\n", True)
    assert outputs.size(folder, job) == part.size


def test_an_output_that_is_a_pipe_blocks_no_reader(folder: Folder, job: LocalJob) -> None:
    """A job that makes a pipe of its output has an empty one."""
    os.mkfifo(job.output)
    assert outputs.part(folder, job, 0, 10) == OutputPart(b"", 0, 0)
