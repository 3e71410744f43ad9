"""Exit codes, signals, and the lines of a job's output that show why it failed."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.shared.causes import CAUSES
from connectors.shared.endings import LONGEST_LINE, causes_in, exit_in_words, last_line, shown

RECORDED = Path(__file__).parents[1] / "slurm" / "recorded"
OUTPUTS = {
    (path.parents[1].name, path.stem): path.read_text().split("=== output\n")[1].encode()
    for path in sorted(RECORDED.glob("*/why/*.txt"))
    if "=== output\n" in path.read_text()
}
# What real jobs printed on three generations, by their situation -> words of the first sentence.
SITUATIONS = {
    "OUT_OF_MEMORY": "more memory than it asked for",
    "TIMEOUT": "TIME LIMIT",
    "PREEMPTED": "PREEMPTION",
    "child_segfault": "segmentation fault",
    "crlf": "#! line|Windows line ends",
    "exit_126": "may not be read, written or executed: /etc/passwd",
    "exit_127": "command no-such-program was not found",
    "image_missing": "image file was not found",
    "image_no_host": "does not reach the registry",
    "image_unauthorized": "refused the credentials",
    "missing_library": "shared library libslurmmiss.so",
    "no_space": "file system is full",
    "step_killed": "killed from outside",
    "step_unknown_program": "srun did not find the program no-such-program",
}
# Lines that these programs print, of parts that the test cluster does not have.
LINES = {
    "./run.sh: line 3: mpirun: command not found": "command mpirun was not found",
    "./run.sh: 4: fenics: not found": "command fenics was not found",
    "zsh: command not found: julia": "command julia was not found",
    "./a.out: /lib64/libm.so.6: version `GLIBC_2.38' not found (required by ./a.out)": "GLIBC_2.38",
    "./a.out: error while loading shared libraries: libmpi.so.40: cannot open shared object file:"
    " No such file or directory": "shared library libmpi.so.40",
    "mkdir: cannot create directory '/data/x': Permission denied": "may not be read, written",
    "PermissionError: [Errno 13] Permission denied: '/data/x'": "/data/x",
    "/bin/bash^M: bad interpreter: No such file or directory": "Windows line ends",
    "run.sh: line 2: $'\\r': command not found": "Windows line ends",
    "bash: ./x.py: /usr/bin/python2: bad interpreter: No such file or directory": "#! line",
    "bash: ./a.out: cannot execute binary file: Exec format error": "another kind of processor",
    "cp: error writing 'x': No space left on device": "file system is full",
    "OSError: [Errno 28] No space left on device": "file system is full",
    "cp: failed to close 'x': Disk quota exceeded": "disk quota",
    "touch: cannot touch '/x': Read-only file system": "read-only",
    "FATAL:   While making image from oci registry: error fetching image to cache: while building "
    "SIF from layers: conveyor failed to get: unable to retrieve auth token: invalid "
    "username/password: unauthorized: incorrect username or password": "refused the credentials",
    "FATAL:   Unable to handle docker://x/y uri: reading manifest z in x/y: manifest unknown":
    "no image of that name",
    "FATAL:   Unable to handle docker://alpine uri: reading manifest latest in "
    "docker.io/library/alpine: toomanyrequests: You have reached your pull rate limit.":
    "limits how often",
    "FATAL:   container creation failed: mount /a->/b error: no such file": "could not be set up",
    "slurmstepd: error: Detected 1 oom_kill event in StepId=7.0.": "more memory than it asked for",
    "slurmstepd: error: Exceeded job memory limit": "more memory than it asked for",
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB": "GPU's memory",
    "terminate called after throwing an instance of 'std::bad_alloc'": "got no more memory",
    "MemoryError": "got no more memory",
    "Lmod has detected the following error:  The following module(s) are unknown": "module",
    "ERROR: Unable to locate a modulefile for 'gcc/99'": "module",
    "MPI_ABORT was invoked on rank 3 in communicator MPI_COMM_WORLD": "MPI program aborted",
    "srun: error: Unable to create step for job 7: Invalid Trackable RESource": "job step failed",
    "ModuleNotFoundError: No module named 'numpy'": "did not find a module",
    "FileNotFoundError: [Errno 2] No such file or directory: 'in.csv'": "not found: in.csv",
    "cat: in.csv: No such file or directory": "not found: in.csv",
    "ls: cannot access 'in.csv': No such file or directory": "not found",
    "ValueError: could not convert string to float: 'x'": "Python program ended with ValueError",
    "Segmentation fault (core dumped)": "segmentation fault",
    "./run.sh: line 2:   525 Illegal instruction     ./a.out": "processor does not have",
    "./run.sh: line 2:   525 Killed                  ./a.out": "killed from outside",
}  # fmt: skip


@pytest.mark.parametrize(("generation", "situation"), OUTPUTS)
def test_recorded_outputs_show_their_cause(generation: str, situation: str) -> None:
    """The output of each real failed job shows a line with its cause, exactly as it was printed."""
    output = OUTPUTS[generation, situation]
    causes = causes_in(output)
    if situation not in SITUATIONS:
        assert causes == ()
        return
    wanted = SITUATIONS[situation].split("|")
    assert any(words in causes[0].sentence for words in wanted), causes
    assert causes[0].line.encode() in output
    assert causes[0].cure.endswith(".")


@pytest.mark.parametrize(("line", "words"), LINES.items())
def test_known_lines_have_a_sentence(line: str, words: str) -> None:
    """Among other lines, the one that shows the cause is found and returned verbatim."""
    output = f"step 1 of 3\n{line}\nstep 2 was left out\n".encode()
    first = causes_in(output)[0]
    assert words in first.sentence, first
    assert first.line == line[:LONGEST_LINE] or first.line.endswith("...")


def test_real_shells_and_python_are_understood(tmp_path: Path) -> None:
    """The errors that a real bash and a real Python print are understood, also from a script with
    CRLF."""
    crlf = tmp_path / "crlf.sh"
    crlf.write_bytes(b"#!/bin/bash\r\ntrue\r\n")
    missing = tmp_path / "missing.sh"
    missing.write_bytes(b"set -e\r\nno-such-command\r\n")
    assert "CRLF" in causes_in(_printed("bash", str(missing)))[0].sentence
    crlf.chmod(0o755)
    first = causes_in(_printed("bash", "-c", str(crlf)))[0]
    assert "CRLF" in first.sentence + first.cure
    traceback = causes_in(_printed(sys.executable, "-c", "class Odd(Exception): ...\nraise Odd(3)"))
    assert traceback[0].line == "Odd: 3"


def _printed(*argv: str) -> bytes:
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode != 0
    return done.stdout


def test_the_cause_comes_before_what_follows_from_it() -> None:
    """A full disk is named before the traceback that it caused, and at most two causes are."""
    output = (
        b"Traceback (most recent call last):\n"
        b'  File "a.py", line 1, in <module>\n'
        b"OSError: [Errno 28] No space left on device\n"
        b"srun: error: node1: task 0: Exited with exit code 1\n"
        b"MPI_ABORT was invoked on rank 0\n"
    )
    causes = causes_in(output)
    assert [cause.line[:9] for cause in causes] == ["OSError: ", "MPI_ABORT"]


def test_the_last_line_of_a_kind_is_taken() -> None:
    """A job that tries again fails by its last error; a missing command fails by its first."""
    output = b"ValueError: one\nKeyError: 'two'\na: command not found\nb: command not found\n"
    assert [cause.line for cause in causes_in(output)] == [
        "a: command not found",
        "KeyError: 'two'",
    ]


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"\n\n",
        b"all is well\n",
        b"0 errors, 0 warnings\nFATAL: no convergence\n",
        b"HTTP 401 Unauthorized\n",
        b"JARVICE Job failed, investigate logs\n",
    ],
)
def test_other_lines_are_no_cause(output: bytes) -> None:
    """A program's own line that resembles a known cause is not taken for one."""
    assert causes_in(output) == ()


def test_the_last_line_says_something() -> None:
    """The bridge's own lines and empty ones are left out."""
    output = b"no convergence\nJARVICE_CMD_FAILURE\n\nJARVICE Job failed, investigate logs\n"
    assert last_line(output) == "no convergence"
    assert last_line(b"\n \n") == ""


def test_a_line_is_shown_safely() -> None:
    """A shown line has at most 300 characters, no control characters and no colours, and its
    carriage returns are visible."""
    line = b"\x1b[31msh: \x07no\xff\r: command not found\x1b[0m " + b"x" * 500
    assert shown(line.decode("utf-8", "replace"))[:5] == "?[31m"
    cause = causes_in(b"\x1b[31msh: no\x07\xff: command not found\x1b[0m\n")[0]
    assert cause.line == "sh: no?\ufffd: command not found"
    assert len(shown("x" * 1000)) == LONGEST_LINE
    assert shown("a\rb\n") == "a\\rb"


@pytest.mark.parametrize(
    ("code", "number", "words"),
    [
        (1, 0, "Exit code 1:"),
        (124, 0, "timeout(1)"),
        (126, 0, "cannot be executed"),
        (127, 0, "was not found"),
        (137, 0, "128 + 9, signal 9 (SIGKILL)"),
        (139, 0, "128 + 11, signal 11 (SIGSEGV)"),
        (143, 0, "128 + 15, signal 15 (SIGTERM)"),
        (255, 0, "ssh"),
        (3, 0, "code of the program's own"),
        (200, 0, "code of the program's own"),
        (0, 6, "Signal 6 (SIGABRT)"),
        (0, 44, "Signal 44"),
        (0, 9, "Signal 9 (SIGKILL)"),
    ],
)
def test_exit_codes_and_signals_in_words(code: int, number: int, words: str) -> None:
    """A code above 128 is a command's signal, as shells report it."""
    ending = exit_in_words(code, number)
    assert ending is not None
    assert words in ending.sentence
    assert ending.sentence.endswith(".")
    assert ending.cure.endswith(".")


def test_exit_code_0_needs_no_words() -> None:
    """A job that ended well has no cause."""
    assert exit_in_words(0) is None


@given(st.integers(0, 100_000), st.integers(0, 1000))
def test_any_number_gets_words(code: int, number: int) -> None:
    """Slurm's exit codes may hold numbers that are no signal."""
    ending = exit_in_words(code, number)
    assert (ending is None) == (code == number == 0)


@given(st.binary(max_size=2000))
def test_any_output_is_read(output: bytes) -> None:
    """An output may hold any bytes; what is shown of it is printable and short."""
    for text in (last_line(output), *(cause.line for cause in causes_in(output))):
        assert text.isprintable()
        assert len(text) <= LONGEST_LINE


def test_a_hostile_output_is_read_in_time() -> None:
    """Lines that almost match every pattern do not slow the reader down."""
    parts = [
        b"FATAL:   image ",
        b"CUDA ",
        b"a: ",
        b"Error",
        b"registry ",
        b"slurmstepd",
        b"$'",
        b": ",
    ]
    lines = [part * 50_000 for part in parts]
    assert len(causes_in(b"\n".join(lines * 30))) <= 2


def test_every_cause_is_whole() -> None:
    """Each cause whose sentence repeats a part of the line has a group in its pattern that finds
    this part."""
    for cause in CAUSES:
        assert cause.sentence.endswith((".", "{what}"))
        assert cause.cure.endswith(".")
        assert ("{what}" in cause.sentence) <= ("(" in cause.pattern)


def test_what_the_bridges_own_scripts_say_is_the_cause() -> None:
    """A line that the batch script prints about a job that it could not run comes before other
    causes, with what to do; a script's later output makes it history."""
    line = "dssr: node1 does not see the directory /s: JARVICE_STATE_DIR must be shared.\n"
    output = f"bash: foo: command not found\n{line}".encode()
    first = causes_in(output)[0]
    assert first.sentence == "Node1 does not see the directory /s."
    assert first.cure == "JARVICE_STATE_DIR must be shared."
    assert f"{first.line}\n" == line
    (alone,) = causes_in(b"dssr: cannot create /s on node1\n")
    assert (alone.sentence, alone.cure) == (
        "Cannot create /s on node1.",
        "Look at the end of its output.",
    )
    assert causes_in(line.encode() + b"more\n" * 5) == ()
    assert causes_in(b"dssr: the job script ended with exit code 3 and did not print: x\n") == ()
