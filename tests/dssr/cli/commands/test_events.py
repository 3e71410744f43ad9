"""``dssr events``: each change of a job's state."""

import json
import subprocess
import sys
from collections.abc import Iterable

import pytest

from tests.dssr.cli.running import Dssr


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["lines", "json"])
def test_what_happens(form: tuple[str, ...], user: dict[str, str], dssr: Dssr) -> None:
    """Each change is a line at once; --after=0 begins with all final states."""
    old = dssr.submit("true")
    assert dssr("wait", old).code == 0
    words = [sys.executable, "-m", "dssr", "events", "--after", "0", *form]
    with subprocess.Popen(words, env=user, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        _read_to(process.stdout, (old, "COMPLETED"), form)
        _read_to(process.stdout, (dssr.submit("exit 1"), "FAILED"), form)
        process.terminate()


def _read_to(lines: Iterable[str], wanted: tuple[str, str], form: tuple[str, ...]) -> None:
    assert wanted in (_next(line, form) for line in lines)


def _next(line: str, form: tuple[str, ...]) -> tuple[str, str]:
    """A job and its state."""
    if form:
        event = json.loads(line)
        assert (event["id"] is not None) == event["job"]["is_final"]
        return event["job"]["id"], event["job"]["state"]
    words = line.split()
    state = next(word for word in words if word.isupper() and len(word) > 3)
    return words[words.index(state) + 1], state
