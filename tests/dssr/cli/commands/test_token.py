"""``dssr token``, as an operator types it."""

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint, verify


@pytest.fixture
def path(tmp_path: Path) -> str:
    """The path of the file of tokens."""
    return str(tmp_path / "tokens")


def dssr(*words: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run ``dssr token``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JARVICE_", "WAITRESS_"))}
    command = [sys.executable, "-m", "dssr", "token", *words]
    return subprocess.run(
        command, env=kept | environ, capture_output=True, text=True, timeout=60, check=False
    )


def test_a_new_token_is_printed_once_and_nothing_else_on_stdout(path: str) -> None:
    """A script can read the token from stdout; the file, with mode 600, has only its hash."""
    done = dssr("new", "ci", "--scope", "submit", "--days", "30", JARVICE_SCHED_TOKENS_FILE=path)
    assert done.returncode == 0
    text = done.stdout.removesuffix("\n")
    assert re.fullmatch(r"dssr_ci_[A-Za-z0-9_-]{43}", text)
    assert "shown this once" in done.stderr
    assert text not in done.stderr
    token = token_file.read(path)["ci"]
    assert (token.scope, token.expires - token.made) == (Scope.SUBMIT, 30 * 86400)
    assert verify(text, token)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_the_list_shows_all_and_no_secret(path: str) -> None:
    """The table is sorted by name, with scope, time of creation and of expiry."""
    for name, scope, made, days in (("old", Scope.ADMIN, 0, 1), ("dash", Scope.READ, 86400, None)):
        token_file.add(path, mint(name, scope, made, days)[0])
    done = dssr("list", "--file", path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "NAME  SCOPE  MADE                  EXPIRES\n"
        "dash  read   1970-01-02T00:00:00Z  never\n"
        "old   admin  1970-01-01T00:00:00Z  1970-01-02T00:00:00Z EXPIRED\n"
    )


def test_a_token_is_revoked(path: str) -> None:
    """After the last token was revoked, the list says how to make one."""
    token_file.add(path, mint("ci", Scope.READ, 0, None)[0])
    assert dssr("revoke", "ci", "--file", path).returncode == 0
    assert token_file.read(path) == {}
    done = dssr("list", "--file", path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "dssr token new" in done.stderr


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("new", "ci", "--scope", "read"), 2, "There is a token 'ci' already"),
        (("new", "a b", "--scope", "read"), 2, "'a b' is no name for a token"),
        (("revoke", "nobody"), 1, "There is no token 'nobody'"),
        (("revoke", "x\n" * 50), 1, "There is no token 'x\\nx"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    words: tuple[str, ...], code: int, message: str, path: str
) -> None:
    """The error is on stderr, the exit code is 2 for a name that cannot be given and 1 for one that
    is not there, and the file is unchanged."""
    token_file.add(path, mint("ci", Scope.READ, 0, None)[0])
    before = Path(path).read_bytes()
    done = dssr(*words, "--file", path)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(f"dssr token {words[0]}: {message}")
    assert done.stderr.count("\n") == 1
    assert Path(path).read_bytes() == before


@pytest.mark.parametrize("words", [("list",), ("new", "x", "--scope", "read"), ("revoke", "x")])
def test_without_a_file_it_says_which_setting(words: tuple[str, ...]) -> None:
    """Without a file the error names the setting and the option."""
    done = dssr(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert "JARVICE_SCHED_TOKENS_FILE" in done.stderr
    assert "--file" in done.stderr


def test_a_broken_file_is_not_overwritten(path: str) -> None:
    """A broken file is left as it is, so that it can be repaired."""
    Path(path).write_text("{")
    for words in (("list",), ("new", "x", "--scope", "read"), ("revoke", "x")):
        done = dssr(*words, "--file", path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "is not as 'dssr token new' writes it" in done.stderr
    assert Path(path).read_text() == "{"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("new",),
        ("new", "x"),
        ("new", "x", "--scope", "root"),
        ("new", "x", "--scope", "none"),
        ("revoke",),
    ]
    + [
        ("new", "x", "--scope", "read", "--days", days)
        for days in ("0", "-1", "x", "1.5", "99999999999999999999", "²")
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(words: tuple[str, ...], path: str) -> None:
    """Wrong usage prints the usage on stderr, ends with exit code 2 and creates no file."""
    done = dssr(*words, JARVICE_SCHED_TOKENS_FILE=path)
    assert done.returncode == 2
    assert "Usage: dssr token" in done.stderr
    assert not os.path.exists(path)
