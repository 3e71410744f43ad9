"""``dssr job``: all about one job."""

import pytest

from dssr.cli.printable import width_of
from tests.dssr.cli.running import Dssr, Terminal, screen


@pytest.fixture
def ended(dssr: Dssr) -> str:
    """A job that has failed, with files."""
    script = "mkdir out; echo 1 > a.csv; head -c 50M /dev/zero | tail -c 49M >.zeros; exit 3"
    job = dssr.submit(script, "--name", "failing", "-t", "1h", "--memory", "64M", "--label", "a=b")
    assert dssr("wait", job).code == 3
    return job


def test_the_page(dssr: Dssr, ended: str) -> None:
    """The page has state, times, what was used of what was asked for, files, and why."""
    done = dssr("job", ended)
    assert (done.code, done.err) == (0, "")
    text = " ".join(done.out.split())
    assert text.startswith(f"failing FAILED exit code 3 {ended} submitted ")
    for part in (
        "started ",
        "of 1h (",
        "CPU time 0.",
        "MB of 64 MB (",
        "resources 1 node, 1 core, 64 MB memory",
        "labels a=b",
        "out/",
        "2 B a.csv",
        "Because - Exit code 3",
        "What to do",
    ):
        assert part in text, part


@pytest.mark.parametrize("columns", [40, 80])
def test_the_page_on_a_terminal(columns: int, user: dict[str, str], ended: str) -> None:
    """On a terminal the sentences are wrapped to its width."""
    terminal = Terminal(user, "job", ended, columns=columns)
    assert terminal.end() == 0
    lines = screen(terminal.shown)
    sentences = lines[lines.index("Because") :]
    assert max(map(width_of, sentences)) <= columns


def test_the_document(dssr: Dssr, ended: str) -> None:
    """With --json the page is the API's own document of the job."""
    document = dssr("job", ended, "--json").document
    assert (document["id"], document["exit_code"], document["is_final"]) == (ended, 3, True)


def test_the_script(dssr: Dssr, ended: str) -> None:
    """With --script the script is printed as it was submitted, alone."""
    assert dssr("job", ended, "--script").out.startswith("#!/bin/bash\nmkdir out;")


def test_names_and_beginnings(dssr: Dssr) -> None:
    """A job is found by its name and by the beginning of it, if that fits one job alone."""
    ids = [dssr.submit("true", "--held", "--name", name) for name in ("unlike-a", "unlike-b")]
    assert dssr("job", "--json", "unlike-a").document["id"] == ids[0]
    done = dssr("job", "unlike-")
    assert (done.code, done.out) == (1, "")
    assert all(job in done.err for job in ids)


def test_no_such_job(dssr: Dssr) -> None:
    """A job that there is not is one sentence, and exit code 1."""
    done = dssr("job", "there-is-none")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("dssr job: There is no job 'there-is-none'")
    assert dssr("job").code == 2
