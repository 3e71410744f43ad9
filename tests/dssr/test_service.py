"""What a service asks for."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.service import ServiceSpec

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@given(
    name=NAMES,
    script=TEXTS.map(lambda text: f"x{text}"),
    arguments=st.lists(TEXTS).map(tuple),
    environment=st.lists(st.tuples(st.just("KEY"), TEXTS)).map(tuple),
    retries=st.integers(0, 100),
    drain=st.none() | st.integers(0, 1000),
    ports=st.none() | st.just((2000, 3000)),
    overlap=st.booleans(),
)
def test_a_specification_survives_its_json(**members: Any) -> None:
    """What is kept with the service is what was asked for."""
    spec = ServiceSpec(**members)
    text = spec.to_json()
    assert "\n" not in text
    assert ServiceSpec.from_json(text) == spec


def test_defaults_are_left_out_of_the_json() -> None:
    """A kept specification has only what was asked for, so that new defaults reach old services."""
    assert ServiceSpec("demo", "serve").to_json() == '{"name": "demo", "script": "serve"}'


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"name": "Demo"}, "part of its address"),
        ({"name": "-demo"}, "part of its address"),
        ({"name": "a" * 64}, "part of its address"),
        ({"name": "demo\n"}, "part of its address"),
        ({"script": " \n"}, "empty"),
        ({"script": "a\0b"}, "NUL"),
        ({"arguments": ["a\0b"]}, "NUL"),
        ({"health": "health"}, "such as /health"),
        ({"health": "/a b"}, "such as /health"),
        ({"path": "/a\r\nHost: x"}, "such as /health"),
        ({"walltime": 59}, "between 60"),
        ({"heartbeat": 0}, "between 1 and 60"),
        ({"heartbeat": 61}, "between 1 and 60"),
        ({"retries": -1}, "between 0 and 100"),
        ({"ports": [80, 90]}, "range of ports"),
        ({"ports": [3000, 2000]}, "range of ports"),
        ({"port_pattern": "a\nb"}, "one line"),
        ({"team": "crew"}, "needs 'directory'"),
        ({"team": "a/b", "directory": "/x"}, "name of a group"),
        ({"directory": "relative"}, "absolute path"),
        ({"working_directory": "/a\nb"}, "absolute path"),
        ({"environment": [["A B", "1"]]}, "cannot set 'A B'"),
        ({"environment": [["DSSR_PORT", "1"]]}, "cannot set 'DSSR_PORT'"),
        ({"walltime": "60"}, "a whole number or null"),
        ({"retries": True}, "a whole number"),
        ({"overlap": 1}, "true or false"),
        ({"arguments": "one"}, "a list of texts"),
        ({"environment": {"A": "1"}}, "a list of pairs"),
        ({"ports": [1]}, "a pair of whole numbers"),
        ({"colour": "red"}, "no 'colour'"),
    ],
)
def test_what_cannot_be_meant_is_refused(members: dict[str, Any], words: str) -> None:
    """Each mistake has a sentence with the name of the member."""
    with pytest.raises(BadRequest, match=words):
        ServiceSpec.of({"name": "demo", "script": "serve", **members})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": "demo"}', "{'name'}", "null"])
def test_a_text_that_is_no_specification_is_refused(text: str) -> None:
    """A kept specification that was damaged is an error with a sentence, and no other error."""
    with pytest.raises(BadRequest):
        ServiceSpec.from_json(text)
