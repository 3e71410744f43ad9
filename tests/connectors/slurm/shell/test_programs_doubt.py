"""The programs in doubt: sbatch's answer was lost, a directory cannot be read, Slurm's ids begin
again."""

import pytest

from tests.connectors.slurm.login_node import LoginNode, words

LOST = (
    'echo "sbatch: error: Batch job submission failed: '
    'Socket timed out on send/recv operation" >&2; exit 1'
)
REFUSED = 'echo "sbatch: error: invalid partition specified: nowhere" >&2; exit 1'
LOOK = ("1000", "10", "3")  # the words of `evidence` after the native id
LONG_AGO = 200  # seconds; longer than an attempt may take


def gather(
    login: LoginNode, native_id: str = "77", squeue: str = "exit 0", sacct: str = "exit 0"
) -> str:
    """The evidence of how that job ended."""
    return login.run("evidence", native_id, *LOOK, squeue=squeue, sacct=sacct)


def lost(login: LoginNode, seconds: int) -> str:
    """A submission so long ago with an unknown outcome, and squeue's row for the job that came of
    it."""
    assert login.run("submit", *words(), sbatch=LOST).startswith("unknown\n")
    login.grow_old(seconds)
    return f'echo "77 {login.job}/batch"'


def test_a_job_that_was_never_submitted(login: LoginNode) -> None:
    """A job was never submitted where the place of its links can be read and has none."""
    assert gather(login) == "no_job\n"
    assert login.run("submit", *words(), sbatch="echo 77") == "elected 77\n"
    assert gather(login, "78") == "no_job\n"


@pytest.mark.parametrize("hidden", ["state", "names"])
def test_what_cannot_be_read_is_not_gone(login: LoginNode, hidden: str) -> None:
    """While a file system is away or fails, no job is reported as never submitted."""
    login.run("submit", *words(), sbatch="echo 77")
    place = {"state": login.names.parents[2], "names": login.names}[hidden]
    place.rename(place.with_name("elsewhere"))
    place.symlink_to("/proc/nowhere")
    assert gather(login).startswith("unwritable ")
    assert login.run("cancel", "77").startswith("unwritable ")
    place.unlink()
    place.with_name("elsewhere").rename(place)
    assert "missing" in gather(login)


@pytest.mark.parametrize(
    ("seconds", "squeue", "sacct", "expected"),
    [
        (0, "exit 0", "exit 0", "unelected\n"),
        (LONG_AGO, "exit 1", "exit 0", "unelected\n"),
        (LONG_AGO, "exit 0", "echo 'sacct: error: Connection refused' >&2; exit 1", "unelected\n"),
        (LONG_AGO, "exit 0", "sleep 30", "unelected\n"),
        (LONG_AGO, "exit 0", "echo 'Slurm accounting storage is disabled' >&2; exit 1", "no_job\n"),
        (LONG_AGO, "exit 0", "exit 127", "no_job\n"),
        (LONG_AGO, "exit 0", "exit 0", "no_job\n"),
    ],
)
def test_a_submission_whose_outcome_is_unknown(
    login: LoginNode, seconds: int, squeue: str, sacct: str, expected: str
) -> None:
    """A submission with an unknown outcome is not reported as never made before Slurm has answered
    and time has passed, and sbatch does not run again."""
    lost(login, seconds)
    assert gather(login, squeue=squeue, sacct=sacct) == expected
    again = login.run("submit", *words(), sbatch="echo 78", squeue=squeue, sacct=sacct)
    assert again == "elected 78\n" if expected == "no_job\n" else again.startswith("pending")


def test_the_job_of_a_lost_answer_is_found(login: LoginNode) -> None:
    """A call with the id under which Slurm lists the job elects that id."""
    listed = lost(login, 0)
    assert gather(login, "78", squeue=listed) == "no_job\n"
    assert str((login.job / "elected").readlink()) == "77"
    assert "missing" in gather(login)
    assert login.run("submit", *words(), sbatch="exit 9") == "elected 77\nagain\n"


def test_a_late_job_of_a_refused_submission_ends(login: LoginNode) -> None:
    """A refusal is elected, so that the job of an earlier attempt, which may still be in the
    controller, finds that it is not wanted and ends."""
    lost(login, LONG_AGO)
    assert login.run("submit", *words(), sbatch=REFUSED).startswith(
        "refused\nsbatch: error: invalid partition"
    )
    assert str((login.job / "elected").readlink()) == "refused"
    assert gather(login) == "no_job\n"


@pytest.mark.parametrize("token", ["a" * 32, "c" * 32])
def test_a_refusal_that_was_cut_off(login: LoginNode, token: str) -> None:
    """When the login node died before a refusal was taken back, the next submission does that, and
    submits its own job."""
    lost(login, LONG_AGO)
    (login.job / "elected").symlink_to("refused")
    refused = login.job
    assert login.run("submit", *words(token), sbatch="echo 78") == "elected 78\n"
    assert (refused / "answered").exists()
    assert not (refused / "secrets").exists()


def test_a_job_that_has_begun_outweighs_a_refusal(login: LoginNode) -> None:
    """When the job of a first attempt elects itself while another attempt is refused, that job is
    reported and keeps its output."""
    lost(login, LONG_AGO)
    begins = f'ln -sn 55 "{login.job}/elected"; {REFUSED}'
    assert login.run("submit", *words(), sbatch=begins) == "elected 55\nagain\n"
    assert (login.home / ".jarvice/job.out").exists()
    assert [link.name for link in login.names.iterdir()] == ["1"]


def test_an_answer_after_a_refusal(login: LoginNode) -> None:
    """The job of an attempt that stalled, while another attempt was refused, is cancelled."""
    stalled = f'ln -sn refused "$(echo {login.home}/.jarvice/state/jobs/day/*)/elected"; echo 77'
    cancelled = f'echo Welcome; echo "$@" >"{login.home}/cancelled"'
    assert (
        login.run("submit", *words(), sbatch=stalled, scancel=cancelled)
        == "refused\nsbatch refused the job\n"
    )
    assert (login.home / "cancelled").read_text() == "-t PENDING 77\n"


@pytest.mark.parametrize(
    "error",
    [
        "slurm_unpack_received_msg: [[login]:6817] auth_g_verify: RESPONSE_SUBMIT_BATCH_JOB has "
        "authentication error",
        "slurm_receive_msg: Header lengths are longer than data received",
        "Batch job submission failed: Incompatible versions of client and server code (Protocol "
        "version mismatch)",
    ],
)
def test_an_answer_that_cannot_be_read_is_no_refusal(login: LoginNode, error: str) -> None:
    """An answer of sbatch that cannot be read is not a refusal, because the job may exist."""
    assert login.run(
        "submit", *words(), sbatch=f'echo "sbatch: error: {error}" >&2; exit 1'
    ).startswith("unknown\n")
    assert not (login.job / "elected").is_symlink()


def test_a_directory_that_cannot_be_read_is_not_purged(login: LoginNode) -> None:
    """A name stays taken while its directory cannot be read, and is free when the directory is
    really gone."""
    login.run("submit", *words(), sbatch="echo 77")
    job = login.job
    job.rename(login.home / "elsewhere")
    job.write_text("in its place, so that none can be made")
    assert login.run("submit", *words(), sbatch=login.counted("echo 78")).startswith("pending")
    assert login.runs == 0
    job.unlink()
    assert login.run("submit", *words(), sbatch=login.counted("echo 78")) == "elected 78\n"


def test_an_intent_that_came_to_nothing_blocks_no_other_script(login: LoginNode) -> None:
    """A name whose bridge died before sbatch is free after a time, when Slurm knows of no job."""
    listed = lost(login, 0)
    other = "c" * 32
    assert login.run("submit", *words(other), sbatch="echo 78") == "conflict\n"
    login.grow_old(LONG_AGO)
    assert login.run("submit", *words(other), sbatch="echo 78", squeue=listed) == "conflict\n"
    assert login.run("submit", *words(other), sbatch="echo 78", squeue="exit 1") == "conflict\n"
    assert login.run("submit", *words(other), sbatch="echo 78") == "elected 78\n"
    (given_up,) = (login.home / ".jarvice/state/jobs/day").glob("*/refused")
    assert "another script was submitted under this name" in given_up.read_text()


def test_a_later_attempt_that_cannot_write(login: LoginNode) -> None:
    """A later attempt that cannot write does not report that nothing was submitted: the first one's
    job may exist."""
    lost(login, LONG_AGO)
    (login.job / "script").unlink()
    (login.job / "script").mkdir()
    assert login.run("submit", *words(), sbatch=login.counted("echo 78")).startswith("unknown\n")
    assert login.runs == 0
    assert [link.name for link in login.names.iterdir()] == ["1"]


def test_the_newest_job_of_a_name(login: LoginNode) -> None:
    """Without a native id the newest job is meant, and no older one while the newest submission's
    outcome is unknown."""
    login.run("submit", *words(), sbatch="echo 77")
    login.run("record_final", "", "COMPLETED|1|", "1000", "10", "answer")
    login.grow_old(1000)
    assert login.run("submit", *words(), sbatch=LOST).startswith("unknown\n")
    assert gather(login, "") == "unelected\n"
    assert gather(login, "77").startswith("final COMPLETED")
    (newest,) = [
        job
        for job in (login.home / ".jarvice/state/jobs/day").iterdir()
        if not (job / "final").is_symlink()
    ]
    (newest / "elected").symlink_to("78")
    assert "final" not in gather(login, "")


@pytest.mark.parametrize("ours", [True, False])
def test_cleaning_spares_a_job_that_has_the_id_by_now(login: LoginNode, ours: bool) -> None:
    """The working directory of an id is removed only if it is this job's."""
    login.run("submit", *words(), sbatch="echo 77")
    login.run("record_final", "77", "COMPLETED|1|", "1000", "10")
    work = login.home / ".jarvice/jobs/77"
    work.mkdir(parents=True)
    (work / ".job").symlink_to(login.job if ours else "/another/job")
    assert login.run("clean", "77") == "cleaned\n"
    assert work.exists() != ours


def test_a_second_cancellation_keeps_the_mark_of_the_first(login: LoginNode) -> None:
    """Of two cancellations at once the one that Slurm refuses leaves the mark of the other one."""
    login.run("submit", *words(), sbatch="echo 77")
    taken = (
        f'ln -sn 5 "{login.job}/cancelled.done"; '
        'echo "Job/step already completing or completed" >&2; exit 1'
    )
    assert login.run("cancel", "77", scancel=taken).startswith("code 1\n")
    assert (login.job / "cancelled").is_symlink()


def test_sacct_without_a_row_differs_from_a_silent_one(login: LoginNode) -> None:
    """The exit code of sacct distinguishes an accounting that is silent from one without a row."""
    login.run("submit", *words(), sbatch="echo 77")
    printed = gather(login, sacct='echo "sacct: error: Connection refused" >&2; exit 1').split("\n")
    assert "sacct sacct: error: Connection refused" in printed
    assert "accounting 1" in printed
    assert "accounting 124" in gather(login, sacct="sleep 30").split("\n")
    assert "accounting 0" in gather(login).split("\n")


@pytest.mark.parametrize(
    ("text", "lines", "shown"),
    [
        (
            b"".join(b"line %d\n" % n for n in range(20_000)),
            3,
            b"line 19997\nline 19998\nline 19999\n",
        ),
        (
            b"".join(b"%d\n" % n for n in range(40_000)),
            20_000,
            b"".join(b"%d\n" % n for n in range(20_000, 40_000)),
        ),
        (b"begin\n" + b"x" * 99_000 + b"\nend", 2, b"x" * 99_000 + b"\nend"),
        (b"x" * 200_000, 5, b"x" * 150_000),
    ],
)
def test_the_end_of_a_large_output(login: LoginNode, text: bytes, lines: int, shown: bytes) -> None:
    """The end of an output has as many whole lines as were asked for, within the limit on bytes."""
    login.run("submit", *words(), sbatch="echo 77")
    (login.home / ".jarvice/job.out").write_bytes(text)
    assert (
        login.run("output", "77", "150000", str(lines)) == f"size {len(text)}\n\n{shown.decode()}"
    )
