"""``dssr submit``, against a bridge that is served."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dssr.cli import history
from dssr.client.session import Session
from tests.dssr.cli.running import Dssr, Terminal, home_of


def test_a_script_is_submitted(dssr: Dssr, here: Path) -> None:
    """The id alone is on stdout; the job has the file's name and the script's arguments."""
    (here / "relax.sh").write_text('#!/bin/bash\necho "$# $*"\n')
    done = dssr("submit", "relax.sh", "--steps", "3", "a b")
    assert (done.code, done.err) == (0, "")
    job = done.out.removesuffix("\n")
    assert dssr("wait", job).code == 0
    assert dssr("logs", job).out == "3 --steps 3 a b\n"
    assert dssr("job", job, "--json").document["name"] == "relax.sh"


def test_what_a_job_needs(dssr: Dssr) -> None:
    """Each option becomes the member of the request that it is meant for."""
    words = [
        "-N",
        "1",
        "-c",
        "1",
        "--memory",
        "1G",
        "--time",
        "2h",
        "--label",
        "a=b",
        "--label",
        "c=d",
        "-H",
        "--name",
        "sim",
    ]
    done = dssr("submit", *words, "--json", "-", stdin="true\n")
    job = done.document
    assert (job["name"], job["state"], job["held"]) == ("sim", "HELD", True)
    assert (job["memory_mb"], job["walltime_seconds"]) == (1024, 7200)
    assert (job["node_count"], job["cores"]) == (1, 1)
    assert job["labels"] == {"a": "b", "c": "d"}


def test_directives_name_the_job(dssr: Dssr, here: Path) -> None:
    """A name in the script takes precedence over the file's name, and --name over both."""
    (here / "run.sh").write_text("#!/bin/bash\n#SBATCH --job-name=water\ntrue\n")
    names = [
        dssr("submit", "--json", *options, "run.sh").document["name"]
        for options in ((), ("--name", "ice"))
    ]
    assert names == ["water", "ice"]


def test_variables(dssr: Dssr) -> None:
    """--env sets a variable byte for byte, or passes on the one that is set here."""
    script = 'printf "%s|%s" "$A" "$B"'
    done = dssr("submit", "--wait", "--env", "A=x =$y", "--env", "B", "-", stdin=script, B="two\n")
    assert dssr("logs", done.out.strip()).out == "x =$y|two\n"
    done = dssr("submit", "--env", "NONE", "-", stdin=script)
    assert (done.code, done.out) == (2, "")
    assert "write it as NONE=VALUE" in done.err


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_it_waits_and_exits_as_the_job_did(script: str, code: int, dssr: Dssr) -> None:
    """With --wait the id is on stdout, nothing on stderr, and the exit code is the job's."""
    done = dssr("submit", "--wait", "-", stdin=script)
    assert (done.code, done.err) == (code, "")
    assert dssr("job", "--json", done.out.strip()).document["is_final"] is True


def test_the_time_limit_is_124(dssr: Dssr) -> None:
    """A job that reaches its time limit ends the command with 124."""
    done = dssr("submit", "--wait", "-t", "1s", "-", stdin="sleep 60")
    assert done.code == 124


def test_errors_of_its_own_are_125(dssr: Dssr, here: Path) -> None:
    """With --wait or --follow each error of the command itself is 125, without them as always."""
    for words in (("--wiat", "x"), ("none.sh",), ("-N", "9", "-"), ("-t", "2x", "-")):
        assert dssr("submit", "--wait", *words, stdin="true").code == 125, words
        assert dssr("submit", "--follow", *words, stdin="true").code == 125, words
        assert dssr("submit", *words, stdin="true").code in (2, 3), words
    assert dssr("submit", "--wait", "-", stdin="true", DSSR_URL="http://127.0.0.1:1").code == 125


def test_output_is_followed(dssr: Dssr) -> None:
    """With --follow the output is on stdout, and the id and the end are on stderr."""
    done = dssr("submit", "--follow", "-", stdin="echo one; sleep 1; echo two; exit 3")
    assert (done.code, done.out) == (3, "one\ntwo\n")
    first, last = done.err.splitlines()
    assert first.startswith("Job ")
    assert "FAILED: Exit code 3" in last


def test_followed_as_json(dssr: Dssr) -> None:
    """With --follow and --json each line is a document of the API: output, or the job."""
    done = dssr("submit", "--follow", "--json", "-", stdin="echo one")
    documents = [json.loads(line) for line in done.out.splitlines()]
    assert {"offset": 0, "text": "one\n"} in documents
    assert documents[-1]["state"] == "COMPLETED"


def test_a_submission_is_examined(dssr: Dssr) -> None:
    """--check prints what would be submitted, and submits nothing."""
    before = dssr("jobs", "-o", "name", "-n", "1000").out
    done = dssr("submit", "--check", "--name", "never", "-", stdin="#!/bin/bash\necho hi\n")
    assert done.code == 0
    assert "would start" in done.out
    assert "echo hi" not in done.out
    done = dssr("submit", "--check", "-v", "-", stdin="#!/bin/bash\necho hi\n")
    assert "Batch script" in done.out
    assert "echo hi" in done.out
    found = dssr("submit", "--check", "--json", "-", stdin="echo hi").document
    expected = {"script", "batch_script", "options", "warnings", "refusal", "expected_start_at"}
    assert set(found) == expected
    done = dssr("submit", "--check", "-v", "-t", "5", "--env", "A=b c", "-", stdin="echo hi\n")
    assert "  #SBATCH --time=00:05:00\n  \n  export A='b c'\n  \n  echo hi\n" in done.out
    assert dssr("jobs", "-o", "name", "-n", "1000").out == before


def test_the_same_key_is_the_same_job(dssr: Dssr) -> None:
    """With a key, the same submission twice is one job; another one with the key is refused."""
    words = ("submit", "--key", f"key-{id(dssr)}", "--name", "once", "-")
    first, second = (dssr(*words, stdin="true").out for _ in range(2))
    assert first == second
    assert dssr(*words, stdin="false").code == 1


def test_files_before_and_after(dssr: Dssr, here: Path) -> None:
    """--copy uploads a directory before the job starts, and --fetch brings files back."""
    (here / "in/sub").mkdir(parents=True)
    (here / "in/a.txt").write_text("a")
    (here / "in/sub/b.txt").write_text("b")
    script = "mkdir out; cat a.txt sub/b.txt > out/both.csv; echo no > out/other.txt"
    done = dssr("submit", "--copy", "in", "--fetch", "out/*.csv", "-", stdin=script)
    assert (done.code, done.err) == (
        0,
        f"Job {done.out.strip()} is held until its files are there.\n",
    )
    assert (here / "out/both.csv").read_text() == "ab"
    assert not (here / "out/other.txt").exists()


def test_files_are_copied_once(dssr: Dssr, here: Path) -> None:
    """The same submission again, with its key, leaves the job alone and its files as they are."""
    (here / "in").mkdir()
    (here / "in/a.txt").write_text("a")
    words = ("submit", "--copy", "in", "--key", here.parent.name, "-")
    job = dssr(*words, stdin="sleep 2; cat a.txt").out.strip()
    (here / "in/a.txt").write_text("b")
    assert dssr(*words, stdin="sleep 2; cat a.txt").out.strip() == job
    assert dssr("wait", job).code == 0
    assert dssr("logs", job).out == "a"


def test_one_document_with_wait(dssr: Dssr) -> None:
    """With --json and --wait, the document is the final one, alone."""
    document = dssr("submit", "--json", "--wait", "-", stdin="exit 3").document
    assert (document["is_final"], document["exit_code"]) == (True, 3)


def test_a_file_that_is_never_made(dssr: Dssr, here: Path) -> None:
    """A pattern of --fetch that names no file is an error of the command's own."""
    done = dssr("submit", "--fetch", "none*", "-", stdin="true")
    assert done.code == 125
    assert "the job has no file 'none*'" in done.err
    done = dssr("submit", "--fetch", "none*", "-", stdin="exit 3")
    assert done.code == 3
    assert "the job has no file 'none*'" in done.err


def test_results_do_not_replace_a_file_that_differs(dssr: Dssr, here: Path) -> None:
    """--fetch leaves a file here as it is that differs from the job's, and names the command that
    replaces it; that the job has failed says more."""
    (here / "a").write_text("mine")
    for script, code in (("echo 1 >a", 125), ("echo 1 >a; exit 3", 3)):
        done = dssr("submit", "--fetch", "a", "-", stdin=script)
        assert done.code == code
        assert f"'dssr get --overwrite {done.out.strip()} a'" in done.err
        assert (here / "a").read_text() == "mine"


def test_the_last_job_is_remembered(dssr: Dssr, user: dict[str, str]) -> None:
    """'-' is the last job that was submitted to the same bridge."""
    assert dssr("why", "-").code == 1
    job = dssr.submit("true")
    assert dssr("job", "-", "--json").document["id"] == job
    history.add(user, "hpc", "77")
    assert dssr("job", "-", "--json").document["id"] == job
    done = dssr("why", "-", DSSR_URL="http://127.0.0.1:1")
    assert "The last one, 77, was submitted to hpc." in done.err


def test_ctrl_c_detaches(user: dict[str, str], dssr: Dssr) -> None:
    """Ctrl-C ends --follow with 125, says how to come back, and the job goes on."""
    script = "echo begun; sleep 2; echo done"
    (Path(user["HOME"]) / "job.sh").write_text(script)
    terminal = Terminal(user, "submit", "--follow", "-t", "1h", "job.sh")
    terminal.until(r"begun\r\n")
    terminal.until(r"RUNNING  \d+s of 1h \[\.{20}\]   Ctrl-C detaches")
    terminal.press("\x03")
    assert terminal.end() == 125
    assert "goes on." in terminal.shown
    assert "come back:  dssr logs -f " in terminal.shown
    assert dssr("wait", "-").code == 0
    assert dssr("logs", "-").out == "begun\ndone\n"


def test_ctrl_c_before_the_response(dssr: Dssr, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt while the submission is on its way says so, and the key that it names finds the
    job."""
    send = Session.json

    def interrupt(*call: Any, **how: Any) -> None:
        send(*call, **how)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Session, "json", interrupt)
        done = dssr("submit", "--name", "on-its-way", "-", stdin="true")
    assert (done.code, done.out) == (130, "")
    found = re.search("may have been submitted: the same command with --key ([0-9a-f-]+)", done.err)
    assert found
    words = ("submit", "--key", found[1], "--name", "on-its-way", "-")
    job = dssr(*words, stdin="true").out.strip()
    [listed] = dssr("jobs", "--name", "on-its-way", "--json").document["items"]
    assert listed["id"] == job


def test_a_bar_for_copies_on_a_terminal(user: dict[str, str]) -> None:
    """On a terminal copies show a bar, and the last line of stdout is the id."""
    home = Path(user["HOME"])
    (home / "in").mkdir()
    (home / "in/a.txt").write_text("a" * 1000)
    (home / "job.sh").write_text("cat a.txt")
    terminal = Terminal(user, "submit", "--copy", "in", "job.sh")
    assert terminal.end() == 0
    assert "100%" in terminal.shown
    assert terminal.shown.splitlines()[-1].strip().isalnum()


def test_a_script_that_is_typed(user: dict[str, str], dssr: Dssr) -> None:
    """On a terminal '-' says how to end the script."""
    terminal = Terminal(user, "submit", "-")
    terminal.until("up to Ctrl-D on a line of its own:\r\n")
    terminal.press("exit 4\n\x04")
    assert terminal.end() == 0
    assert dssr("wait", "-").code == 4


def test_options_behind_the_script(user: dict[str, str]) -> None:
    """On a terminal a note says that an option of dssr behind the script is the script's."""
    (Path(user["HOME"]) / "job.sh").write_text("true")
    terminal = Terminal(user, "submit", "job.sh", "--wait", "--steps", "3")
    assert terminal.end() == 0
    assert "Note: --wait behind the script is an argument of the script." in terminal.shown
    assert "--steps" not in terminal.shown


def test_without_a_server(tmp_path: Path) -> None:
    """Without an address or a cluster, jobs run on this machine; the next command finds them."""
    dssr = Dssr(home_of(tmp_path))
    job = dssr.submit("echo alone; exit 5")
    assert dssr("wait", job).code == 5
    assert dssr("logs", "-").out == "alone\n"
    assert dssr("jobs", "-o", "name").out == f"{job}\n"
