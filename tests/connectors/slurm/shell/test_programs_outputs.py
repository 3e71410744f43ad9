"""The program that reads parts of outputs, in a real shell."""

import os

import pytest

from tests.connectors.slurm.login_node import LoginNode, words

MARK = "0123456789abcdef" * 2
DATA = b"line one\nline two\n\0\xff no end"


def place(login: LoginNode) -> str:
    """The job's directory, as the program takes it."""
    return str(login.job.relative_to(login.home / ".jarvice/state"))


def submitted(login: LoginNode, data: bytes | None = DATA) -> str:
    """Submit a job that has printed this, or whose output is gone; its directory."""
    assert login.run("submit", *words(), sbatch="echo 77") == "elected 77\n"
    if data is None:
        os.unlink(login.output)
    else:
        with open(login.output, "wb") as file:
            file.write(data)
    return place(login)


def part(login: LoginNode, *asked: str, limit: int = 100) -> list[str]:
    """What the program prints of each job: the line and what follows it."""
    printed = login.run("outputs", MARK, str(limit), *asked)
    return printed.removeprefix("outputs\n\n").split(MARK)[:-1]


TEXT = "line one\nline two\n"


@pytest.mark.parametrize(
    ("offset", "limit", "expected"),
    [(0, 100, TEXT), (0, 4, "line"), (5, 3, "one"), (17, 100, "\n"), (18, 100, ""), (99, 9, "")],
)
def test_a_part(login: LoginNode, offset: int, limit: int, expected: str) -> None:
    """A part begins at the byte that was asked for, and has at most as many bytes; behind the end
    it is empty."""
    job = submitted(login, TEXT.encode())
    assert part(login, job, str(offset), limit=limit) == [f"{job} {offset} 18 no\n{expected}"]


def test_a_job_that_has_ended(login: LoginNode) -> None:
    """The final answer says that nothing follows. A record says that it may come soon: it may be of
    a run before another one."""
    job = submitted(login, b"all")
    (login.job / "record").touch()
    assert part(login, job, "0") == [f"{job} 0 3 soon\nall"]
    (login.job / "final").symlink_to("COMPLETED|1|")
    assert part(login, job, "3") == [f"{job} 3 3 yes\n"]


def test_an_output_that_was_truncated(login: LoginNode) -> None:
    """The size of an output that a job has truncated is less than the place that was asked for."""
    job = submitted(login, b"new")
    assert part(login, job, "1000") == [f"{job} 1000 3 no\n"]


def test_an_output_that_is_gone(login: LoginNode) -> None:
    """An output that was removed is empty, and the others are read. Nothing follows that of a job
    that was forgotten."""
    job = submitted(login, None)
    assert part(login, job, "0", "jobs/day/none", "5", job, "7") == [
        f"{job} 0 0 no\n",
        "jobs/day/none 5 0 yes\n",
        f"{job} 7 0 no\n",
    ]


@pytest.mark.parametrize("kind", ["fifo", "device", "directory", "link to a fifo"])
@pytest.mark.timeout(30)
def test_what_is_no_file_is_not_opened(login: LoginNode, kind: str) -> None:
    """A job that puts something else in the place of its output blocks no reader."""
    job = submitted(login, None)
    if kind == "fifo":
        os.mkfifo(login.output)
    elif kind == "device":
        os.symlink("/dev/zero", login.output)
    elif kind == "directory":
        os.mkdir(login.output)
    else:
        os.mkfifo(f"{login.output}.fifo")
        os.symlink(f"{login.output}.fifo", login.output)
    assert part(login, job, "0") == [f"{job} 0 0 no\n"]


def test_what_was_kept_of_a_cleaned_job(login: LoginNode) -> None:
    """Of a job that was cleaned the end is kept: a part before it begins where that begins."""
    job = submitted(login, b"0123456789")
    (login.job / "tail").write_bytes(b"6789")
    (login.job / "tail.size").write_text("10\n")
    (login.job / "final").symlink_to("COMPLETED|1|")
    assert part(login, job, "2", limit=2) == [f"{job} 2 10 yes\n23"]  # all of it is still there
    os.unlink(login.output)
    (login.job / "output").rename(login.job / "output.removed")
    assert part(login, job, "0", job, "7", job, "10", job, "50", limit=3) == [
        f"{job} 6 10 yes\n678",
        f"{job} 7 10 yes\n789",
        f"{job} 10 10 yes\n",
        f"{job} 50 10 yes\n",
    ]
