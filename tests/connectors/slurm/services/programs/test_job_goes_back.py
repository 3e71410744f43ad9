"""A job whose successor of another version fails, as its shell does it, without Slurm."""

from pathlib import Path

import pytest

from tests.connectors.slurm.services.programs.functions import run_job

BEGAN = "overlap=yes retries=3 began=1000 now=2000 ends=4600 lead=60 due=2000 service=demo\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Generation 1 runs the version a; 2, which the service is to run from now on, the version
    b."""
    for number, version in (("1", "a"), ("2", "b")):
        (tmp_path / "gen" / number).mkdir(parents=True)
        (tmp_path / "gen" / number / "version").symlink_to(f"versions/{version}")
    (tmp_path / "current").symlink_to("versions/b")
    return tmp_path


def run(folder: Path, lines: str) -> list[str]:
    """What is printed by these lines in the job of generation 1."""
    return run_job(folder, 1, "walltime=3600", f"{BEGAN}{lines}")


LOST = "successor=2\nlose_successor\necho $due $failures\nreadlink $folder/current"


def test_a_version_that_was_never_ready_is_given_up(folder: Path) -> None:
    """Beside a job that is well, another version has one attempt: after that the next job runs the
    version of this one again, and in its time."""
    assert run(folder, LOST) == ["4540 0", "versions/a"]


@pytest.mark.parametrize(("retries", "said"), [(3, ["2000 1", "versions/b"]), (0, ["4540 0"])])
def test_a_version_that_was_ready_has_its_retries(
    folder: Path, retries: int, said: list[str]
) -> None:
    """A version that has been ready is tried again, as often as --retries says."""
    (folder / "gen/2/took").symlink_to("5")
    assert run(folder, f"retries={retries}\n{LOST}")[: len(said)] == said


def test_a_later_version_is_not_taken_back(folder: Path) -> None:
    """A version that was asked for after the one that failed stays the one to come."""
    (folder / "current").unlink()
    (folder / "current").symlink_to("versions/c")
    assert run(folder, LOST)[-1] == "versions/c"


def test_a_refused_version_is_no_sign_that_jobs_may_not_submit_jobs(folder: Path) -> None:
    """Options that Slurm refuses end the attempt; nothing is submitted beforehand because of
    them."""
    for name in ("bin", "versions/b"):
        (folder / name).mkdir(parents=True)
    (folder / "bin/sbatch").write_text("#!/bin/sh\necho sbatch: invalid partition; exit 1\n")
    (folder / "bin/sbatch").chmod(0o700)
    (folder / "versions/b/options").touch()
    (folder / "gen/2/end").touch()
    assert run(folder, "submit_successor\nreadlink $folder/current") == ["versions/a"]
    assert not (folder / "beforehand").exists()
    assert (folder / "gen/3/end").read_text().splitlines()[0] == "refused"
