"""``dssr logs``: output as it was printed."""

import json
import subprocess
import sys

from tests.dssr.cli.running import Dssr, Terminal


def test_all_of_it_byte_for_byte(dssr: Dssr) -> None:
    """The output is printed with its bytes as written, also those that are no text."""
    job = dssr.submit("printf 'a\\xff\\x1b[1mb\\n'; echo end >&2")
    assert dssr("wait", job).code == 0
    assert dssr("logs", job).out == "a\udcff\x1b[1mb\nend\n"


def test_parts_of_it(dssr: Dssr) -> None:
    """-n begins with the last lines; -f alone with the last ten, or with the first byte."""
    job = dssr.submit("seq 20")
    assert dssr("wait", job).code == 0
    numbers = [str(n) for n in range(1, 21)]
    assert dssr("logs", job).out.split() == numbers
    assert dssr("logs", job, "-n", "2").out.split() == ["19", "20"]
    assert dssr("logs", "-f", job).out.split() == numbers[-10:]
    assert dssr("logs", "-f", "-n", "3", job).out.split() == numbers[-3:]
    assert dssr("logs", "-f", "--since-start", job).out.split() == numbers


def test_as_json(dssr: Dssr) -> None:
    """With --json the output is a document; followed, each piece and each state is one."""
    job = dssr.submit("echo one")
    assert dssr("wait", job).code == 0
    assert dssr("logs", "--json", job).document == {"offset": 0, "text": "one\n"}
    lines = [json.loads(line) for line in dssr("logs", "--json", "-f", job).out.splitlines()]
    assert {"offset": 0, "text": "one\n"} in lines
    assert lines[-1]["id"] == job


def test_before_there_is_output(user: dict[str, str], dssr: Dssr) -> None:
    """A job that has printed nothing has an empty output; a terminal says so."""
    job = dssr.submit("true", "--held")
    done = dssr("logs", job)
    assert (done.code, done.out, done.err) == (0, "", "")
    terminal = Terminal(user, "logs", job)
    assert terminal.end() == 0
    assert terminal.shown == f"Job {job} is HELD and has printed nothing.\r\n"


def test_two_places_to_begin(dssr: Dssr) -> None:
    """-n and --since-start together are an error of usage."""
    assert dssr("logs", "-n", "1", "--since-start", "1").code == 2


def test_following_on_a_terminal(user: dict[str, str], dssr: Dssr) -> None:
    """On a terminal the status is below the output and is gone at the end; Ctrl-C is 130."""
    job = dssr.submit("echo begun; sleep 600")
    terminal = Terminal(user, "logs", "-f", job)
    terminal.until(r"begun\r\n")
    terminal.until(r"RUNNING  \d+s   Ctrl-C detaches")
    terminal.press("\x03")
    assert terminal.end() == 130
    last = terminal.shown.replace("^C", "").rpartition("Ctrl-C detaches")[2]
    assert last.startswith("\r\x1b[K")
    assert f"come back:  dssr logs -f {job}" in last
    assert dssr("cancel", job).code == 0


def test_a_reader_that_has_gone(user: dict[str, str], dssr: Dssr) -> None:
    """'dssr logs | head' prints its lines and no error."""
    job = dssr.submit("seq 100000")
    assert dssr("wait", job).code == 0
    command = f"{sys.executable} -m dssr logs {job} | head -n 2; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", command], env=user, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("1\n2\n141\n", "")
