"""What a value must be, in words."""

from typing import Any

import pytest

from dssr.http.v1.wording import name_of, requirement

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["text"],
    "examples": [{"text": "a", "count": 2, "names": ["x"], "map": {"K": "v"}}],
    "properties": {
        "text": {"type": "string", "minLength": 1},
        "count": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
        "most": {"type": "integer", "maximum": 9, "examples": [4]},
        "flag": {"type": "boolean"},
        "word": {"enum": ["red", "green"]},
        "names": {"type": "array", "items": {"type": "string"}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "form": {"pattern": "=", "description": "KEY=VALUE", "examples": ["a=b"]},
    },
}


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ((), [], 'must be a JSON object, such as {"text": "a"}; it is a list'),
        (("text",), 5, 'must be text in quotes, and not empty, such as "a"; it is 5'),
        (("count",), "2", 'must be a whole number of at least 1, such as 2; it is "2"'),
        (("most",), 10, "must be a whole number of at most 9, such as 4; it is 10"),
        (("flag",), None, "must be true or false; it is null"),
        (("word",), "Gren", "must be one of red, green; it is \"Gren\" (did you mean 'green'?)"),
        (("names",), {}, 'must be a list of texts, such as ["x"]; it is an object'),
        (("names", 7), 1, 'must be text in quotes, such as "x"; it is 1'),
        (("map",), 1, 'must be an object whose values are texts, such as {"K": "v"}; it is 1'),
        (("map", "other"), 1, 'must be text in quotes, such as "v"; it is 1'),
        (("form",), "x", 'must be KEY=VALUE, such as "a=b"; it is "x"'),
        (("text",), "x" * 100, f'such as "a"; it is "{"x" * 59}...'),
        (("nowhere",), 1, "must be another value; it is 1"),
    ],
)
def test_a_value_is_described(place: tuple[str | int, ...], value: object, words: str) -> None:
    """The sentence says what is allowed, an example, and what the value is instead."""
    assert requirement(SCHEMA, place, value, is_json=True).endswith(words)


def test_a_parameter_is_described_without_quotes() -> None:
    """A query string has no JSON: texts have no quotes there."""
    found = requirement(SCHEMA, ("most",), "x", is_json=False)
    assert found == "must be a whole number of at most 9, such as 4; it is 'x'"
    assert requirement(SCHEMA, ("text",), "", is_json=False).startswith("must be text, such as a;")


@pytest.mark.parametrize("member", ["script", "environment"])
def test_a_private_value_is_not_shown(member: str) -> None:
    """Scripts and variables may hold secrets."""
    assert "4711" not in requirement(SCHEMA, (member,), 4711, is_json=True)


def test_a_place_has_a_name() -> None:
    """Members are joined by dots, and places in lists are in brackets."""
    assert name_of(("arguments", 1)) == "arguments[1]"
    assert name_of(("environment", "A")) == "environment.A"
