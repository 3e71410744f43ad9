"""The rules for jobs of the API for people, for connectors that run scripts. ``dssr.testing`` says
how to run them."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from dssr.errors import BadRequest
from dssr.job import JobRef, JobState, Resources
from dssr.seams import KeepsRecords
from dssr.testing.abilities import (
    CheckContract,
    HoldContract,
    OutputContract,
    checker,
    output_from,
    printed_from,
)
from dssr.testing.harness import LAUNCH, ListingHarness
from dssr.testing.records import RecordsContract, ended, ends_of, keeper, listed, record

# Each is a value that a shell, a line-based file or a text in quotes would change.
HOSTILE_VALUES = (
    "",
    " two  words ",
    'it\'s "quoted" `id` $(id) ${HOME} $HOME !! \\ \\\\ \\n',
    "three\nlines\n\n",
    "-n",
    "äöü € \t\x01\x7f",
    "=a=b=",
    "x" * 50_000,
)
WORDS = ("--steps", "3", "", "it's", 'a "b" $(id) *', "two\nlines", "äöü")


def batch(harness: ListingHarness, script: str, **fields: Any) -> JobRef:
    """Submit a batch script as the API for people does."""
    kept = {"plain": True, "by_exit_code": True, "keeps_files": True}
    return harness.submit(harness.job(f"#!/bin/bash\n{script}", **(kept | fields)))


def started_by_executor(harness: ListingHarness, script: str, **fields: Any) -> JobRef:
    """Submit a script that an executor starts, as that API does for a container."""
    return batch(harness, script, plain=False, **fields)


def resources_of(harness: ListingHarness, ref: JobRef) -> Resources | None:
    """What the job asks for, as soon as the list shows it."""
    return listed(harness, ref).resources


class ScriptRecordsContract(RecordsContract, HoldContract, OutputContract, CheckContract):
    """The rules for scripts of that API, beside those for records, output and checks."""

    def test_the_exit_code_decides(self, harness: ListingHarness) -> None:
        """A job of that API ends by its exit code and not by a success word."""
        for submit in (batch, started_by_executor):
            good = ended(harness, submit(harness, "echo fine\nexit 0\n"))
            bad = ended(harness, submit(harness, "echo JARVICE_CMD_SUCCESS\nexit 7\n"))
            assert (good.state, good.exit_code) == (JobState.COMPLETED, 0)
            assert (bad.state, bad.exit_code) == (JobState.FAILED, 7)

    def test_nothing_is_added_to_the_output(self, harness: ListingHarness) -> None:
        """The output of a job of that API is what its script has printed."""
        for submit in (batch, started_by_executor):
            printed = harness.result(submit(harness, "echo one\necho two >&2\n")).output.data
            assert printed == b"one\ntwo\n"

    def test_a_signal_ends_a_job(self, harness: ListingHarness) -> None:
        """The record of a job that a signal ended says which one."""
        over = ended(harness, batch(harness, "kill -KILL $$\n"))
        assert over.state is JobState.FAILED
        assert over.signal == 9 or over.exit_code == 128 + 9

    def test_a_job_has_a_working_directory_of_its_own(self, harness: ListingHarness) -> None:
        """A job that names no working directory starts in a new one, which is empty and is there
        after its result was returned."""
        script = "pwd\nls -A\necho data >here\n"
        one, two = (batch(harness, script), started_by_executor(harness, script))
        paths = []
        for ref in (one, two):
            printed = harness.result(ref).output.data.decode()
            harness.connector.clean(ref)
            paths.append(record(harness, ref).about.working_directory)
            assert printed == f"{paths[-1]}\n"
            assert harness.sh('cat "$1/here"', paths[-1]) == "data\n"
        assert paths[0] != paths[1]

    def test_a_working_directory_is_made_if_it_is_missing(self, harness: ListingHarness) -> None:
        """A job starts in the directory that it names; one that is missing is made."""
        path = f"{harness.scratch_dir}{harness.name()}/it's new"
        for submit in (batch, started_by_executor):
            ref = submit(harness, "pwd\n", working_directory=path)
            assert harness.result(ref).output.data.decode() == f"{path}\n"
            assert record(harness, ref).about.working_directory == path
        assert harness.sh('ls -d "$1"', path) == f"{path}\n"

    def test_a_working_directory_that_cannot_be_made(self, harness: ListingHarness) -> None:
        """A working directory that cannot be made is a ``BadRequest``, and makes no job."""
        name = harness.name()
        with pytest.raises(BadRequest, match="/proc/nowhere"):
            batch(harness, "true\n", name=name, working_directory="/proc/nowhere/at/all")
        assert harness.connector.result(JobRef(name, 1)) is None

    def test_the_environment_arrives_byte_for_byte(self, harness: ListingHarness) -> None:
        """Each variable of the request has its value in the job, whatever bytes it is made of."""
        secrets = tuple((f"VALUE_{n}", value) for n, value in enumerate(HOSTILE_VALUES))
        names = " ".join(f'"${name}"' for name, _ in secrets)
        expected = b"".join(f"<{value}>".encode() for value in HOSTILE_VALUES)
        for submit in (batch, started_by_executor):
            ref = submit(harness, f"printf '<%s>' {names}\n", secrets=secrets)
            assert harness.result(ref).output.data == expected

    def test_the_environment_is_on_no_command_line(self, harness: ListingHarness) -> None:
        """No process of the node has a value of the environment among its words."""
        value = harness.name()
        script = """words=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ')
case $words in *"$MINE"*) echo seen ;; *) echo unseen ;; esac
"""
        for submit in (batch, started_by_executor):
            ref = submit(harness, script, secrets=(("MINE", value),))
            assert harness.result(ref).output.data == b"unseen\n"

    def test_a_script_gets_its_arguments(self, harness: ListingHarness) -> None:
        """A batch script gets the arguments of the request as they are."""
        ref = batch(harness, 'printf "<%s>" "$@"\n', arguments=WORDS)
        expected = b"".join(f"<{word}>".encode() for word in WORDS)
        assert harness.result(ref).output.data == expected

    def test_a_request_takes_precedence_over_its_script(self, harness: ListingHarness) -> None:
        """The time limit of the request is valid, and without one that of the script."""
        script = "#SBATCH --time=7\ntrue\n"
        for asked, minutes in ((None, 7), (180, 3)):
            ref = batch(harness, script, nodes=0, cores=0, walltime=asked, held=True)
            resources = harness.wait(partial(resources_of, harness, ref))
            harness.connector.cancel(ref)
            assert resources.walltime == minutes * 60

    def test_a_growing_output_is_read_from_where_it_was_left(self, harness: ListingHarness) -> None:
        """What a running job prints later is read from the place where the last part ended."""
        path = f"{harness.scratch_dir}{harness.name()}"
        script = f"echo first\nwhile [ ! -e '{path}' ]; do sleep 0.1; done\necho second\n"
        ref = batch(harness, script)
        harness.wait(lambda: output_from(harness, ref, 0).data == b"first\n")
        harness.sh('touch "$1"', path)
        part = printed_from(harness, ref, 6)
        assert (part.data, part.offset, part.size) == (b"second\n", 6, 13)
        assert harness.result(ref).state is JobState.COMPLETED

    def test_another_bridge_knows_the_same_jobs(self, harness: ListingHarness) -> None:
        """A second connector has the same records, the same order of final states and the same
        keys."""
        spec = harness.kept(harness.name(), idempotency=harness.name())
        ref, failed = harness.submit(spec), batch(harness, "exit 3\n")
        mine = [ended(harness, job) for job in (ref, failed)]
        ends = ends_of(harness, ref, failed)
        harness.connector = harness.again()
        assert [ended(harness, job) for job in (ref, failed)] == mine
        assert ends_of(harness, ref, failed) == ends
        assert keeper(harness).script(mine[0].id) == spec.script.encode()
        assert harness.connector.submit(spec, LAUNCH).again

    def test_final_states_that_another_bridge_saw_first(self, harness: ListingHarness) -> None:
        """Two connectors that look at the same time report each final state in one order."""
        other = harness.again()
        refs = [batch(harness, f"sleep 0.{n}\n") for n in range(4)]
        for ref in refs:
            harness.result(ref)
            assert isinstance(other, KeepsRecords)
            other.records()
        first = ends_of(harness, *refs)
        harness.connector = other
        assert ends_of(harness, *refs) == first

    def test_a_check_refuses_what_a_submission_refuses(self, harness: ListingHarness) -> None:
        """A script with an unknown directive is a ``BadRequest`` for a check, too."""
        spec = harness.job("#!/bin/bash\n#SBATCH --no-such-option=1\ntrue\n", plain=True)
        with pytest.raises(BadRequest, match="no-such-option"):
            checker(harness).check(replace(spec, by_exit_code=True), "")
