"""squeue's answers, recorded from three generations; other people's jobs have hostile names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words.squeue import Squeue
from dssr.errors import Unavailable
from dssr.job import JobRef, JobState, Snapshot
from dssr.seams import Completed
from tests.connectors.slurm.answers import PLACE, STATE, done, is_ours, ours, printed
from tests.connectors.slurm.recordings import GENERATIONS, answer, squeue_rows


def test_the_words() -> None:
    """The command lists one user's jobs in all states, behind a mark that is new each time."""
    first, second = Squeue("jarvice"), Squeue("jarvice")
    assert first.argv()[:6] == ["squeue", "-h", "-t", "all", "-u", "jarvice"]
    assert first.mark != second.mark
    assert len(first.mark) == 16


@pytest.mark.parametrize("generation", GENERATIONS)
def test_recorded_jobs(generation: str) -> None:
    """Each of the bridge's jobs has its state, time, nodes and reason, whatever others are
    called."""
    command = Squeue("jarvice")
    rows = squeue_rows(generation)
    mine = {row["A"]: row for row in rows if is_ours(row)}
    text = "".join(printed(command, ours(row) if row["A"] in mine else row) for row in rows)
    jobs = command.parse(done(text))
    assert jobs.keys() == mine.keys()
    for native_id, row in mine.items():
        status = jobs[native_id]
        assert status.ref == JobRef(row["j"].removeprefix("jarvice_"), 7, native_id)
        assert (status.state, status.reason) == (row["T"], row["r"])
        nodes = {"node[1-2]": ("node1", "node2"), "": ()}.get(row["N"], (row["N"],))
        assert status.nodes == nodes
    timed_out = {status.elapsed for status in jobs.values() if status.state is JobState.TIMEOUT}
    assert timed_out <= set(range(60, 180))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_job_keeps_its_name_and_number(generation: str) -> None:
    """The name, the comment and the time limit can be changed; the batch script's path cannot."""
    command = Squeue("jarvice")
    row = next(row for row in squeue_rows(generation) if row["T"] == "RUNNING")
    changed = {**ours(row, name="a.b-c@d+e=f,g"), "j": "renamed", "k": "nothing"}
    (status,) = command.parse(done(printed(command, changed))).values()
    assert status.ref == JobRef("a.b-c@d+e=f,g", 7, row["A"])


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_job_that_lost_its_node(generation: str) -> None:
    """A job that Slurm lists as NODE_FAIL with an end time has ended; one that it will run again is
    PENDING; one that is NODE_FAIL without an end time is still being ended."""
    command = Squeue("jarvice")
    rows = {row["j"]: ours(row) for row in squeue_rows(generation)}
    lost, requeued = rows["jarvice_node_fail"], rows["jarvice_requeued_node"]
    jobs = Snapshot(command.parse(done(printed(command, lost) + printed(command, requeued))))
    assert {s.state for s in jobs.values()} == {JobState.NODE_FAIL, JobState.PENDING}
    assert [s.ref.name for s in jobs.queued()] == ["requeued_node"]
    assert jobs.running() == []
    for end in ("N/A", "NONE", ""):
        (status,) = command.parse(done(printed(command, {**lost, "e": end}))).values()
        assert status.state is JobState.COMPLETING


def test_a_job_that_submits_its_own_batch_script() -> None:
    """Of several jobs with one batch script the first is the bridge's."""
    command = Squeue("jarvice")
    row = ours(squeue_rows(GENERATIONS[0])[0])
    text = "".join(printed(command, {**row, "A": native_id}) for native_id in ("10", "9", "11"))
    assert set(command.parse(done(text))) == {"9"}


def test_older_squeues_print_the_arguments() -> None:
    """What follows the batch script's path is no part of the job's name."""
    command = Squeue("jarvice")
    row = ours(squeue_rows(GENERATIONS[0])[0], name="x")
    row["o"] += f" {STATE}{PLACE} /home/jarvice/scratch/"
    assert command.parse(done(printed(command, row)))[row["A"]].ref.name == "x"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_command_cannot_forge_a_row(generation: str) -> None:
    """A command that is written like rows of squeue is no row: it lacks the mark."""
    command = Squeue("jarvice")
    mine = next(row for row in squeue_rows(generation) if row["T"] == "RUNNING" and is_ours(row))
    forged = printed(Squeue("x", mark="0" * 16), {**ours(mine, 1), "A": "666"})
    hostile = {**mine, "A": "667", "o": f"/home/jarvice/x\n{forged}"}
    jobs = command.parse(done(printed(command, hostile) + printed(command, ours(mine))))
    assert set(jobs) == {mine["A"]}


@pytest.mark.parametrize(
    "path",
    [
        "",
        "(null)",
        "/home/jarvice/batch.7.name",
        f"/home/jarvice/{PLACE}/batch.7.name",
        f"{STATE}{PLACE}/batch",
        f"{STATE}{PLACE}/batch.7.",
        f"{STATE}{PLACE}/batch.x.name",
        f"{STATE}{PLACE}/batch.7.-name",
        f"{STATE}{PLACE}/batch.7.name\nx",
        f"{STATE}{PLACE}/batch.7.name/../other",
        f"{STATE}{PLACE}/script",
        f"{STATE}jobs/2026-11-21/{'0' * 32}/batch.7.name",
        f"{STATE}jobs/../../{PLACE[5:]}/batch.7.name",
        f"{STATE}x/{PLACE}/batch.7.name",
        f"/bin/cp {STATE}{PLACE}/batch.7.name x",
    ],
)
def test_other_commands_are_left_out(path: str) -> None:
    """A job of another command is not the bridge's, whatever its name and comment."""
    row = {**squeue_rows(GENERATIONS[0])[0], "o": path, "j": "jarvice_name", "k": "dssr:7"}
    for command in (Squeue("jarvice"), Squeue("jarvice", STATE)):
        assert command.parse(done(printed(command, row))) == {}


def test_a_state_directory_of_the_operators() -> None:
    """Only batch scripts in that directory are the bridge's; owners have a directory each in it."""
    row = {**squeue_rows(GENERATIONS[0])[0], "u": "alice"}
    whole = Squeue("alice", "/gpfs/state/")
    owned = Squeue("jarvice", "/gpfs/state/", {"alice", "jarvice"})
    for command, top in ((whole, "/gpfs/state/"), (owned, "/gpfs/state/alice/")):
        for place in (STATE, "/gpfs/state/", "/gpfs/state/alice/", "/gpfs/state/bob/"):
            found = command.parse(done(printed(command, ours(row, top=place))))
            assert (row["A"] in found) == (place == top)


def test_no_jobs_is_an_answer() -> None:
    """A list without jobs is an answer."""
    assert Squeue("jarvice").parse(done("")) == {}


@pytest.mark.parametrize("generation", GENERATIONS)
def test_silence_is_none(generation: str) -> None:
    """When the controller is away the states are unknown, and the error has squeue's words."""
    code, stdout, stderr = answer(generation, "squeue_controller_down.txt")
    with pytest.raises(Unavailable, match="Unable to contact slurm controller"):
        Squeue("jarvice").parse(done(stdout, code, stderr))


@pytest.mark.parametrize("generation", GENERATIONS)
def test_banners_of_a_site_are_not_jobs(generation: str) -> None:
    """Banners of a site before and after the answer are not jobs."""
    command = Squeue("jarvice")
    _, stdout, stderr = answer(generation, "squeue_chatty.txt")
    banner = stdout.partition("N0NCE")[0]
    assert "12345 jobs" in banner
    rows = [ours(row) for row in squeue_rows(generation) if is_ours(row)]
    text = banner + "".join(printed(command, row) for row in rows) + banner
    assert set(command.parse(done(text, 0, stderr))) == {row["A"] for row in rows}
    assert command.parse(done(banner, 0, stderr)) == {}


def test_bytes_that_are_no_text() -> None:
    """A command that is no UTF-8 does not take the list down."""
    command = Squeue("jarvice")
    row = squeue_rows(GENERATIONS[0])[0]
    bad = printed(command, {**row, "o": "BAD"}).encode().replace(b"BAD", b"\xff\xfe")
    jobs = command.parse(done(bad + printed(command, ours(row)).encode()))
    assert set(jobs) == {row["A"]}


@given(st.text(), st.text())
def test_any_reason_and_command(reason: str, path: str) -> None:
    """Any reason and command of a job is read without an error, and the job that follows is
    found."""
    command = Squeue("jarvice", mark="feedfacefeedface")
    row = squeue_rows(GENERATIONS[0])[0]
    text = printed(command, {**row, "A": "1", "r": reason, "o": path}) + printed(
        command, {**ours(row), "A": "2"}
    )
    assert "2" in command.parse(Completed((), 0, text.encode("utf-8", "replace"), b""))


@given(st.binary(max_size=500))
def test_any_answer(data: bytes) -> None:
    """Any answer of squeue is read, or is one of the bridge's own errors."""
    command = Squeue("jarvice", mark="01")
    found = command.parse(done(data))
    assert all(native_id == status.ref.native_id for native_id, status in found.items())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_jobs_of_several_users(generation: str) -> None:
    """Each job has its owner; other users may name their jobs as they like."""
    rows = [ours(row, name="same") for row in squeue_rows(generation)]
    users = {row["u"] for row in rows}
    for owners in (frozenset({"jarvice"}), users):
        command = Squeue("jarvice", owners=owners)
        assert "-u" not in command.argv()
        assert "--all" in command.argv()
        jobs = command.parse(done("".join(printed(command, row) for row in rows)))
        assert {native_id: status.owner for native_id, status in jobs.items()} == {
            row["A"]: row["u"] for row in rows if row["u"] in owners
        }
    assert len(users) > 1


@pytest.mark.parametrize(
    ("nodes", "cores", "each", "memory"),
    [
        ("1", "1", "2G", 2048),
        ("3", "3", "100M", 300),
        ("1", "4", "100M", None),
        ("1", "1", "0", None),
        ("1", "1", "N/A", None),
    ],
)
def test_memory_is_known_where_squeue_is_clear(
    nodes: str, cores: str, each: str, memory: int | None
) -> None:
    """squeue's figure is per node or per core without saying which: it counts where both are the
    same; 0 is all memory of a node, which squeue does not know."""
    command = Squeue("jarvice")
    row = {**ours(squeue_rows(GENERATIONS[0])[0]), "D": nodes, "C": cores, "m": each}
    (status,) = command.parse(done(printed(command, row))).values()
    assert status.resources is not None
    assert status.resources.memory_mb == memory


@pytest.mark.parametrize(
    ("shown", "limit"),
    [("UNLIMITED", None), ("365-00:00:00", None), ("1:00", 60), ("364-23:59:00", 31_535_940)],
)
def test_a_job_without_a_time_limit_has_none(shown: str, limit: int | None) -> None:
    """Slurm shows a year as the time limit of a job that has started without one: it has none."""
    command = Squeue("jarvice")
    row = next(row for row in squeue_rows("24.11") if row["T"] == "RUNNING")
    (status,) = command.parse(done(printed(command, ours(row) | {"l": shown}))).values()
    assert status.resources is not None
    assert status.resources.walltime == limit
