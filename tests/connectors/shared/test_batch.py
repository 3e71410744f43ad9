"""The shell texts around a job, run by a real bash."""

import random
import subprocess
from pathlib import Path

import pytest

from connectors.shared import batch
from dssr.job import JobSpec

SPEC = JobSpec("n", 1, 1, "src", "script", parameters="export P=1", secrets=(("S", "a'b c"),))


def run(tmp_path: Path, command: str, environ: dict[str, str] | None = None) -> tuple[str, bytes]:
    """Run ``judged(command)``; the variables it sets, and what it printed."""
    script = tmp_path / "batch"
    script.write_text(batch.judged(command) + '\necho "$rc $step_rc $marker" >&2\n')
    out = tmp_path / "out"
    with out.open("ab") as stdout:
        done = subprocess.run(
            ["bash", script], stdout=stdout, stderr=subprocess.PIPE, env=environ, check=True
        )
    return done.stderr.decode().strip(), out.read_bytes()


def scan(data: bytes) -> str:
    """What the scanner says about this output."""
    done = subprocess.run(
        ["bash", "-c", batch._SCANNER + "\ndssr_scan"], input=data, capture_output=True, check=True
    )
    return done.stdout.decode().strip()


def by_the_contract(data: bytes) -> str:
    """The same judgement made line by line, as the contract words it."""
    success = failure = False
    for line in data.replace(b"\0", b" ").replace(b"\1", b" ").split(b"\n"):
        if b"GoTTY is starting with command" in line:
            continue
        for word in (b"SUCCESS", b"FAILURE"):
            line = line.replace(b"/bin/echo JARVICE_CMD_" + word, b"")
        success |= b"JARVICE_CMD_SUCCESS" in line
        failure |= b"JARVICE_CMD_FAILURE" in line
    return "success" if success else "failure" if failure else "none"


@pytest.mark.parametrize(
    ("output", "verdict"),
    [
        (b"", "none"),
        (b"JARVICE_CMD_SUCCESS", "success"),
        (b"x JARVICE_CMD_FAILURE y\n", "failure"),
        (b"JARVICE_CMD_FAILURE\nJARVICE_CMD_SUCCESS\nJARVICE_CMD_FAILURE\n", "success"),
        (b"+ /bin/echo JARVICE_CMD_SUCCESS\n", "none"),
        (b"+ /bin/echo JARVICE_CMD_SUCCESS\nJARVICE_CMD_SUCCESS\n", "success"),
        (b"JARVICE_CMD_SUCCESS and GoTTY is starting with command: x\n", "none"),
        (b"GoTTY is starting with command: JARVICE_CMD_SUCCESS\nJARVICE_CMD_FAILURE\n", "failure"),
    ],
)
def test_the_marker_is_read_as_the_contract_says(output: bytes, verdict: str) -> None:
    """SUCCESS takes precedence over FAILURE; traced commands and GoTTY's own line are no
    markers."""
    assert scan(output) == by_the_contract(output) == verdict


def test_the_marker_is_found_wherever_the_blocks_are_cut() -> None:
    """The marker is found at any place in a line of any length, and is not found where there is
    none."""
    rng = random.Random(7)
    pieces = [
        b"JARVICE_CMD_SUCCESS", b"JARVICE_CMD_FAILURE", b"/bin/echo JARVICE_CMD_SUCCESS",
        b"/bin/echo ", b"JARVICE_CMD_",
              b"GoTTY is starting with command", b"\n", b"\n", b"\0", b"\1"]  # fmt: skip
    for _ in range(150):
        data = b"".join(
            rng.choice(pieces)
            + b"x"
            * rng.choice([0, 1, 63, 64, 4000, 4070 + rng.randrange(60), 8192 - rng.randrange(80)])
            for _ in range(rng.randrange(1, 8))
        )
        assert scan(data) == by_the_contract(data), data


def test_the_command_s_own_exit_code_is_kept_beside_the_marker_s_word(tmp_path: Path) -> None:
    """The marker decides the job's exit code; the step's own stays readable."""
    words, out = run(tmp_path, "sh -c 'echo JARVICE_CMD_SUCCESS; echo oops >&2; exit 3'")
    assert words == "0 3 success"
    assert out == b"JARVICE_CMD_SUCCESS\noops\nJARVICE Job completed OK\n"


def test_no_marker_is_a_failure_even_with_exit_code_zero(tmp_path: Path) -> None:
    """A job that prints no success marker has failed, even with exit code 0."""
    words, out = run(tmp_path, "true")
    assert words == "1 0 none"
    why, failed = out.decode().splitlines()
    assert failed == "JARVICE Job failed, investigate logs"
    assert "ended with exit code 0" in why
    assert "/bin/echo JARVICE_CMD_SUCCESS" in why


def test_an_endless_line_costs_no_memory(tmp_path: Path) -> None:
    """200 MB without a newline pass through, and the marker behind them is found, in no more than
    60 MB of memory each."""
    limit = f"ulimit -v {60 * 1024}; "
    script = tmp_path / "batch"
    script.write_text(
        limit
        + batch.judged("sh -c 'head -c 200000000 /dev/zero; printf JARVICE_CMD_SUCCESS'")
        + "\nexit $rc"
    )
    out = tmp_path / "out"
    with out.open("ab") as stdout:
        assert subprocess.run(["bash", script], stdout=stdout, check=False).returncode == 0
    assert out.stat().st_size == 200_000_000 + len(
        "JARVICE_CMD_SUCCESS" + batch.COMPLETED_LINE + "\n"
    )
    out.unlink()


def test_secrets_are_in_their_own_file_only() -> None:
    """The step sources the credentials; its text does not hold them."""
    assert batch.secrets_text(SPEC) == "export S='a'\"'\"'b c'\n"
    assert "a'b" not in batch.step_text(SPEC, "launch", "map")


def test_parameters_run_once() -> None:
    """A script that carries its own parameters (it had the placeholder) does not get them from the
    step as well."""
    assert "export P=1" in batch.step_text(SPEC, "l", "m")
    contained = JobSpec("n", 1, 1, "s", "s", contained=True, parameters="export P=1")
    assert "export P=1" not in batch.step_text(contained, "l", "m")
