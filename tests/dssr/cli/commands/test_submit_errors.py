"""``dssr submit``: what cannot be submitted."""

import re
from pathlib import Path

import pytest

from tests.dssr.cli.running import Dssr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--option", "array=1-3"), "--option has 'array', which is not taken: submit one script"),
        (("--option", "time=5"), "--option has 'time': use --walltime instead."),
        (("--option", "tax=5"), "sbatch has no option --tax (of --option)"),
        (("--workdir", "here"), "--workdir is 'here': it must be an absolute path"),
        (("--label", "..=x"), "--label has '..', which is no label"),
        (("--env", "DSSR_X=1"), "--env has 'DSSR_X', which a job cannot set"),
        (("--name", "a b"), "--name 'a b' cannot be a job name"),
        (("--array", "1-3"), "There is no option '--array': submit one job for each task."),
        (("-n", "4"), "There is no option '-n': write --nodes and --cores"),
        (("-o", "out"), "the output is kept for 'dssr logs'"),
        (("--wrap", "hostname"), "write echo 'COMMAND' | dssr submit -"),
    ],
)
def test_errors_name_the_options(words: tuple[str, ...], said: str, dssr: Dssr) -> None:
    """An error of the request names the option that is wrong, and options of sbatch that are not
    taken have a hint; no error speaks of requests and members."""
    done = dssr("submit", *words, "-", stdin="true")
    assert done.code == 2
    assert said in done.err
    assert not re.search("request|member|script' ", done.err)


def test_an_empty_script(dssr: Dssr, here: Path) -> None:
    """A script without a command is an error of usage; one that looks like a file's name is none,
    because what is read is the text of a script."""
    (here / "empty.sh").touch()
    assert "The script is empty" in dssr("submit", "empty.sh").err
    (here / "run").write_text("hostname")
    (here / "hostname").touch()
    assert dssr("submit", "run").code == 0


def test_scripts_that_cannot_be_read(dssr: Dssr, here: Path) -> None:
    """A script that is missing or no text is an error of usage that names it."""
    (here / "program").write_bytes(b"\x7fELF\xff\xfe")
    for name, words in (("program", "is no text"), ("none.sh", "cannot be read: No such file")):
        done = dssr("submit", name)
        assert (done.code, done.out) == (2, "")
        assert f"{name} {words}" in done.err
