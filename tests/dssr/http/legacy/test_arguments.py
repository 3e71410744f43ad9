"""Reading arguments: each function returns a checked value or raises ``BadRequest``."""

import string
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dssr.errors import BadRequest
from dssr.http.legacy import arguments
from dssr.http.legacy.body import Arguments

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=50),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=9), inner, max_size=3)
    ),
    max_leaves=8,
)
GETTERS: dict[str, Callable[[Any], Any]] = {
    "name": arguments.name,
    "number": arguments.number,
    "jobid": arguments.job_id,
    "nodes": arguments.nodes,
    "held": arguments.held,
    "bearer": arguments.bearer,
    "hpc_script": arguments.scripts,
    "path": lambda value: arguments.path({"path": value}),
    "details": lambda value: arguments.details({"details": value}),
    "qs": lambda value: arguments.query(Arguments({"qs": value})),
    "host": lambda value: arguments.host_and_status(Arguments({"host": value, "status": True})),
    "status": lambda value: arguments.host_and_status(Arguments({"host": "h", "status": value})),
}


def refusal(getter: Callable[[Any], Any], value: Any) -> str:
    """What a function says against a value; empty when it accepts it."""
    try:
        getter(value)
    except BadRequest as error:
        return error.message
    return ""


@pytest.mark.parametrize("key", GETTERS)
@settings(deadline=None)
@given(value=JSON)
def test_any_value_is_accepted_or_refused_in_one_line(key: str, value: Any) -> None:
    """A refusal names the argument, and nothing else is raised."""
    message = refusal(GETTERS[key], value)
    assert message == "" or f"'{key}'" in message
    assert len(message) < 600


@settings(deadline=None)
@given(value=JSON)
def test_tail_always_knows_how_many_lines(value: Any) -> None:
    """The number is from 1 to 100000, whatever was sent."""
    assert 1 <= arguments.lines({"lines": value}) <= arguments.MAX_LINES


@pytest.mark.parametrize("value", [0, 1, "0", "007", 10**18 - 1, "9" * 18])
def test_a_number_may_be_a_string_of_digits(value: Any) -> None:
    """A number has at most 18 digits, so that it fits everywhere."""
    assert arguments.number(value) == int(value)


@pytest.mark.parametrize(
    "value", ["1²", "１", "1_0", "+1", "1 ", "1\n", True, 1.0, 10**18, "9" * 19]
)
def test_other_numbers_are_refused(value: Any) -> None:
    """Digits other than 0 to 9 are refused in numbers."""
    with pytest.raises(BadRequest, match="'number'"):
        arguments.number(value)
    with pytest.raises(BadRequest, match="'jobid'"):
        arguments.job_id(value)


def test_a_script_named_by_hostile_text_is_shown_harmless() -> None:
    """The executor's name is quoted and cut in the answer."""
    with pytest.raises(BadRequest) as caught:
        arguments.scripts({"x\n" * 500: 1})
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 250


@pytest.mark.parametrize(
    ("encoded", "cure"),
    [
        ("!!!!", "encode the script with 'base64 -w0'"),
        ("YWJj YWJj", "send the field with 'curl --data-urlencode'"),
        ("YWJ", "send all that 'base64 -w0' prints"),
        ("//4=", "save it as UTF-8"),
        ("AAAA", "send the script's text in base64"),
        ("A" * (arguments.MAX_SCRIPT * 3 // 2 + 1), "keep its data in a file on the cluster"),
    ],
    ids=["character", "blank", "incomplete", "bytes", "NUL", "large"],
)
def test_a_script_that_cannot_be_read_gets_the_cure(encoded: str, cure: str) -> None:
    """Each error about an encoded script names the executor and says what to do."""
    with pytest.raises(BadRequest) as caught:
        arguments.scripts({"native": encoded})
    assert caught.value.message.startswith("'hpc_script' for 'native'")
    assert cure in caught.value.message


def test_a_missing_argument_is_not_a_null() -> None:
    """The error distinguishes a missing argument from a null."""
    with pytest.raises(BadRequest, match="'a' is missing"):
        Arguments({})["a"]
    with pytest.raises(BadRequest, match="'a' is null"):
        Arguments({"a": None})["a"]


@settings(max_examples=300)
@given(st.text() | st.integers() | st.floats() | st.text("0123456789٣３-+_., \n", max_size=20))
def test_an_id_or_a_number_is_digits_alone(value: Any) -> None:
    """An id or a number is digits alone, so that no command takes it for two ids, an option or a
    range."""
    for read in (arguments.job_id, arguments.number):
        try:
            passed = str(read(value))
        except BadRequest:
            continue
        assert passed.isascii()
        assert passed.isdigit()
        assert len(passed) <= 18


@settings(max_examples=300)
@given(st.text(max_size=220) | st.text("az09._@+=,-/%;$( \n", max_size=20))
def test_a_name_is_one_word(value: str) -> None:
    """A name has no blank, slash or character that a shell or Slurm expands, and no first dash."""
    try:
        passed = arguments.name(value)
    except BadRequest:
        return
    assert set(passed) <= set(string.ascii_letters + string.digits + "._@+=,-")
    assert passed[0] in string.ascii_letters + string.digits


@pytest.mark.parametrize(
    ("getter", "value", "message"),
    [
        (
            arguments.nodes,
            "1",
            "'nodes' must be a whole number from 1 to 100000, and it is the string '1'.",
        ),
        (arguments.nodes, 0, "'nodes' must be a whole number from 1 to 100000, and it is 0."),
        (arguments.nodes, True, "'nodes' must be a whole number from 1 to 100000, and it is true."),
        (arguments.held, "", "'held' must be true or false, and it is empty."),
        (GETTERS["path"], None, "'path' is missing from 'qs': this call needs it."),
        (GETTERS["path"], 5, "'path' must be a string, and it is a number."),
        (
            GETTERS["hpc_script"],
            {"native": 1},
            "'hpc_script' for 'native' must be a string, and it is a number.",
        ),
    ],
)
def test_errors_say_what_was_sent(getter: Callable[[Any], Any], value: Any, message: str) -> None:
    """The error shows what was sent, and distinguishes a string of digits from a number."""
    assert refusal(getter, value) == message


def test_a_single_value_means_a_list_of_it() -> None:
    """A single value is taken as a list of it, because some callers do not parse query strings."""
    for path in ("/home", ["/home"], ["/home", "/other"]):
        assert arguments.path({"path": path}) == "/home"
    assert [arguments.lines({"lines": lines}) for lines in ("5", 5, ["5"], [5])] == [5] * 4
    assert [arguments.details({"details": details}) for details in ("true", ["true"], "false")] == [
        True,
        True,
        False,
    ]
