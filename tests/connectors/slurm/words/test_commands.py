"""squeue's and sacct's answers, recorded from three generations, hostile job names of other people among them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words.commands import (
    UNKNOWN_JOB,
    Row,
    SacctOwner,
    Squeue,
    sacct_row,
    squeue_row,
    words_of,
)
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, Snapshot
from dssr.seams import Completed
from tests.connectors.slurm.recordings import (
    GENERATIONS,
    HOSTILE_NAME,
    answer,
    recorded,
    squeue_rows,
)

TOKEN = "0123456789abcdef" * 2


def done(stdout: str | bytes, returncode: int = 0, stderr: str = "") -> Completed:
    data = stdout.encode() if isinstance(stdout, str) else stdout
    return Completed(("squeue",), returncode, data, stderr.encode())


def printed(command: Squeue, row: dict[str, str]) -> str:
    """A recorded job as squeue prints it in the connector's format."""
    line = command.argv()[-1]
    for letter, value in row.items():
        line = line.replace(f"%{letter}", value)
    return line + "\n"


def ours(row: dict[str, str], number: int = 7) -> dict[str, str]:
    """A recorded job as if this bridge had submitted it."""
    return {**row, "k": f"dssr:{TOKEN}:{number}"}


def test_the_words() -> None:
    """One user's jobs in all states, behind a mark that is new each time."""
    first, second = Squeue("jarvice"), Squeue("jarvice")
    assert first.argv()[:6] == ["squeue", "-h", "-t", "all", "-u", "jarvice"]
    assert first.mark != second.mark
    assert len(first.mark) == 16


@pytest.mark.parametrize("generation", GENERATIONS)
def test_recorded_jobs(generation: str) -> None:
    """Each with its state, time, nodes and reason, whatever other jobs are called."""
    command = Squeue("jarvice")
    rows = squeue_rows(generation)
    assert HOSTILE_NAME in {row["j"] for row in rows}
    text = "".join(printed(command, ours(row) if row["u"] == "jarvice" else row) for row in rows)
    jobs = command.parse(done(text))
    assert set(jobs) == {row["A"] for row in rows if row["u"] == "jarvice"}
    for row in rows:
        if row["u"] == "jarvice":
            status = jobs[row["A"]]
            assert status.ref == JobRef(row["j"].removeprefix("jarvice_"), 7, row["A"])
            assert (status.state, status.reason) == (row["T"], row["r"])
            assert status.nodes == (
                {"node[1-2]": ("node1", "node2"), "": ()}.get(row["N"], (row["N"],))
            )
    assert {status.elapsed for status in jobs.values() if status.state is JobState.TIMEOUT} <= set(
        range(60, 180)
    )


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_recorded_job_whose_node_was_lost_is_listed_as_running(generation: str) -> None:
    """Slurm lists the one that must not run again for minutes as NODE_FAIL, and the one that may as pending: neither has left
    both lists."""
    command = Squeue("jarvice")
    rows = [
        ours(row)
        for row in squeue_rows(generation)
        if row["j"] in ("jarvice_node_fail", "jarvice_requeued_node")
    ]
    jobs = Snapshot(command.parse(done("".join(printed(command, row) for row in rows))))
    assert {s.state for s in jobs.values()} == {JobState.NODE_FAIL, JobState.PENDING}
    assert [s.ref.name for s in jobs.running()] == ["node_fail"]
    assert [s.ref.name for s in jobs.queued()] == ["requeued_node"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_name_cannot_forge_a_row(generation: str) -> None:
    """Whoever names his job like rows of squeue gets none: without the mark they are a part of its name."""
    command = Squeue("jarvice")
    (mine, *_) = [
        row for row in squeue_rows(generation) if row["T"] == "RUNNING" and row["u"] == "jarvice"
    ]
    forged = printed(Squeue("x", mark="0" * 16), {**ours(mine, 1), "A": "666"})
    hostile = {**mine, "A": "667", "j": f"jarvice_x\n{forged}", "k": f"dssr:{TOKEN}:1\n{forged}"}
    jobs = command.parse(done(printed(command, hostile) + printed(command, ours(mine))))
    assert set(jobs) == {mine["A"]}


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "(null)",
        "dssr:",
        f"dssr:{TOKEN}",
        f"dssr:{TOKEN}:",
        f"dssr:{TOKEN}:1x",
        f"x dssr:{TOKEN}:1",
    ],
)
def test_jobs_of_others_are_left_out(comment: str) -> None:
    """Those that the service user submitted by hand among them."""
    command = Squeue("jarvice")
    row = squeue_rows(GENERATIONS[0])[0]
    assert command.parse(done(printed(command, {**row, "k": comment}))) == {}
    assert command.parse(done(printed(command, {**ours(row), "j": "not_by_the_bridge"}))) == {}


def test_no_jobs_is_an_answer() -> None:
    """An empty one."""
    assert Squeue("jarvice").parse(done("")) == {}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_silence_is_none(generation: str) -> None:
    """When the controller is away nobody knows, and squeue's words are told."""
    code, stdout, stderr = answer(generation, "squeue_controller_down.txt")
    with pytest.raises(Unavailable, match="Unable to contact slurm controller"):
        Squeue("jarvice").parse(done(stdout, code, stderr))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_banners_of_a_site_are_not_jobs(generation: str) -> None:
    """Before the answer and behind it."""
    command = Squeue("jarvice")
    _, stdout, stderr = answer(generation, "squeue_chatty.txt")
    banner = stdout.partition("N0NCE")[0]
    assert "12345 jobs" in banner
    rows = [ours(row) for row in squeue_rows(generation) if row["u"] == "jarvice"]
    text = banner + "".join(printed(command, row) for row in rows) + banner
    assert set(command.parse(done(text, 0, stderr))) == {row["A"] for row in rows}
    assert command.parse(done(banner, 0, stderr)) == {}


def test_bytes_that_are_no_text() -> None:
    """Somebody's job name must not take the list down."""
    command = Squeue("jarvice")
    row = squeue_rows(GENERATIONS[0])[0]
    text = (
        printed(command, {**row, "j": "BAD"}).encode().replace(b"BAD", b"\xff\xfe")
        + printed(command, ours(row)).encode()
    )
    assert set(command.parse(done(text))) == {row["A"]}


@given(st.text(), st.text())
def test_any_name_and_comment(name: str, comment: str) -> None:
    """Nothing raises, and the job behind it is still found."""
    command = Squeue("jarvice", mark="feedfacefeedface")
    row = squeue_rows(GENERATIONS[0])[0]
    text = printed(command, {**row, "A": "1", "j": name, "k": comment}) + printed(
        command, {**ours(row), "A": "2"}
    )
    assert "2" in command.parse(Completed((), 0, text.encode("utf-8", "replace"), b""))


@given(st.binary(max_size=500))
def test_any_answer(data: bytes) -> None:
    """Of a squeue that prints anything at all."""
    command = Squeue("jarvice", mark="01")
    found = command.parse(done(data))
    assert all(native_id == status.ref.native_id for native_id, status in found.items())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_recorded_rows_of_squeue_and_sacct(generation: str) -> None:
    """In the formats of the program ``gather``: both tell the same of a job that has ended."""
    listed = {
        row["A"]: squeue_row("|".join(row[letter] for letter in "ATMVr"))
        for row in squeue_rows(generation)
    }
    assert None not in listed.values()
    lines = [line.split("|") for line in recorded(generation, "sacct.txt").splitlines()]
    accounted = {
        fields[0]: sacct_row("|".join((*fields[:2], *fields[3:5])))
        for fields in lines
        if len(fields) > 9
    }
    for state in (
        JobState.COMPLETED,
        JobState.FAILED,
        JobState.TIMEOUT,
        JobState.OUT_OF_MEMORY,
        JobState.NODE_FAIL,
    ):
        both = [
            (listed[job], row)
            for job, row in accounted.items()
            if row and row.state is state and job in listed
        ]
        assert any(one and one.state is state for one, _ in both), state
    (timeout,) = [row for row in accounted.values() if row and row.state is JobState.TIMEOUT]
    assert timeout in listed.values()


@pytest.mark.parametrize(
    "line",
    [
        "",
        "|",
        "slurm_load_jobs error: Invalid job id specified",
        "1.batch|COMPLETED|1|now",
        "²|FAILED|1|x",
        "1|FAILED|x|now",
        "1|FAILED",
        "sacct: error: Connection refused",
    ],
)
def test_what_is_no_row(line: str) -> None:
    """Errors, steps and noise."""
    assert sacct_row(line) is None
    assert squeue_row(line.replace("|now", "")) is None


def test_rows() -> None:
    """State and seconds."""
    assert squeue_row("12|RUNNING|1-00:00:01|2026-11-21T07:05:55|None") == Row(
        JobState.RUNNING, 86401
    )
    assert sacct_row("12|CANCELLED by 0|77|2026-11-21T07:05:55") == Row(JobState.CANCELLED, 77)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_an_unknown_job_is_told_in_the_words_that_are_looked_for(generation: str) -> None:
    """By scontrol and squeue of all generations."""
    _, _, stderr = answer(generation, "scontrol_unknown_job.txt")
    assert UNKNOWN_JOB in stderr


def test_the_words_of_a_failed_command() -> None:
    """One line, not too long, and never nothing."""
    assert words_of(done("", 1, "a\n b\n")) == "a b"
    assert words_of(done("on stdout", 1)) == "on stdout"
    assert words_of(done("", 7)) == "exit code 7"
    assert len(words_of(done("x" * 10_000, 1))) == 500


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_jobs_of_several_users(generation: str) -> None:
    """Each with its owner; whoever is none of them may call his jobs what he likes."""
    rows = [ours({**row, "j": "jarvice_same"}) for row in squeue_rows(generation)]
    users = {row["u"] for row in rows}
    for owners in (frozenset({"jarvice"}), users):
        command = Squeue("jarvice", owners)
        assert "-u" not in command.argv()
        assert "--all" in command.argv()
        jobs = command.parse(done("".join(printed(command, row) for row in rows)))
        assert {native_id: status.owner for native_id, status in jobs.items()} == {
            row["A"]: row["u"] for row in rows if row["u"] in owners
        }
    assert len(users) > 1


def sacct_rows(command: SacctOwner, *rows: tuple[str, str, str, str]) -> str:
    """What sacct prints with a mark behind each field."""
    return "".join("".join(field + command.mark for field in row) + "\n" for row in rows)


def submit_line(number: int) -> str:
    """How a job was submitted."""
    return f"sbatch --parsable --comment=dssr:{TOKEN}:{number} -J jarvice_name -o /home/alice/x.out /home/alice/batch"


@pytest.mark.parametrize(
    ("rows", "owner"),
    [
        ([("5", "alice", "jarvice_name", submit_line(7))], "alice"),
        ([("5", "alice", "jarvice_name", "")], "alice"),  # not every accounting keeps it
        ([("5", "alice", "jarvice_name", submit_line(77))], None),
        ([("5", "alice", "jarvice_name", submit_line(6))], None),
        ([("5", "alice", "jarvice_other", submit_line(7))], None),
        ([("55", "alice", "jarvice_name", submit_line(7))], None),
        ([], None),
        # ids began again from 1: the one that fits is meant, and of two the last
        (
            [("5", "alice", "jarvice_name", submit_line(7)), ("5", "bob", "other", "sbatch")],
            "alice",
        ),
        (
            [
                ("5", "alice", "jarvice_name", submit_line(7)),
                ("5", "bob", "jarvice_name", submit_line(7)),
            ],
            "bob",
        ),
        # names like rows
        ([("5", "bob", "x\n5|alice|jarvice_name|", submit_line(7))], None),
        (
            [
                (
                    "5",
                    "bob",
                    f"jarvice_name\n5{'0' * 16}alice{'0' * 16}jarvice_name{'0' * 16}",
                    submit_line(7),
                )
            ],
            None,
        ),
    ],
)
def test_whose_job_it_is(rows: list[tuple[str, str, str, str]], owner: str | None) -> None:
    """By id, name and number; nobody can write a row of his own into the answer."""
    command = SacctOwner(JobRef("name", 7, "5"))
    assert command.parse(done(sacct_rows(command, *rows))) == owner
    assert (
        command.parse(done("Welcome to this site!\n" + sacct_rows(command, *rows) + "See you\n"))
        == owner
    )


def test_sacct_that_did_not_answer() -> None:
    """Its words are told; that is not the same as no such job."""
    with pytest.raises(Unavailable, match="accounting storage is disabled"):
        SacctOwner(JobRef("name", 7, "5")).parse(
            done("", 1, "Slurm accounting storage is disabled")
        )


def test_the_words_of_sacct() -> None:
    """One job in all its lives, behind a mark that is new each time."""
    first, second = (SacctOwner(JobRef("name", 7, "5")) for _ in range(2))
    assert {"-X", "-D", "-n", "-p"} <= set(first.argv())
    assert first.mark != second.mark
