"""The contract of connectors that run plain batch scripts: the script's directives are read as
sbatch reads them, whatever scheduler there is."""

import re
from dataclasses import replace

import pytest

from dssr.errors import BadRequest
from dssr.job import JobState, time_limit
from dssr.testing.harness import SUCCESS, ScriptHarness
from tests.connectors.shared.scripts import REFUSED

FIVE_MINUTES = [
    '--time="00:05:00"',
    "-t '5'",
    "-t5",
    "--time 5",
    "--time=00:05:00  # was -t 0:02 before",
    "--time=5\n#SBATCH --ntasks=1  # see the -t option, too",
    "--time=9\n#SBATCH -t\n#SBATCH 5",
    "-t 5\n\n   # a comment\n#SBATCH -J name",
]


class DirectivesContract:
    """The rules for the directives of plain batch scripts."""

    def test_a_script_that_sbatch_refuses_is_refused(self, harness: ScriptHarness) -> None:
        """A script that sbatch refuses is not submitted, and the error says which line is wrong."""
        for case in REFUSED:
            spec = harness.job(case.script, plain=True)
            with pytest.raises(BadRequest, match=case.sentence):
                harness.submit(spec)
            assert harness.connector.result(spec.ref) is None

    @pytest.mark.parametrize("line", FIVE_MINUTES, ids=repr)
    def test_a_time_limit_in_each_form(self, harness: ScriptHarness, line: str) -> None:
        """A job has the time limit that sbatch reads in its script."""
        script = f"#!/bin/bash\n#SBATCH {line}\necho\n#SBATCH -t 1\n"
        ref = harness.submit(harness.job(script, plain=True, held=True))
        shown = re.search(r"TimeLimit(Seconds)?=(\S+)", harness.connector.describe(ref))
        harness.connector.cancel(ref)
        assert shown
        assert (int(shown[2]) if shown[1] else time_limit(shown[2])) == 300

    def test_a_held_script_waits_for_its_release(self, harness: ScriptHarness) -> None:
        """A script that asks to be held waits for its release."""
        ref = harness.submit(harness.job("#!/bin/sh\n#SBATCH --hold\n", plain=True))
        assert harness.wait(lambda: harness.status(ref)).state.is_queued
        harness.connector.release(ref)
        assert harness.result(ref).state is JobState.COMPLETED

    @pytest.mark.parametrize("script", ["echo $((6 * 7))\n", "# text\necho $((6 * 7))\n"])
    def test_a_script_without_an_interpreter_runs_in_bash(
        self, harness: ScriptHarness, script: str
    ) -> None:
        """A script with neither a #! line nor a directive runs in bash."""
        result = harness.result(harness.submit(harness.job(script, plain=True)))
        assert (result.state, result.output.data) == (JobState.COMPLETED, b"42\n")

    @pytest.mark.parametrize("export", ["ALL", "NONE", "A=x", "ALL,A=x"])
    def test_a_script_chooses_its_environment(self, harness: ScriptHarness, export: str) -> None:
        """What the bridge passes and what a login sets reach the job, whatever --export says."""
        script = (
            f"#!/bin/bash\n#SBATCH --export={export}\n"
            '[ -f "$DSSR_JOB_DIR/script" ] && [ -d "$DSSR_WORK_DIR" ] && [ -d "$HOME" ] && '
            'ls / >/dev/null && echo "<$A>"\n'
        )
        result = harness.result(harness.submit(harness.job(script, plain=True)))
        assert result.output.data == (b"<x>\n" if "A=x" in export else b"<>\n")
        assert result.state is JobState.COMPLETED

    @pytest.mark.parametrize("export", ["ALL", "NONE"])
    def test_a_step_finds_its_surroundings_whatever_is_exported(
        self, harness: ScriptHarness, export: str
    ) -> None:
        """An upstream's job gets its parameters, credentials and neutral names, whatever is
        exported."""
        script = (
            f'echo "<$JARVICE_THING/$JARVICE_SECRET/$JOB_NNODES>"; ls "$DSSR_WORK_DIR" && {SUCCESS}'
        )
        spec = replace(
            harness.job(script, options=(("export", export),)),
            parameters="export JARVICE_THING=thing",
            secrets=(("JARVICE_SECRET", "secret"),),
        )
        result = harness.result(harness.submit(spec))
        assert b"<thing/secret/1>\n" in result.output.data
        assert result.state is JobState.COMPLETED
