"""What every command has: global options, suggestions, one way to report errors."""

import json

import pytest

from dssr.client import Client
from tests.dssr.cli.running import Dssr
from tests.dssr.cli.test_main import run


@pytest.mark.parametrize("words", [("--json", "jobs"), ("jobs", "--json")], ids=" ".join)
def test_global_options_before_and_after_the_command(words: tuple[str, ...], dssr: Dssr) -> None:
    """A global option takes effect before and after the command."""
    assert dssr(*words).document["next"] is None


def test_the_last_of_two_takes_effect(dssr: Dssr, user: dict[str, str]) -> None:
    """Of a global option that is given twice, the one further right takes effect."""
    url = user["DSSR_URL"]
    assert dssr("--url", "http://127.0.0.1:1", "jobs", "--url", url).code == 0
    assert dssr("--url", url, "jobs", "--url", "http://127.0.0.1:1").code == 4


def test_a_global_option_without_effect(dssr: Dssr) -> None:
    """A global option that has no effect on a command is rejected."""
    done = dssr("--cluster", "hpc", "settings")
    assert (done.code, done.out) == (2, "")
    assert "--cluster has no effect on 'dssr settings'." in done.err
    assert dssr("--json", "man").code == 2


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("sumbit",), "Did you mean 'submit'?"),
        (("token", "nwe"), "Did you mean 'new'?"),
        (("submit", "--wiat"), "Did you mean '--wait'?"),
        (("jobs", "--state", "runing"), "Did you mean 'running'?"),
        (("jobs", "-o", "jsn"), "Did you mean 'json'?"),
        (("cluster", "node"), "Did you mean 'nodes'?"),
        (("completion", "bsh"), "Did you mean 'bash'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_did_you_mean(words: tuple[str, ...], hint: str, dssr: Dssr) -> None:
    """A misspelt command, option or value is answered with the one that is most like it."""
    done = dssr(*words)
    assert (done.code, done.out) == (2, "")
    first, usage = done.err.splitlines()
    assert first.startswith("dssr")
    assert first.endswith(hint)
    assert usage.startswith("Usage: dssr")


def test_more_of_what_is_done(user: dict[str, str]) -> None:
    """With -v, stderr says which bridge is used and why, and each request; stdout is the same. With
    -vv there is more."""
    done = run(user, "jobs", "-v", "--json")
    assert f"Using {user['DSSR_URL']}, by DSSR_URL." in done.stderr
    assert f"GET {user['DSSR_URL']}/api/v1/jobs: 200" in done.stderr
    assert "DEBUG" not in done.stderr
    assert "DEBUG" in run(user, "jobs", "-vv").stderr
    assert "items" in json.loads(done.stdout)


@pytest.mark.parametrize(("words", "code"), [(("wait",), 125), (("job",), 1), (("job", "-vv"), 1)])
def test_a_fault_of_its_own(
    words: tuple[str, ...], code: int, dssr: Dssr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error that no part expects is a sentence, with -vv the place, too, and never the exit code
    of a job."""

    def fail(*_call: object) -> None:
        raise KeyError("a\x1bword")

    monkeypatch.setattr(Client, "job", fail)
    done = dssr(*words, "some-job")
    assert (done.code, done.out) == (code, "")
    assert f"dssr {words[0]}: this is a fault of dssr itself: KeyError: 'a\\x1bword'" in done.err
    assert ("in fail" in done.err) == ("-vv" in words)
