"""The rules for connectors that run scripts. ``dssr.testing`` says how to run them."""

from dataclasses import replace

import pytest

from dssr.errors import NotFound
from dssr.job import JobState
from dssr.testing.connector import ConnectorContract
from dssr.testing.harness import LAUNCH, SUCCESS, ScriptHarness

HOSTILE_DATA = (
    """it's "quoted" `not run` $(not run) ${X} $HOME \\ \\\\ \\n !! %d {{}} äöü €\n"""
    "a line that ends as on Windows\r\n\ttabs and blanks at the end \t \n"
    + "x" * 100_000
    + "\nEOT \n"
)
HOSTILE = f"""#!/bin/bash
echo BEGIN
cat <<'EOT'
{HOSTILE_DATA}EOT
X='single '"'"' quote' Y="double \\" quote \\\\ $((6 * 7))"; echo "$X" "$Y" ${{X}}
echo END
{SUCCESS}"""
# sbatch refuses DOS line breaks, also in the text of a here-document.
HOSTILE_PLAIN = HOSTILE.replace("\r\n", "\n")
HOSTILE_OUTPUT = HOSTILE_DATA + "single ' quote double \" quote \\ 42 single ' quote\n"


class ScriptConnectorContract(ConnectorContract):
    """The rules for scripts, output and restarts, beside those for every connector."""

    def test_a_hostile_script_runs_as_written(self, harness: ScriptHarness) -> None:
        """A script with quotes, a here-document, 100 kB in a line and CRLF runs as it is."""
        printed = harness.output_of(HOSTILE)
        assert printed.partition(b"BEGIN\n")[2].partition(b"END\n")[0] == HOSTILE_OUTPUT.encode()

    def test_a_hostile_plain_script_runs_as_written(self, harness: ScriptHarness) -> None:
        """The same holds for a script that is the batch script itself."""
        printed = harness.output_of(HOSTILE_PLAIN, plain=True)
        seen = printed.partition(b"BEGIN\n")[2].partition(b"END\n")[0]
        assert seen == HOSTILE_OUTPUT.replace("\r\n", "\n").encode()

    def test_success_is_what_the_marker_says(self, harness: ScriptHarness) -> None:
        """A job is COMPLETED by its success marker, whatever its exit code and other markers."""
        assert harness.state_of(f"{SUCCESS}exit 3\n") is JobState.COMPLETED
        assert harness.state_of(f"echo JARVICE_CMD_FAILURE\n{SUCCESS}") is JobState.COMPLETED

    def test_no_marker_is_a_failure(self, harness: ScriptHarness) -> None:
        """A script that exits with 0 and prints no marker has failed; its output says why."""
        result = harness.result(harness.submit(harness.job("echo fine\nexit 0\n")))
        assert result.state is JobState.FAILED
        *_, why, failed = result.output.data.decode().splitlines()
        assert failed == "JARVICE Job failed, investigate logs"
        assert "exit code 0" in why
        assert "/bin/echo JARVICE_CMD_SUCCESS" in why

    def test_the_marker_of_a_traced_command_does_not_count(self, harness: ScriptHarness) -> None:
        """A marker that ``set -x`` prints as a part of a command has no effect."""
        assert harness.state_of("echo '+ /bin/echo JARVICE_CMD_SUCCESS'\n") is JobState.FAILED

    def test_a_plain_script_ends_by_its_exit_code(self, harness: ScriptHarness) -> None:
        """The exit code of a plain script decides, and its markers have no effect."""
        assert harness.state_of("#!/bin/sh\nexit 0\n", plain=True) is JobState.COMPLETED
        assert harness.state_of(f"#!/bin/bash\n{SUCCESS}exit 4\n", plain=True) is JobState.FAILED

    def test_the_job_finds_its_surroundings(self, harness: ScriptHarness) -> None:
        """A job has the neutral names, its parameters and credentials, both directories and an
        empty stdin."""
        script = (
            'echo "$JOB_JOBID/$PROCESS_PROCID/$JOB_NNODES/$JOB_NTASKS/$JARVICE_THING/'
            '$JARVICE_SECRET/$(cat)/"\n'
            '[ "$PROCESS_NODENAME" = "$JOB_JOB_FORMATED_NODELIST" ] && '
            '[ -f "$DSSR_JOB_DIR/script" ] && '
            f'[ -d "$DSSR_WORK_DIR" ] && [ -d "$JOB_SUBMIT_DIR" ] && {SUCCESS}'
        )
        secrets, parameters = (("JARVICE_SECRET", "a'b \"c"),), "export JARVICE_THING='two words'"
        ref = harness.submit(harness.job(script, parameters=parameters, secrets=secrets))
        result = harness.result(ref)
        assert f"{ref.native_id}/0/1/1/two words/a'b \"c//\n".encode() in result.output.data
        assert result.state is JobState.COMPLETED

    def test_output_is_shown_while_the_job_runs(self, harness: ScriptHarness) -> None:
        """The last lines of a running job's output can be read."""
        ref = harness.submit(harness.job("seq 1 20\nsleep 600\n"))
        harness.wait(lambda: b"\n20\n" in harness.seen(ref))
        assert harness.seen(ref, 3) == b"18\n19\n20\n"
        assert harness.connector.snapshot()[ref.native_id].state.is_running
        harness.connector.cancel(ref)
        assert b"\n20\n" in harness.result(ref).output.data

    def test_a_pending_job_has_no_output(self, harness: ScriptHarness) -> None:
        """The output of a pending job is ``NotFound``."""
        with harness.held(harness.name()) as ref, pytest.raises(NotFound):
            harness.connector.output(ref, 10)

    def test_a_result_has_the_last_ten_thousand_lines(self, harness: ScriptHarness) -> None:
        """A result has the output's last 10,000 lines, and reports no cut bytes."""
        result = harness.result(
            harness.submit(harness.job("#!/bin/bash\nseq 1 12345\n", plain=True))
        )
        assert result.output.data.split() == [str(n).encode() for n in range(2346, 12346)]
        assert result.output.cut == 0

    def test_what_was_kept_of_the_output_can_be_read_after_cleaning(
        self, harness: ScriptHarness
    ) -> None:
        """After ``clean`` the last 10,000 lines can be read; for more, the answer says how many
        bytes are missing."""
        ref = harness.submit(harness.job("#!/bin/bash\nseq 1 12345\n", plain=True))
        harness.result(ref)
        harness.connector.clean(ref)
        gone = sum(len(f"{n}\n") for n in range(1, 2346))
        for lines, first, cut in ((2, 12344, 0), (10_000, 2346, 0), (10_001, 2346, gone)):
            output = harness.connector.output(ref, lines)
            assert (output.data.split()[0], output.data.split()[-1], output.cut) == (
                str(first).encode(),
                b"12345",
                cut,
            )

    def test_bytes_that_are_no_text_survive(self, harness: ScriptHarness) -> None:
        """Bytes that are not UTF-8 stay in the output."""
        assert b"<\x80\xff\xfe\x01>" in harness.output_of(
            f"printf '<\\200\\377\\376\\001>\\n'\n{SUCCESS}"
        )

    def test_clean_removes_the_jobs_files(self, harness: ScriptHarness) -> None:
        """``clean`` removes the job's output file and directory, and keeps its result and the files
        of other jobs."""
        files, directories = harness.output_files(), harness.job_directories()
        with harness.held(harness.name()) as other:
            ref = harness.submit(harness.succeeding(harness.name()))
            result = harness.result(ref)
            assert f"{ref.name}.out" in harness.output_files()
            harness.connector.clean(ref)
            assert not [
                file for file in harness.output_files() - files if file.startswith(ref.name)
            ]
            assert ref.native_id not in harness.job_directories() - directories
            assert harness.connector.result(ref) == result
            assert harness.wait(lambda: harness.status(other)).state.is_queued

    def test_jobs_of_one_name_do_not_mix_their_output(self, harness: ScriptHarness) -> None:
        """Two jobs of one name at the same time have separate outputs, also when one is cleaned."""
        name, script = harness.name(), "for i in 1 2 3 4 5; do echo NUMBER; sleep 0.2; done\n"
        first, second = (
            harness.submit(harness.job(script.replace("NUMBER", f"number-{n}"), name, number=n))
            for n in (1, 2)
        )
        result = harness.result(first)
        harness.connector.clean(first)
        assert (result.output.data.count(b"number-1"), result.output.data.count(b"number-2")) == (
            5,
            0,
        )
        output = harness.result(second).output.data
        assert (output.count(b"number-1"), output.count(b"number-2")) == (0, 5)

    def test_cleaning_again_leaves_a_later_job_of_the_same_name_alone(
        self, harness: ScriptHarness
    ) -> None:
        """A repeated ``clean`` leaves a later job of the same name its output file."""
        name = harness.name()
        first = harness.submit(harness.succeeding(name, 1))
        harness.result(first)
        harness.connector.clean(first)
        second = harness.submit(harness.job(f"echo begun\nsleep 1\n{SUCCESS}", name, number=2))
        assert harness.output_files() >= {f"{name}.out"}
        harness.connector.clean(first)
        assert harness.output_files() >= {f"{name}.out"}
        assert harness.result(second).output.data.startswith(b"begun\n")

    def test_a_job_that_runs_into_its_time_limit(self, harness: ScriptHarness) -> None:
        """A job that exceeds its time limit is TIMEOUT after that limit, with its output."""
        ref = harness.submit(
            replace(harness.lasting(harness.name()), walltime=harness.soonest_walltime)
        )
        harness.wait(lambda: b"begun" in harness.seen(ref))
        least = harness.hasten_time_limit(ref)
        result = harness.result(ref, harness.walltime_patience)
        assert result.state is JobState.TIMEOUT
        assert result.elapsed >= least
        assert b"begun" in result.output.data

    def test_what_a_job_leaves_in_the_background_ends_with_it(self, harness: ScriptHarness) -> None:
        """A job ends with its script, and a process in the background does not delay that."""
        assert harness.state_of(f"sleep 600 &\n{SUCCESS}") is JobState.COMPLETED

    def test_a_restart_finds_a_running_job(self, harness: ScriptHarness) -> None:
        """A new connector lists a running job, answers its submission as before, and can read and
        cancel it."""
        spec = harness.lasting(harness.name())
        submitted = harness.connector.submit(spec, LAUNCH)
        ref = replace(spec.ref, native_id=submitted.native_id)
        harness.wait(lambda: b"begun" in harness.seen(ref))
        harness.connector.close()
        harness.connector = harness.again()
        assert harness.wait(lambda: harness.status(ref)).state.is_running
        assert harness.connector.submit(spec, LAUNCH) == submitted
        assert b"begun" in harness.seen(ref)
        harness.connector.cancel(ref)
        assert harness.result(ref).state is JobState.CANCELLED

    def test_a_restart_finds_a_result(self, harness: ScriptHarness) -> None:
        """A new connector has the same result, whether or not it was read or cleaned before."""
        ref = harness.submit(harness.failing(harness.name()))
        unasked = harness.submit(harness.succeeding(harness.name()))
        first = harness.result(ref)
        harness.wait(lambda: (status := harness.status(unasked)) is None or status.state.is_final)
        harness.connector.close()
        harness.connector = harness.again()
        assert harness.connector.result(ref) == first
        assert harness.result(unasked).state is JobState.COMPLETED
        harness.connector.clean(ref)
        harness.connector = harness.again()
        assert harness.connector.result(ref) == first

    def test_without_its_native_id_the_newest_job_of_a_name_is_meant(
        self, harness: ScriptHarness
    ) -> None:
        """A reference without a native id means the newest job of that name and number."""
        ref = harness.submit(harness.succeeding(harness.name()))
        first = harness.result(ref)
        assert harness.connector.result(replace(ref, native_id="")) == first
