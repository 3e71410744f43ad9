"""The programs for services on a login node whose sbatch and squeue say what the test wants."""

import os
import time
from pathlib import Path

import pytest

from tests.connectors.slurm.login_node import LoginNode
from tests.connectors.slurm.shell.service_programs import CONTENTS, GONE, SILENT, folder, start


def grow_old(path: Path, seconds: int) -> None:
    """It was last changed so long ago."""
    moment = time.time() - seconds
    os.utime(path, (moment, moment), follow_symlinks=False)


def test_a_start_claims_the_first_generation(login: LoginNode) -> None:
    """A start makes the folder, private to its user, and elects sbatch's job."""
    said = login.counted(f'printf "%s\\n" "$@" >"{login.home}/words"; echo 41')
    assert start(login, sbatch=said) == ["claimed 1", "job 41", f"folder {folder(login)}"]
    assert os.readlink(folder(login) / "gen/1/elected") == "41"
    assert folder(login).stat().st_mode & 0o777 == 0o700
    words = (login.home / "words").read_text().splitlines()
    version = os.readlink(folder(login) / "current")
    assert version == "versions/d1.x"
    comment = f"--comment=dssr-service:demo:1:{version.removeprefix('versions/')}"
    assert {"--no-requeue", "--time=60", "dssr-demo", comment} <= set(words)
    assert words[-3:] == [f"{folder(login)}/{version}/batch", str(folder(login)), "1"]


def test_the_same_start_joins(login: LoginNode) -> None:
    """While the job waits, or Slurm does not answer, another start submits nothing."""
    start(login, sbatch=login.counted("echo 41"))
    again = start(login, sbatch=login.counted("echo 42"))
    assert again == ["joined 1", "job 41", f"folder {folder(login)}"]
    assert login.runs == 1


def test_a_job_that_is_gone_is_followed(login: LoginNode) -> None:
    """When Slurm says that the job is gone, the next start claims the next generation."""
    start(login)
    assert start(login, sbatch="echo 42", squeue=GONE)[:2] == ["claimed 2", "job 42"]


def test_another_job_with_that_id_is_not_the_services(login: LoginNode) -> None:
    """Slurm's ids may begin again: a job of that id with another comment is not the service's."""
    start(login)
    strange = "echo 'RUNNING|dssr-service:demo:1:other'"
    assert start(login, sbatch="echo 42", squeue=strange)[0] == "claimed 2"
    version = os.readlink(folder(login) / "current").removeprefix("versions/")
    ours = f"echo 'RUNNING|dssr-service:demo:2:{version}'"
    assert start(login, squeue=ours)[0] == "joined 2"


def test_a_start_with_other_files_asks_to_hand_over(login: LoginNode) -> None:
    """Another script becomes the current version, and the running jobs are asked to hand over."""
    start(login)
    (folder(login) / "gen/1/begun").symlink_to("41")
    assert start(login, version="d1.y")[1] == "job 41"  # of another release
    changed = start(login, version="d2.x")
    assert changed[:2] == ["joined 1", "handing_over 1"]
    assert os.readlink(folder(login) / "current") == "versions/d2.x"
    assert (folder(login) / "requests/1.restart").exists()


def test_a_refusal_is_recorded(login: LoginNode) -> None:
    """What Slurm refuses has its words, and the next start claims the next generation."""
    refused = "echo 'sbatch: error: invalid partition' >&2; exit 1"
    said = start(login, sbatch=refused)
    assert said == ["refused 1", "said sbatch: error: invalid partition"]
    end = (folder(login) / "gen/1/end").read_text().splitlines()
    assert end[0] == "refused"
    assert end[-1] == "sbatch: error: invalid partition"
    assert start(login)[0] == "claimed 2"


@pytest.mark.parametrize(
    "lost", ["kill -KILL $$", "echo 'sbatch: error: Socket timed out' >&2; exit 1"]
)
def test_a_lost_answer_is_no_refusal(login: LoginNode, lost: str) -> None:
    """When sbatch's answer is lost, the outcome is unknown, and nothing is submitted again before a
    search can be trusted."""
    assert start(login, sbatch=lost)[0] == "unknown 1"
    again = start(login, sbatch=login.counted("echo 42"), squeue="exit 0")
    assert again[0] == "joined 1"
    assert login.runs == 0


def test_a_lost_job_is_found(login: LoginNode) -> None:
    """After 180 seconds, Slurm is asked for the lost job, and the job that it lists is elected."""
    start(login, sbatch="kill -KILL $$")
    grow_old(folder(login) / "gen/1", 200)
    version = os.readlink(folder(login) / "current").removeprefix("versions/")
    listed = f"echo '77 dssr-service:demo:1:{version}'"
    again = start(login, sbatch=login.counted("echo 42"), squeue=listed)
    assert again[:2] == ["joined 1", "job 77"]
    assert login.runs == 0


def test_a_lost_job_that_is_not_there_is_submitted_again(login: LoginNode) -> None:
    """After 180 seconds and a search that found nothing, the same generation is submitted again;
    while Slurm does not answer, it is not."""
    start(login, sbatch="kill -KILL $$")
    grow_old(folder(login) / "gen/1", 200)
    assert start(login, sbatch="echo 42", squeue=SILENT)[0] == "joined 1"
    assert start(login, sbatch="echo 42", squeue="exit 0")[:2] == ["claimed 1", "job 42"]


def test_a_job_that_elected_itself_first_is_the_one(login: LoginNode) -> None:
    """Of two jobs of a generation, the elected one is the service's, and the other is cancelled."""
    elected = f'ln -s 40 "{folder(login)}/gen/1/elected"; echo 41'
    cancelled = f'echo "$@" >"{login.home}/cancelled"'
    assert start(login, sbatch=elected, scancel=cancelled)[1] == "job 40"
    assert (login.home / "cancelled").read_text() == "41\n"


def test_banners_are_no_answer(login: LoginNode) -> None:
    """Sites wrap sbatch in scripts: the id is the last line that is a number."""
    chatty = "echo '*** 2 warnings ***'; echo '41;cluster'; echo 'sbatch: see the help' >&2"
    assert start(login, sbatch=chatty)[1] == "job 41"


def test_a_silent_job_is_dead_though_slurm_hides_it(login: LoginNode) -> None:
    """The job of another user, which Slurm may hide, is alive while its heartbeat is young."""
    start(login)
    place = folder(login) / "gen/1"
    (place / "user").unlink()
    (place / "user").symlink_to("another")
    assert start(login, squeue=GONE)[0] == "joined 1"  # it waits
    (place / "begun").symlink_to("41")
    (place / "heartbeat").write_text("{}")
    assert start(login, squeue=GONE)[0] == "joined 1"
    grow_old(place / "heartbeat", 400)
    assert start(login, squeue=GONE)[0] == "claimed 2"


def test_a_request_to_stop_cancels_what_waits(login: LoginNode) -> None:
    """A job that has not begun must not begin any more, and is cancelled."""
    start(login)
    version = os.readlink(folder(login) / "current").removeprefix("versions/")
    tools = {
        "squeue": f"echo 'PENDING|dssr-service:demo:1:{version}'",
        "scancel": f'echo "$@" >"{login.home}/cancelled"',
    }
    assert login.run("service_request", "", "demo", "down", "0", gone=False, **tools) == "asked 1\n"
    assert (login.home / "cancelled").read_text() == "41\n"
    assert os.readlink(folder(login) / "gen/1/begun") == "abandoned"
    assert (folder(login) / "requests/1.down").exists()


def test_requests_need_a_service(login: LoginNode) -> None:
    """A request to no service, or to a generation that there is not, is an answer of its own."""
    missing = login.run("service_request", "", "demo", "down", "0")
    assert missing == f"missing {folder(login)}/gen\n"
    start(login)
    assert login.run("service_request", "", "demo", "restart", "7") == "never 7\n"


LOOKS = [
    ("service_look", "", "demo", "5", "9"),
    ("service_request", "", "demo", "restart", "0"),
    ("service_output", "", "demo", "1", "0", "9"),
    ("service_remove", "", "demo"),
]


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: words[0])
def test_a_folder_that_no_listing_has_is_missing(login: LoginNode, words: tuple[str, ...]) -> None:
    """Where the listing of a directory above lacks it, there is no such service."""
    assert login.run(*words).splitlines()[-1].startswith(f"missing {folder(login)}")
    start(login)
    folder(login).rename(folder(login).with_name("other"))
    assert login.run(*words).splitlines()[-1].startswith(f"missing {folder(login)}")


def test_a_folder_that_a_start_is_filling_is_no_service_yet(login: LoginNode) -> None:
    """A folder without a version has no service so far, so another start may go on."""
    (folder(login) / "gen").mkdir(parents=True)
    shown = login.run("service_look", "", "demo", "5", "9")
    assert shown.splitlines()[-1] == f"missing {folder(login)}/current"


@pytest.mark.parametrize("words", LOOKS, ids=lambda words: words[0])
def test_a_file_system_that_fails_shows_nothing(login: LoginNode, words: tuple[str, ...]) -> None:
    """Where no listing works, or one has the folder all the same, it is not known to be gone."""
    start(login)
    place = folder(login)
    place.rename(place.with_name("away"))
    (login.home / "bin/ls").write_text("#!/bin/sh\nexit 2\n")
    (login.home / "bin/ls").chmod(0o700)
    assert login.run(*words).splitlines()[-1].startswith(f"unread {place}")
    (login.home / "bin/ls").write_text(f"#!/bin/sh\n[ $2 = {place.parent} ] && echo demo\n")
    assert login.run(*words).splitlines()[-1].startswith(f"unread {place}")


def test_a_folder_with_a_job_is_not_removed(login: LoginNode) -> None:
    """The folder is removed when its jobs are known to be gone, and not while Slurm is silent."""
    start(login)
    assert login.run("service_remove", "", "demo", squeue=SILENT) == "alive 1\n"
    assert login.run("service_remove", "", "demo", squeue=GONE) == f"removed {folder(login)}\n"
    assert not folder(login).exists()


def test_what_is_shown_has_the_jobs_row(login: LoginNode) -> None:
    """A look shows the folder's files and links, and squeue's row; it needs one squeue."""
    start(login)
    row = "41|PENDING|0:00|N/A|Resources|N/A||dssr-service:demo:1:v"
    shown = login.run("service_look", "", "", "5", "9", squeue=login.counted(f"echo '{row}'"))
    lines = shown.splitlines()
    assert f"service {folder(login)}" in lines
    assert f"spec {CONTENTS[0]}" in lines
    assert "elected 41" in lines
    assert lines[-2:] == ["listed", f"row {row}"]
    assert login.runs == 1


def test_a_look_notes_what_its_front_uses(login: LoginNode) -> None:
    """A look of a front writes the oldest generation that the front uses into the service's
    folder; a look without a front writes nothing."""
    start(login)
    login.run("service_look", "", "demo", "5", "9", squeue=SILENT)
    assert not (folder(login) / "fronts").exists()
    for oldest in ("1", "2"):
        login.run("service_look", "", "demo", "5", "9", "laptop", oldest, squeue=SILENT)
        [note] = (folder(login) / "fronts").iterdir()
        assert (note.name, note.read_text()) == ("laptop", f"{oldest}\n")


def test_the_job_that_runs_is_shown_however_many_have_failed(login: LoginNode) -> None:
    """A look shows the generation that has not ended, behind any number of those that were never
    ready."""
    start(login)
    for number in range(2, 34):
        (folder(login) / f"gen/{number}").mkdir()
        (folder(login) / f"gen/{number}/end").write_text("refused\n")
    shown = login.run("service_look", "", "demo", "5", "9", squeue=SILENT).splitlines()
    assert "generation 1" in shown


def test_a_job_that_waits_makes_room_for_another_version(login: LoginNode) -> None:
    """Where no job has begun, nothing would obey a request to hand over: a start with other options
    has the jobs that wait cancelled, and submits anew."""
    start(login)
    cancelled = f'echo "$@" >>"{login.home}/cancelled"'
    version = os.readlink(folder(login) / "current").removeprefix("versions/")
    waits = f"echo 'PENDING|dssr-service:demo:1:{version}'"
    tools = {"sbatch": "echo 42", "squeue": waits, "scancel": cancelled}
    assert start(login, version="d2.x", **tools)[:2] == ["claimed 2", "job 42"]
    assert (login.home / "cancelled").read_text() == "41\n"
    assert (folder(login) / "gen/1/end").read_text().startswith("abandoned\n")
    assert os.readlink(folder(login) / "gen/2/version") == "versions/d2.x"


def test_a_version_that_failed_may_be_tried_again(login: LoginNode) -> None:
    """The same start once more asks for another attempt, though the newest generation has that
    version: it has failed."""
    start(login)
    (folder(login) / "gen/1/begun").symlink_to("41")
    start(login, version="d2.x")
    (folder(login) / "gen/2").mkdir()
    (folder(login) / "gen/2/version").symlink_to("versions/d2.x")
    (folder(login) / "gen/2/end").touch()
    assert start(login, version="d2.x")[:2] == ["joined 1", "handing_over 2"]
