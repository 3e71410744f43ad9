"""What a service is started with, as the command line has it."""

import re
from pathlib import Path
from typing import Any

import click
import pytest

from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.cli.service_options import WithSbatchWords, members, of_address, of_login, of_spec
from dssr.errors import BadRequest
from dssr.service import ServiceSpec


def given(script: Path, *words: str) -> tuple[dict[str, Any], Invocation]:
    """The members that a command line gives, which a service can have, and the call."""
    found: dict[str, Any] = {}

    def callback(**options: Any) -> None:
        found.update(members("demo", script, (), options))

    command = WithSbatchWords("up", callback=callback, params=[*of_spec(), *of_login()])
    invocation = Invocation({"HERE": "value"})
    command.main(list(words), "up", standalone_mode=False, obj=invocation)
    ServiceSpec.of(found)
    return found, invocation


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A directory with a script."""
    (tmp_path / "service.sh").write_text("exec run\n")
    return tmp_path


def test_what_is_not_given_is_left_to_the_service(script: Path) -> None:
    """Without options there are the name and the script alone."""
    found, _ = given(script)
    assert ServiceSpec.of(found) == ServiceSpec(name="demo", script="exec run\n")


def test_options_become_members(script: Path) -> None:
    """Times are in seconds, an empty health path is one, and words behind -- are sbatch's."""
    words = "--walltime 2h --health= --no-overlap --port-range 2000-3000 --env HERE --retries 0"
    found, _ = given(script, *words.split(), "--", "-p", "gpu", "--exclusive")
    assert found["walltime"] == 7200
    assert (found["health"], found["overlap"], found["retries"]) == ("", False, 0)
    assert (found["ports"], found["environment"]) == ((2000, 3000), (("HERE", "value"),))
    assert found["options"] == (("partition", "gpu"), ("exclusive", ""))


def test_the_login_is_for_the_connection(script: Path) -> None:
    """Jump host and user are no part of the service: they say how to log in."""
    found, invocation = given(script, "--jump", "me@gate", "--user", "ada")
    assert set(found) == {"name", "script", "arguments", "options", "environment"}
    assert invocation.environ["JARVICE_SLURM_SSH_JUMP"] == "me@gate"
    assert invocation.environ["JARVICE_SLURM_SSH_USER"] == "ada"


def test_what_is_no_script_is_refused(tmp_path: Path) -> None:
    """A directory without a script, and a program that is no text, are named."""
    with pytest.raises(Failure, match=r"has none of service\.sh"):
        given(tmp_path)
    (tmp_path / "run").write_bytes(b"\xff\xfe")
    with pytest.raises(Failure, match="is it a program"):
        given(tmp_path / "run")


def test_a_range_that_is_none_is_refused(script: Path) -> None:
    """A range of ports is written with a hyphen."""
    with pytest.raises(click.BadParameter, match="20000-20100"):
        given(script, "--port-range", "2000")


@pytest.mark.parametrize(("text", "seconds"), [("1", 1), ("10s", 10), ("60", 60), ("1m", 60)])
def test_a_heartbeat_is_in_seconds(script: Path, text: str, seconds: int) -> None:
    """A number alone is seconds: a heartbeat of more than a minute there is not."""
    found, _ = given(script, "--heartbeat", text)
    assert found["heartbeat"] == seconds


def test_a_heartbeat_of_minutes_is_refused(script: Path) -> None:
    """The error says what a heartbeat can be."""
    with pytest.raises(Failure, match="must be between 1 and 60, not 120"):
        given(script, "--heartbeat", "2m")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ("--local-port", "99999"),
            "'99999' must be a whole number, at most 65535",
        ),
        (("--walltime", "30s"), "'30s' is too short: it must be 60 seconds or more"),
    ],
)
def test_a_number_that_no_service_can_have(words: tuple[str, str], said: str) -> None:
    """It is a wrong use of that option, which the error names, before anything is done."""
    command = WithSbatchWords("up", params=[*of_spec(), *of_address()])
    with pytest.raises(click.UsageError, match=re.escape(said)) as error:
        command.main(list(words), "up", standalone_mode=False, obj=Invocation({}))
    assert words[0] in error.value.format_message()


def test_a_name_that_no_service_can_have(script: Path) -> None:
    """What is given is examined before anything is done: the error says which names there are."""
    with click.Context(click.Command("up")), pytest.raises(BadRequest, match="a-z 0-9 and -"):
        members("Bad_Name", script, (), {})
