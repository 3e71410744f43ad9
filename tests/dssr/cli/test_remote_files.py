"""Files of jobs: ``dssr files``, ``get`` and ``put``."""

import os
import zipfile
from pathlib import Path

import pytest

from tests.dssr.cli.running import Dssr, Terminal, screen

MADE = r"""
mkdir -p out/deep; echo 1 > out/a.csv; echo 22 > out/b.csv; echo x > out/b.txt
echo d > out/deep/c.csv; echo top > top.csv; printf x > $'bad\033[31m\xffname'
"""


@pytest.fixture(scope="module")
def job(service: object, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A job that has made files."""
    environ = {**os.environ, "HOME": str(tmp_path_factory.mktemp("home"))}
    made = Dssr(environ | {"DSSR_URL": service.url})  # type: ignore[attr-defined]
    found = made.submit(MADE)
    assert made("wait", found).code == 0
    return found


def test_a_list(dssr: Dssr, job: str) -> None:
    """A directory is listed, its directories first, with sizes; or all files below it."""
    lines = dssr("files", job).out.splitlines()
    assert lines[0].split() == ["SIZE", "CHANGED", "PATH"]
    assert lines[1].endswith("  out/")
    assert any(line.startswith("4 B") and line.endswith("top.csv") for line in lines)
    names = dssr("files", job, "out", "-r", "--names").out.split()
    assert sorted(names) == ["out/a.csv", "out/b.csv", "out/b.txt", "out/deep/c.csv"]
    documents = dssr("files", "--json", job, "out").document["items"]
    assert [file["path"] for file in documents if file["is_directory"]] == ["out/deep"]


def test_hostile_names(user: dict[str, str], dssr: Dssr, job: str) -> None:
    """A name cannot control a terminal; a pipe gets its bytes."""
    assert "bad\x1b[31m\udcffname" in dssr("files", "--names", job).out.split("\n")
    assert "bad?[31m?name" in dssr("files", job).out
    for words in (("files", job), ("files", "--names", job), ("job", job)):
        terminal = Terminal(user, *words)
        assert terminal.end() == 0
        assert "\x1b[31m" not in terminal.shown
        assert any("bad?[31m?name" in line for line in screen(terminal.shown))


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (("out/*.csv",), ["out/a.csv", "out/b.csv"]),
        (("*.csv", "out/a.csv"), ["top.csv", "out/a.csv"]),
        (("*/*.txt",), ["out/b.txt"]),
        (("out/deep",), ["out/deep/c.csv"]),
        (("o?t/*/c.[ac]sv",), ["out/deep/c.csv"]),
        (("out/b.*", "out/b.csv"), ["out/b.csv", "out/b.txt"]),
    ],
)
def test_patterns(
    patterns: tuple[str, ...], expected: list[str], dssr: Dssr, job: str, here: Path
) -> None:
    """A '*' matches within a name; a directory means all that is in it; each file comes once."""
    done = dssr("get", job, *patterns, "--to", "got")
    assert done.code == 0
    assert done.out.split() == [f"got/{path}" for path in expected]
    made = [str(path.relative_to("got")) for path in Path("got").rglob("*") if path.is_file()]
    assert sorted(made) == sorted(expected)


def test_all_files(dssr: Dssr, job: str, here: Path) -> None:
    """Without a pattern all files are downloaded, those with strange names, too."""
    assert dssr("get", job).code == 0
    assert (here / "out/deep/c.csv").read_text() == "d\n"
    assert os.path.exists(os.fsencode(here) + b"/bad\x1b[31m\xffname")


def test_a_file_that_there_is_not(dssr: Dssr, job: str, here: Path) -> None:
    """A pattern that names no file is exit code 1, and nothing is downloaded."""
    done = dssr("get", job, "top.csv", "none/*.csv")
    assert (done.code, done.out) == (1, "")
    assert list(here.iterdir()) == []


def test_a_file_of_ones_own_stays(dssr: Dssr, job: str, here: Path) -> None:
    """A file here that differs is named, and nothing is copied, unless it may be overwritten; the
    same files again are no error."""
    (here / "out").mkdir()
    for mine in ("M\n", "MINE\n"):
        (here / "out/a.csv").write_text(mine)
        done = dssr("get", job, "top.csv", "out")
        assert (done.code, done.out) == (1, "")
        assert "out/a.csv" in done.err
        assert "--overwrite" in done.err
        assert "--to" in done.err
        assert (here / "out/a.csv").read_text() == mine
        assert [path.name for path in here.rglob("*")] == ["out", "a.csv"]
    for words in (("--overwrite",), ()):
        assert dssr("get", job, "top.csv", "out", *words).code == 0
        assert (here / "out/a.csv").read_text() == "1\n"


def test_an_archive(dssr: Dssr, job: str, here: Path) -> None:
    """--zip downloads a directory as one archive."""
    assert dssr("get", job, "out", "--zip", "all.zip").out == "all.zip\n"
    with zipfile.ZipFile(here / "all.zip") as archive:
        assert any(name.endswith("deep/c.csv") for name in archive.namelist())
    assert dssr("get", job, "out", "top.csv", "--zip", "all.zip").code == 2
    (here / "all.zip").write_text("mine")
    done = dssr("get", job, "out", "--zip", "all.zip")
    assert done.code == 1
    assert "all.zip" in done.err
    assert "--overwrite" in done.err
    assert (here / "all.zip").read_text() == "mine"
    assert dssr("get", job, "out", "--zip", "all.zip", "--overwrite").code == 0
    assert zipfile.is_zipfile(here / "all.zip")


def test_what_cannot_be_downloaded_is_said_as_it_was_asked(
    dssr: Dssr, job: str, here: Path
) -> None:
    """An error names what the user wrote: no pattern, a pattern in quotes, a directory of their
    own; and gives advice that is not followed yet."""
    empty = dssr.submit("true", "--held")
    assert "the job has no files." in dssr("get", empty).err
    assert "in quotes" not in dssr("get", job, "none*").err
    assert "Put a pattern in quotes" in dssr("get", job, "none").err
    missing = dssr("get", job, "--zip", "nosuch/x.zip").err
    assert "nosuch: " in missing
    assert ".dssr-" not in missing
    (here / "mine").touch()
    assert "'mine' is a file" in dssr("get", job, "--to", "mine").err


def test_uploads(dssr: Dssr, here: Path) -> None:
    """Files and directories are uploaded below the job's directory, and replace what is there."""
    (here / "data/sub").mkdir(parents=True)
    (here / "data/sub/x.txt").write_text("x")
    (here / "one.txt").write_text("1")
    job = dssr.submit("true", "--held")
    done = dssr("put", job, "one.txt", "data", "--to", "in")
    assert (done.code, done.out) == (0, "")
    names = dssr("files", "-r", "--names", job).out.split()
    assert sorted(names) == ["in/data/sub/x.txt", "in/one.txt"]
    (here / "one.txt").write_text("2")
    assert dssr("put", "--no-overwrite", job, "one.txt", "--to", "in").code == 1
    assert dssr("put", "--json", job, "one.txt", "--to", "in").document == {"items": ["in/one.txt"]}
    assert dssr("get", job, "in/one.txt", "--to", "back").code == 0
    assert (here / "back/in/one.txt").read_text() == "2"


def test_a_link_is_uploaded_under_its_own_name(dssr: Dssr, here: Path) -> None:
    """What a link leads to has the link's name in the job's directory, a directory, too; '.' has
    the name of the current directory."""
    (here / "versions").mkdir()
    (here / "versions/input-7.txt").write_text("seven")
    (here / "input.txt").symlink_to("versions/input-7.txt")
    (here / "current").symlink_to("versions")
    job = dssr.submit("true", "--held")
    assert dssr("put", job, "input.txt", "current").code == 0
    names = dssr("files", "-r", "--names", job).out.split()
    assert sorted(names) == ["current/input-7.txt", "input.txt"]
    assert dssr("put", job, ".", "--to", "all").code == 0
    assert "all/here/input.txt" in dssr("files", "-r", "--names", job).out.split()


def test_uploads_that_cannot_be(dssr: Dssr, here: Path) -> None:
    """A file that is missing here is an error of usage; one that is never served is refused."""
    job = dssr.submit("true", "--held")
    assert dssr("put", job, "none.txt").code == 2
    (here / "id_rsa").write_text("no key")
    done = dssr("put", job, "id_rsa")
    assert done.code in (1, 2, 3)
    assert "id_rsa" in done.err
