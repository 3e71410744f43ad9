"""What a value must be, in words, by the schema that documents it. Pure."""

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]
Place = Sequence[str | int]  # of a value in an object: names of members, numbers in lists
_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a JSON object",
}
_PRIVATE = ("script", "environment")  # members whose values no error repeats
_MOST_SHOWN = 60  # characters of a value


def name_of(place: Place) -> str:
    """What people call the place, such as ``environment.A`` or ``arguments[1]``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return "".join(parts).removeprefix(".")[:80]


def requirement(schema: Schema, place: Place, value: object, *, is_json: bool) -> str:
    """What the value at this place must be, with an example, and what it is instead.

    ``schema``: of the object that it is in; ``is_json``: whether that came as JSON, or else as a
    query string.
    """
    part = _part(schema, place)
    given = "" if place[:1] and place[0] in _PRIVATE else _shown(value, is_json)
    example = _example(schema, part, place, is_json)
    return (
        f"must be {_kind(part, is_json)}"
        f"{f', such as {example}' if example else ''}"
        f"{f'; it is {given}' if given else ''}{_nearest(part, value)}"
    )


def _part(schema: Schema, place: Place) -> Schema:
    """The schema of the value at that place."""
    for step in place:
        if isinstance(step, int):
            schema = schema.get("items", {})
        else:
            schema = schema.get("properties", {}).get(step) or schema.get(
                "additionalProperties", {}
            )
        # What may be left out is null for the model; people leave it out.
        for kind in schema.get("anyOf", ()):
            schema = {**schema, **kind} if kind != {"type": "null"} else schema
    return schema


def _kind(part: Schema, is_json: bool) -> str:
    if "enum" in part:
        return f"one of {', '.join(map(str, part['enum']))}"
    if "pattern" in part and "examples" in part:  # a form of its own
        return str(part["description"])
    kind = str(part.get("type", ""))
    if kind in ("integer", "number"):
        return f"{_KINDS[kind]}{_range(part)}"
    if kind == "string" and is_json:
        return f"text in quotes{', and not empty' if part.get('minLength') else ''}"
    if kind == "array":
        return f"a list of {_several(part.get('items', {}))}"
    if kind == "object" and part.get("additionalProperties"):
        return f"an object whose values are {_several(part['additionalProperties'])}"
    return _KINDS.get(kind, "another value")


def _several(part: Schema) -> str:
    return "texts" if part.get("type") == "string" else "values"


def _range(part: Schema) -> str:
    least, most = part.get("minimum"), part.get("maximum")
    if least is None:
        return "" if most is None else f" of at most {most}"
    return f" of at least {least}" if most is None else f" from {least} to {most}"


def _example(schema: Schema, part: Schema, place: Place, is_json: bool) -> str:
    """A value that would do; empty where none is documented."""
    whole: Mapping[str, Any] = next(iter(schema.get("examples", ())), {})
    if not place:
        example: Any = {name: whole[name] for name in schema.get("required", ())} or whole
    elif "examples" in part:
        example = part["examples"][0]
    else:
        example = _inside(whole, place)
    if example is None:
        return ""
    return json.dumps(example) if is_json else str(example)


def _inside(example: Any, place: Place) -> Any:
    """The part of an example at that place; where it has another name, its first value."""
    for depth, step in enumerate(place):
        if isinstance(step, int):
            example = example[min(step, len(example) - 1)] if example else None
        elif step in (example or {}):
            example = example[step]
        else:
            example = next(iter(example.values()), None) if depth and example else None
    return example


def _shown(value: object, is_json: bool) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    shown = json.dumps(value, default=str) if is_json else repr(value)
    return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."


def _nearest(part: Schema, value: object) -> str:
    words = [word for word in part.get("enum", ()) if isinstance(word, str)]
    by_case = {word.lower(): word for word in words}
    near = difflib.get_close_matches(str(value).lower(), by_case, 1, 0.6)
    return f" (did you mean {by_case[near[0]]!r}?)" if near else ""
