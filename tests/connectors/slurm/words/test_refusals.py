"""Who must act when Slurm refuses, by what three generations of Slurm said."""

import pytest

from connectors.slurm.words.refusals import refusal
from dssr.errors import DssrError, Refused, RefusedRequest, Unavailable
from tests.cluster.record import REFUSED
from tests.connectors.slurm.recordings import GENERATIONS, HERE, answer

# On some generations more nodes than there are is no refusal: the job stays pending.
OF_THE_REQUEST = [
    (generation, path.name)
    for generation in GENERATIONS
    for path in sorted((HERE / generation).glob("sbatch_refused_*.txt"))
    if "controller_down" not in path.name and answer(generation, path.name)[0] != 0
]


def test_every_kind_of_refusal_was_recorded() -> None:
    """Each kind of refusal was recorded from at least one generation of Slurm."""
    assert {name for _, name in OF_THE_REQUEST} >= {
        f"sbatch_refused_{kind}.txt" for kind in REFUSED
    }


@pytest.mark.parametrize(("generation", "name"), OF_THE_REQUEST)
def test_recorded_refusals_are_of_the_request(generation: str, name: str) -> None:
    """Refusals of a partition, nodes, cores, memory, time, licence, account, option or by a site's
    own rule are of the request, with Slurm's own words."""
    _, stdout, stderr = answer(generation, name)
    error = refusal("sbatch", stderr + stdout)
    assert type(error) is RefusedRequest
    assert not error.transient
    last = stderr.strip().splitlines()[-1]
    assert last.removeprefix("sbatch: error: ")[-40:] in error.message


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_silent_controller_is_waited_for(generation: str) -> None:
    """A silent controller is an error to wait for, in squeue's words, which are sbatch's too."""
    _, _, stderr = answer(generation, "squeue_controller_down.txt")
    assert isinstance(refusal("sbatch", stderr), Unavailable)


@pytest.mark.parametrize(
    "words",
    [
        "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect "
        "failure)",
        "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying",
        "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation",
        "scontrol: error: slurm_receive_msg: Zero Bytes were transmitted or received",
        "sbatch: error: Munge encode failed: ... Protocol authentication error",
    ],
)
def test_what_may_be_different_later(words: str) -> None:
    """A refusal that may pass is transient."""
    error = refusal("sbatch", words)
    assert isinstance(error, Unavailable)
    assert error.transient
    assert error.retry_after > 0


@pytest.mark.parametrize(
    ("command", "words", "program"),
    [
        ("sbatch", "timeout: failed to run command ‘sbatch’: No such file or directory", "sbatch"),
        ("sbatch", "timeout: failed to run command 'sbatch': No such file or directory", "sbatch"),
        ("scancel", "sh: 4: scancel: not found", "scancel"),
        ("scontrol release", "bash: line 3: scontrol: command not found", "scontrol"),
    ],
)
def test_a_missing_command_is_the_operators(command: str, words: str, program: str) -> None:
    """A missing command is for the operator, and the error says what to do."""
    error = refusal(command, words)
    assert type(error) is Refused
    assert error.message.startswith(
        f"{program} was not found on the login node: put Slurm's commands on the PATH"
    )


def test_a_missing_file_is_no_missing_command() -> None:
    """A missing file of a job, of which sbatch says the same, is no missing command."""
    error = refusal(
        "sbatch", "sbatch: error: Unable to open file /x/sbatch.sh: No such file or directory"
    )
    assert "PATH" not in error.message


def test_what_is_not_known_is_the_operators() -> None:
    """An unknown refusal is for the operator, with Slurm's words, or the statement that there are
    none."""
    error = refusal("scontrol release", "Job is on fire")
    assert type(error) is Refused
    assert error.message == "scontrol refused: Job is on fire"
    assert "said nothing" in refusal("sbatch", " \n").message


def test_long_banners_do_not_hide_the_reason() -> None:
    """The reason, which comes last, is in the error, and the error stays short."""
    error = refusal(
        "sbatch",
        "Welcome! " * 500
        + "\nsbatch: error: Batch job submission failed: Invalid partition name specified",
    )
    assert type(error) is RefusedRequest
    assert "Invalid partition name" in error.message
    assert len(error.message) < 600


@pytest.mark.parametrize("words", ["", "x\0y", "\n\n", "é" * 3000])
def test_any_words(words: str) -> None:
    """Any words become an error of the bridge's, on one line."""
    error = refusal("sbatch", words)
    assert isinstance(error, DssrError)
    assert "\n" not in error.message


def test_slurms_lines_are_apart() -> None:
    """The lines that Slurm prints are apart in the message, without the program's name before
    each."""
    words = (
        "sbatch: error: Memory specification can not be satisfied\n\nsbatch: error: Batch job x\n"
    )
    message = refusal("sbatch", words).message
    assert (
        message == "Slurm refused the job: Memory specification can not be satisfied; Batch job x"
    )
