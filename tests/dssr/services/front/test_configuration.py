"""The configuration of a front."""

from typing import Any

import pytest

from dssr.errors import SettingsError
from dssr.services.front.configuration import Configuration
from dssr.services.front.health import Check, Tolerance

LEAST = {"name": "demo", "folder": "/run/demo"}


def test_a_name_and_a_folder_are_enough() -> None:
    """All else has a default: HTTP, a free port of both loopback addresses, this user alone."""
    how = Configuration.parse(LEAST)
    assert (how.http, how.port, how.bind, how.admit) == (True, 0, ("127.0.0.1", "::1"), "user")
    assert how.tolerances[Check.PORT] == Tolerance(3, 5)


def test_one_tolerance_can_be_set() -> None:
    """A tolerance that is set leaves the others as they are."""
    how = Configuration.parse({**LEAST, "tolerances": {"path": [2, 0.5]}})
    assert how.tolerances[Check.PATH] == Tolerance(2, 0.5)
    assert how.tolerances[Check.JOB] == Tolerance(1, 0)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ([], "The configuration is not a JSON object."),
        ({"name": "demo"}, "'folder' is missing."),
        ({**LEAST, "nmae": 1}, "'nmae' is not known: remove it."),
        ({**LEAST, "name": "a.b"}, "'name' must be a name of letters a to z, digits and hyphens."),
        ({**LEAST, "folder": "run"}, "'folder' must be an absolute path."),
        ({**LEAST, "port": 70000}, "'port' must be a whole number from 0 to 65535."),
        ({**LEAST, "port": True}, "'port' must be a whole number from 0 to 65535."),
        ({**LEAST, "hold": -1}, "'hold' must be from 0 to 86400."),
        ({**LEAST, "hold": "long"}, "'hold' must be a number."),
        ({**LEAST, "path": "health"}, "'path' must be a path that begins with /."),
        ({**LEAST, "path": "/a\r\nB: c"}, "'path' must be a path that begins with /."),
        ({**LEAST, "http": 1}, "'http' must be true or false."),
        ({**LEAST, "names": "a"}, "'names' must be a list of texts."),
        ({**LEAST, "admit": "all"}, "'admit' must be user or token."),
        (
            {**LEAST, "token": "short"},
            "'token' must be 16 characters at least: letters, digits, - _ . ~.",
        ),
        (
            {**LEAST, "tolerances": {"prt": [1, 1]}},
            "'tolerances' must be an object with any of job, host, port, path.",
        ),
        (
            {**LEAST, "tolerances": {"port": [1]}},
            "'tolerances' must have [failures, seconds] for port.",
        ),
        (
            {**LEAST, "admit": "token", "http": False},
            "'admit' is token, which only 'http' can check: let it be user.",
        ),
    ],
)
def test_problems_are_sentences(given: Any, problem: str) -> None:
    """What is wrong with a configuration is said in one sentence each, before anything opens."""
    with pytest.raises(SettingsError) as raised:
        Configuration.parse(given)
    assert raised.value.problems == (problem,)


def test_secrets_are_not_shown() -> None:
    """The token and the settings of the forwards are in no text about the configuration."""
    how = Configuration.parse(
        {**LEAST, "token": "t" * 16, "forward_settings": {"identity": "/secret"}}
    )
    assert "tttt" not in repr(how)
    assert "/secret" not in repr(how)
