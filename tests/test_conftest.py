"""The rules of tests/conftest.py: no test is left out of a run unnoticed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAD = "import pytest\n"
SKIPPED = HEAD + '@pytest.mark.skip(reason="no part")\ndef test_it(): pass\n'
SKIPPED_AS_A_WHOLE = HEAD + 'pytest.skip("no part", allow_module_level=True)\n'
SKIPPED_INSIDE = HEAD + 'def test_it(): pytest.skip("no part")\n'
LONG = HEAD + "@pytest.mark.long\ndef test_it(): assert False\n"
FAILED, PASSED = 1, 0


def run(
    text: str, tmp_path: Path, *options: str, **environ: str
) -> "subprocess.CompletedProcess[str]":
    """Run pytest on that text with the project's conftest, in CI or not."""
    (tmp_path / "test_it.py").write_text(text)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    long\n    cluster\n")
    words = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    words += [f"--rootdir={tmp_path}", *options]
    env = {k: v for k, v in os.environ.items() if k != "CI"} | environ
    return subprocess.run(
        [*words, "-c", str(tmp_path / "pytest.ini"), str(tmp_path)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "text", [SKIPPED, SKIPPED_INSIDE, SKIPPED_AS_A_WHOLE], ids=["by mark", "inside", "as a whole"]
)
def test_a_skipped_test_is_a_failure_in_ci(text: str, tmp_path: Path) -> None:
    """In CI a skipped test fails, with the reason for which it would have been skipped."""
    done = run(text, tmp_path, CI="true")
    assert done.returncode not in (PASSED, 5), done.stdout
    assert "no part" in done.stdout


def test_a_skipped_test_is_skipped_elsewhere(tmp_path: Path) -> None:
    """Outside of CI, where a part may be missing, a skipped test is skipped."""
    done = run(SKIPPED, tmp_path)
    assert done.returncode == PASSED
    assert "1 skipped" in done.stdout


def test_long_tests_run_on_demand(tmp_path: Path) -> None:
    """Long tests are left out, in CI too, and run with --long."""
    assert run(LONG, tmp_path, CI="true").returncode == PASSED
    assert run(LONG, tmp_path, "--long").returncode == FAILED


@pytest.mark.parametrize("processes", [(), ("-n", "1")], ids=["one process", "two"])
def test_figures_are_printed_after_the_run(tmp_path: Path, processes: tuple[str, ...]) -> None:
    """Figures are printed after the run, also those that another process has measured."""
    measured = (
        'def test_it(record_property): record_property("figure", "9 s to the first answer")\n'
    )
    done = run(measured, tmp_path, *processes)
    assert "9 s to the first answer (test_it.py::test_it)" in done.stdout
