"""``dssr man``: pages that man can show."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dssr.cli.command_list import LINES
from dssr.cli.manual import pages
from tests.dssr.cli.running import Dssr


@pytest.fixture
def groff() -> str:
    """The program that formats manual pages."""
    return shutil.which("groff") or pytest.skip("there is no groff here")


def shown(page: str, groff: str) -> str:
    """A page as man shows it, without bold letters; it has no mistakes."""
    words = [groff, "-man", "-ww", "-Tascii", "-P-c"]
    done = subprocess.run(words, input=page, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return " ".join(re.sub(".\b", "", done.stdout).split())


@pytest.mark.parametrize("title", pages())
def test_each_page_is_well_formed(title: str, groff: str) -> None:
    """groff formats each page without a warning."""
    text = shown(pages()[title], groff)
    assert text.startswith(f"{title.upper()}(1)")
    assert f"NAME {title} - " in text


def test_a_page_says_what_the_help_says(dssr: Dssr, groff: str) -> None:
    """The page of a command has its usage, its text and its options."""
    text = shown(dssr("man", "submit").out, groff)
    assert "dssr submit [OPTIONS] SCRIPT [ARGS]..." in text
    assert "#SBATCH lines take effect" in text
    assert "--memory, --mem SIZE On each node: 500M, 4G." in text


def test_the_page_of_the_program(dssr: Dssr, groff: str) -> None:
    """The page of the program lists commands, variables, files and exit codes."""
    text = shown(dssr("man").out, groff)
    for name in LINES:
        assert f"dssr-{name} " in text
    for part in ("DSSR_TOKEN", "config.toml", "EXIT STATUS 0 done", "124 the job reached"):
        assert part in text


def test_pages_are_installed(dssr: Dssr, tmp_path: Path) -> None:
    """--install writes all pages where man looks for them."""
    done = dssr("man", "--install", str(tmp_path / "man"))
    assert (done.code, done.out) == (0, "")
    written = {path.name for path in (tmp_path / "man/man1").iterdir()}
    assert written == {f"{title}.1" for title in pages()}
    assert {"dssr.1", "dssr-submit.1", "dssr-token-new.1"} <= written


def test_no_such_page(dssr: Dssr) -> None:
    """A command that there is not is answered with the nearest one."""
    done = dssr("man", "sumbit")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'submit'?" in done.err
