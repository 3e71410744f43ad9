"""Idempotency-Keys and jobs that keep their files: submission and purge, in a real shell."""

from pathlib import Path
from uuid import uuid4

import pytest

from tests.connectors.slurm.login_node import TOKEN, LoginNode, words

REFUSES = 'echo "sbatch: error: invalid partition" >&2; exit 1'
LOST = 'echo "sbatch: error: Socket timed out on send/recv operation" >&2; exit 1'
KEY, OTHER = "ab/" + "ab" * 16, "cd/" + "cd" * 16
DAY = "2030-01-31"
MONTH, YEAR = "43200", 365 * 86_400  # minutes of retention; seconds
LISTED = 'echo "|77|{job}/batch.1.job"'


def asked(token: str = TOKEN, key: str = KEY, directory: str = "") -> list[str]:
    """The words of a submission with that key, of a job that keeps its files."""
    each = [*words(token)]
    random = uuid4().hex[:12]
    each[3] = f"{DAY}/{token}.{random}"
    each[10:13] = [key, f"20300131-{random}", directory]
    return each


def keys(login: LoginNode) -> dict[str, str]:
    """The keys that are taken, and by which requests."""
    place = login.home / ".jarvice/state/keys"
    links = [link for link in place.glob("*/*") if link.is_symlink()]
    return {str(link.relative_to(place)): str(link.readlink()) for link in links}


def jobs(login: LoginNode) -> list[Path]:
    """The jobs' directories."""
    return [*(login.home / ".jarvice/state/jobs" / DAY).glob("*")]


def works(login: LoginNode) -> set[str]:
    """The names of the working directories that the jobs got."""
    return {path.name for path in (login.home / ".jarvice/work").glob("*")}


def purge(login: LoginNode, job: Path | None = None) -> None:
    """Forget old jobs, while the controller lists only this one."""
    squeue = LISTED.format(job=job) if job else "exit 0"
    assert login.run("purge", MONTH, squeue=squeue) == "purged\n"


def test_one_key_is_one_job(login: LoginNode) -> None:
    """The same request with its key is the same job; another request with that key, under any name
    and number, is a conflict and leaves nothing."""
    sbatch = login.counted("echo 77")
    assert login.run("submit", *asked(), sbatch=sbatch) == "elected 77\n"
    assert login.run("submit", *asked(), sbatch=sbatch) == "elected 77\nagain\n"
    assert login.run("submit", *asked("c" * 32), sbatch=sbatch) == "conflict\n"
    assert keys(login) == {KEY: TOKEN}
    assert (login.runs, len(jobs(login)), len(works(login))) == (1, 1, 1)


def test_a_key_after_a_refused_submission_is_free(login: LoginNode) -> None:
    """A request that Slurm refused leaves neither its key nor a working directory: a corrected one
    may have the same key."""
    assert login.run("submit", *asked(), sbatch=REFUSES).startswith("refused\n")
    assert (keys(login), works(login)) == ({}, set())
    assert login.run("submit", *asked("c" * 32), sbatch="echo 78") == "elected 78\n"
    assert keys(login) == {KEY: "c" * 32}


def test_a_crash_between_key_and_intent(login: LoginNode) -> None:
    """A key without a job belongs to the request that took it: that request makes the job, and
    another one is a conflict."""
    place = login.home / ".jarvice/state/keys" / KEY
    place.parent.mkdir(parents=True)
    place.symlink_to(TOKEN)
    sbatch = login.counted("echo 77")
    assert login.run("submit", *asked("c" * 32), sbatch=sbatch) == "conflict\n"
    assert login.run("submit", *asked(), sbatch=sbatch) == "elected 77\n"
    assert login.runs == 1


def test_a_key_that_another_request_has_by_now(login: LoginNode) -> None:
    """A request that finds its key freed and taken by another one, after it had it, submits
    nothing and takes its intent back."""
    assert login.run("submit", *asked(), sbatch=LOST).startswith("unknown\n")
    login.grow_old(1000)
    steal = f'ln -sfn other "{login.home}/.jarvice/state/keys/{KEY}"'
    sbatch = login.counted("echo 77")
    assert login.run("submit", *asked(), sbatch=sbatch, squeue=steal) == "conflict\n"
    (job,) = jobs(login)
    assert (login.runs, str((job / "elected").readlink())) == (0, "refused")
    assert keys(login) == {KEY: "other"}


def test_a_later_attempt_has_the_places_of_the_first(login: LoginNode) -> None:
    """When sbatch runs again for an intent, the job has the id and the working directory that
    belong to its own directory."""
    assert login.run("submit", *asked(), sbatch=LOST).startswith("unknown\n")
    login.grow_old(1000)
    chdir = 'while [ $# -gt 0 ]; do [ "$1" != -D ] || echo "$2" >"$HOME/chdir"; shift; done'
    again = login.run("submit", *asked(), sbatch=f"{chdir}; echo 77")
    assert again == "elected 77\n"
    (job,) = jobs(login)
    id = f"20300131-{job.name[-12:]}"
    assert (job / "kept").read_text() == id
    assert works(login) == {id}
    assert (login.home / "chdir").read_text().strip() == f"{login.home}/.jarvice/work/{id}"


@pytest.mark.parametrize("directory", ["/proc/nowhere/x", "/dev/null"])
def test_a_directory_that_cannot_be_used(login: LoginNode, directory: str) -> None:
    """A working directory that cannot be made stops the submission before its key is taken, with
    the reason."""
    printed = login.run("submit", *asked(directory=directory), sbatch="echo 77")
    assert printed.startswith(f"unusable {directory}\nwhy ")
    assert (keys(login), jobs(login)) == ({}, [])


def test_a_replay_makes_no_directory(login: LoginNode) -> None:
    """The same request again is the same job, also when its working directory was removed meanwhile
    or cannot be used any more; another request with its key is a conflict whatever its
    directory."""
    mine = login.home / "mine"
    login.run("submit", *asked(directory=str(mine)), sbatch="echo 77")
    mine.rmdir()
    assert login.run("submit", *asked(directory=str(mine))) == "elected 77\nagain\n"
    assert not mine.exists()
    mine.touch()
    assert login.run("submit", *asked(directory=str(mine))) == "elected 77\nagain\n"
    assert login.run("submit", *asked("c" * 32, directory="/dev/null")) == "conflict\n"
    login.names.rename(login.home / "elsewhere")  # the other request has another name
    other = login.home / "other"
    assert login.run("submit", *asked("c" * 32, directory=str(other))) == "conflict\n"
    assert not other.exists()


def test_clean_leaves_a_job_that_keeps_its_files(login: LoginNode) -> None:
    """The files of such a job are there after its result was returned, and its name is not free."""
    login.run("submit", *asked(), sbatch="echo 77")
    (job,) = jobs(login)
    (job / "final").symlink_to("COMPLETED|1|")
    look = ("77", "1000", "10", "3", "answer")
    assert login.run("evidence", *look).startswith("final COMPLETED|1|\n")
    assert login.run("clean", "77") == "kept\n"
    assert Path(login.output).exists()
    assert (job / "script").exists()
    assert not (job / "answered").exists()


def test_the_purge_of_a_job_that_keeps_its_files(login: LoginNode) -> None:
    """A job that keeps its files is forgotten a retention time after its end, with its output, its
    working directory, its key and its name; until then all of it is kept."""
    login.run("submit", *asked(), sbatch="echo 77")
    (job,) = jobs(login)
    (job / "final").symlink_to("COMPLETED|1|")
    purge(login)
    assert jobs(login) == [job]
    assert (len(keys(login)), len(works(login))) == (1, 1)
    login.grow_old(YEAR)
    purge(login)
    assert (jobs(login), keys(login), works(login)) == ([], {}, set())
    assert not Path(login.output).exists()
    assert not login.names.exists()


def test_the_purge_keeps_a_directory_that_the_request_named(login: LoginNode) -> None:
    """A working directory that the request named is the user's, and stays."""
    mine = login.home / "mine"
    login.run("submit", *asked(directory=str(mine)), sbatch="echo 77")
    (job,) = jobs(login)
    (job / "final").symlink_to("COMPLETED|1|")
    login.grow_old(YEAR)
    purge(login)
    assert jobs(login) == []
    assert mine.is_dir()


def test_an_empty_id_removes_no_other_jobs_files(login: LoginNode) -> None:
    """The purge of a job whose id was not written whole leaves all working directories."""
    login.run("submit", *asked(), sbatch="echo 77")
    (job,) = jobs(login)
    (job / "kept").write_text("\n")
    (job / "final").symlink_to("COMPLETED|1|")
    login.grow_old(YEAR)
    purge(login)
    assert (jobs(login), len(works(login))) == ([], 1)


def test_the_purge_keeps_a_job_that_is_listed(login: LoginNode) -> None:
    """A job that Slurm lists keeps its key and its files, however old it is."""
    login.run("submit", *asked(), sbatch="echo 77")
    (job,) = jobs(login)
    login.grow_old(YEAR)
    purge(login, job)
    assert (jobs(login), len(keys(login)), len(works(login))) == ([job], 1, 1)


def test_the_purge_takes_keys_without_a_job(login: LoginNode) -> None:
    """A key whose request never made a job is free a long time later; younger ones, and those of
    jobs, are not."""
    login.run("submit", *asked(), sbatch="echo 77")
    (job,) = jobs(login)
    place = login.home / ".jarvice/state/keys" / OTHER
    place.parent.mkdir(parents=True)
    place.symlink_to("e" * 32)
    purge(login, job)
    assert keys(login).keys() == {KEY, OTHER}
    login.grow_old(YEAR)
    purge(login, job)
    assert keys(login) == {KEY: TOKEN}


def test_the_purge_of_what_checks_left(login: LoginNode) -> None:
    """The script of a check whose shell was ended goes after an hour."""
    login.run("submit", *asked(), sbatch="echo 77")
    state = login.home / ".jarvice/state"
    (state / ".test.old").touch()
    login.grow_old(7200)
    (state / ".test.young").touch()
    purge(login)
    assert [path.name for path in state.glob(".test.*")] == [".test.young"]


def test_the_purge_of_the_journal(login: LoginNode) -> None:
    """Old shelves of the journal go; the newest one stays, so that numbers go on."""
    shelves = login.home / ".jarvice/state/journal"
    for number in (1, 999, 1000, 2000):
        shelf = shelves / str(number // 1000)
        shelf.mkdir(parents=True, exist_ok=True)
        (shelf / str(number)).symlink_to("x")
    login.grow_old(YEAR)
    (shelves / "1/1001").symlink_to("young")
    purge(login)
    assert {path.name for path in shelves.iterdir()} == {"1", "2"}
    login.grow_old(YEAR)
    purge(login)
    assert {path.name for path in shelves.iterdir()} == {"2"}
    login.run("submit", *asked(), sbatch="echo 77")
    assert sorted(path.name for path in (shelves / "2").iterdir()) == ["2000", "2001"]
