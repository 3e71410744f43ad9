"""The handbook's page about the Python client, followed as a reader does."""

import doctest
import os
import re
from pathlib import Path

import pytest

import dssr.client
from dssr.client.request import JobOptions
from tests.docs.markdown import handbook
from tests.end_to_end.service import Service

PAGE = handbook("python-client")


@pytest.mark.parametrize("way", ["served", "in process"])
def test_every_example_is_as_shown(
    way: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The examples print what the page shows, with a bridge that is served and without one."""
    for name in [name for name in os.environ if name.startswith(("DSSR_", "JARVICE_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    if way == "served":
        bridge: Service = request.getfixturevalue("bridge")
        monkeypatch.setenv("DSSR_URL", bridge.url)
    text = "\n".join(block.text for block in PAGE.blocks("pycon"))
    examples = doctest.DocTestParser().get_doctest(text, {}, way, PAGE.name, 0)
    printed: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    result = runner.run(examples, out=printed.append)
    assert (result.failed, result.attempted > 15) == (0, True), "".join(printed)


def test_all_arguments_of_submit_are_shown() -> None:
    """The table of arguments has those that the client has."""
    rows = re.findall(r"^\| (`.*?) \|", PAGE.section("Submitting"), re.MULTILINE)
    shown = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(shown) == sorted(JobOptions.__annotations__)


def test_all_errors_are_shown() -> None:
    """The table of errors has all classes of the package, but for the one that they all are."""
    rows = re.findall(r"^\| (`.*?) \|", PAGE.section("Errors"), re.MULTILINE)
    shown = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted([*shown, "Client", "ClientError", "Job"]) == sorted(dssr.client.__all__)
