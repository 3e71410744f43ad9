"""The rules for connectors that take files of jobs in parts: see ``dssr.testing.job_files``."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from dssr.errors import Conflict, Unwritable
from dssr.testing.harness import ListingHarness
from dssr.testing.job_place import JobPlace
from dssr.testing.records import record
from dssr.testing.script_records import batch


class JobUploadsContract:
    """The rules for writing."""

    @pytest.fixture
    @staticmethod
    def job(harness: ListingHarness) -> JobPlace:
        """A job that has ended, with an empty directory of its own."""
        ref = batch(harness, "true\n")
        harness.result(ref)
        return JobPlace(harness, ref, record(harness, ref).about.working_directory)

    def test_parts_become_a_file_at_the_end(self, job: JobPlace) -> None:
        """A file has its name once all parts have arrived; until then the part that is missing is
        known, and no list shows it."""
        data = os.urandom(200_000)
        assert job.arrived("up") is None
        assert job.write("up", data[:90_000], 0, len(data)).size == 90_000
        assert job.arrived("up") == 90_000
        assert job.names() == []
        assert job.write("up", data[90_000:], 90_000, len(data)).size == len(data)
        assert job.arrived("up") is None
        assert (job.read("up"), job.names()) == (data, ["up"])

    def test_a_program_can_be_run(self, job: JobPlace) -> None:
        """A file that is sent as a program can be run once it is complete, and others cannot."""
        text = b"#!/bin/sh\necho it runs\n"
        job.write("run", text[:9], 0, len(text))
        job.write("run", text[9:], 9, len(text), is_program=True)
        job.write("data", text)
        assert job.sh("./run && ! [ -x data ]") == "it runs\n"

    def test_the_same_part_again(self, job: JobPlace) -> None:
        """A part whose answer was lost may be sent again, the last one too."""
        for offset, data in ((0, b"abc"), (3, b"def"), (6, b"gh")):
            for _ in range(2):
                job.write("up", data, offset, 8)
        assert job.read("up") == b"abcdefgh"
        with pytest.raises(Conflict, match="up to byte 0"):
            job.write("up", b"xy", 6, 8)
        assert job.read("up") == b"abcdefgh"

    def test_large_parts_that_are_not_written(self, job: JobPlace) -> None:
        """Of a large part that is not written, nothing is left that harms the next one."""
        part = b"exit 9\n" * 30_000
        job.write("a/b", b"data")
        for path, offset in (("up", 10), ("a", 0), ("a/b/c", 0)):
            with pytest.raises((Conflict, Unwritable)):
                job.write(path, part, offset, offset + len(part))
            job.write("up", part[: offset + 1], 0, len(part) + 1)
        job.write("twice", b"x", 0, 1 + len(part))
        for _ in range(2):  # the first answer was lost
            job.write("twice", part, 1, 1 + len(part))
        with pytest.raises(Conflict, match="up to byte 0"):
            job.write("twice", part[::-1], 1, 1 + len(part))
        assert job.read("twice") == b"x" + part

    def test_a_part_that_does_not_follow(self, job: JobPlace) -> None:
        """A part behind the end of what has arrived is a ``Conflict`` that says where that is."""
        job.write("up", b"abc", 0, 20)
        with pytest.raises(Conflict, match="up to byte 3"):
            job.write("up", b"x", 4, 20)
        assert job.arrived("up") == 3

    def test_an_upload_that_begins_anew(self, job: JobPlace) -> None:
        """The first part of an upload begins it anew, whatever has arrived before."""
        job.write("up", b"longer than the other", 0, 100)
        job.write("up", b"short", 0, 5)
        assert job.read("up") == b"short"

    def test_a_part_waits_for_the_one_before_it(self, job: JobPlace) -> None:
        """A part that begins while the one before it is being written has arrived when both
        have."""
        job.write("up", b"abc", 0, 9)
        with ThreadPoolExecutor(1) as pool:
            last = pool.submit(job.write, "up", b"ghi", 6, 9, follows=True)
            time.sleep(0.3)
            assert not last.done()
            job.write("up", b"def", 3, 9)
            assert last.result().size == 9
        assert (job.read("up"), job.names()) == (b"abcdefghi", ["up"])

    def test_a_part_whose_upload_begins_anew(self, job: JobPlace) -> None:
        """A part that waits for the one before it does not become one of the same upload, begun
        anew meanwhile: it is a ``Conflict``, or is behind the new parts."""
        job.write("up", b"abc", 0, 12)
        with ThreadPoolExecutor(1) as pool:
            late = pool.submit(job.write, "up", b"ghi", 6, 12, follows=True)
            time.sleep(0.3)
            job.write("up", b"ABC", 0, 12)
            job.write("up", b"DEF", 3, 12)
            with suppress(Conflict):
                late.result()
        if (arrived := job.arrived("up")) == 6:
            job.write("up", b"GHI", 6, 12)
        job.write("up", b"jkl", 9, 12)
        assert job.read("up") == (b"ABCDEFGHIjkl" if arrived == 6 else b"ABCDEFghijkl")

    def test_what_a_part_that_was_cut_off_has_left_behind(self, job: JobPlace) -> None:
        """Bytes behind the last part that arrived whole are neither counted nor kept."""
        job.write("up", b"abc", 0, 6)
        job.sh("for each in .dssr-upload.*; do printf left >>$each; done")
        assert job.arrived("up") == 3
        assert job.write("up", b"d", 3, 6).size == 4
        job.sh("for each in .dssr-upload.*; do printf left >>$each; done")
        job.write("up", b"ef", 4, 6)
        assert job.read("up") == b"abcdef"

    def test_uploads_of_two_sizes(self, job: JobPlace) -> None:
        """Parts of two files of the same name and of other sizes are not mixed."""
        job.write("up", b"abc", 0, 6)
        job.write("up", b"xyzx", 0, 9)
        assert job.arrived("up") == 4
        job.write("up", b"def", 3, 6)
        assert job.read("up") == b"abcdef"
        assert job.arrived("up") is None
        with pytest.raises(Conflict, match="up to byte 0"):
            job.write("up", b"yzxyz", 4, 9)

    def test_uploads_of_two_uploaders(self, job: JobPlace) -> None:
        """Parts of two uploaders are not mixed, though name and size of their files are the same;
        the one who ends last has the name."""
        for uploader, first in (("alice", b"abc"), ("bob", b"x")):
            job.write("up", first, 0, 6, uploader=uploader)
        assert (job.arrived("up", "alice"), job.arrived("up", "bob")) == (3, 1)
        job.write("up", b"def", 3, 6, uploader="alice")
        assert (job.read("up"), job.arrived("up", "bob")) == (b"abcdef", 1)
        job.write("up", b"yzxyz", 1, 6, uploader="bob")
        assert (job.read("up"), job.names()) == (b"xyzxyz", ["up"])

    def test_a_file_is_replaced_only_when_it_may_be(self, job: JobPlace) -> None:
        """Without leave to overwrite, a file that is there stays as it is."""
        job.write("data", b"old", overwrite=False)
        with pytest.raises(Conflict, match="is there already"):
            job.write("data", b"new", overwrite=False)
        assert job.read("data") == b"old"
        job.write("late", b"ne", 0, 3, overwrite=False)
        job.write("late", b"mine")
        with pytest.raises(Conflict):
            job.write("late", b"w", 2, 3, overwrite=False)
        job.write("data", b"new")
        assert (job.read("data"), job.read("late")) == (b"new", b"mine")
        assert job.write("empty", b"").size == 0

    def test_directories_are_made_and_not_overwritten(self, job: JobPlace) -> None:
        """Missing directories on the way to a file are made; no file takes a directory's place."""
        job.write("a/b/c", b"data")
        assert job.read("a/b/c") == b"data"
        with pytest.raises(Conflict, match="is a directory"):
            job.write("a/b", b"data")
        with pytest.raises(Unwritable, match="'c' is a file, not a directory"):
            job.write("a/b/c/d", b"data")
