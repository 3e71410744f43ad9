"""A template: a form for one kind of job, and the text that describes it. Pure.

The text is YAML whose scalars are read as they are written: ``01:30:00`` is no number of seconds
here, and ``no`` is a word.
"""

import difflib
import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from dssr.errors import BadRequest, DssrError
from dssr.form.fields import Form
from dssr.form.writing import INTERPRETER, script_of
from dssr.templates.field import JOB_FIELDS, NAME, OWN_TYPES, Field, mistake

LARGEST = 1024 * 1024  # bytes of a text
_MOST_FIELDS = 60
_MEMBERS = ("title", "about", "fields", "script")
MEMBERS_OF_FIELD = (
    *("type", "label", "help", "default", "choices", "min", "max", "required", "locked"),
)
_TEXTS = ("label", "help", "default", "min", "max")
_FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_BOUNDED = ("integer", "number", "memory", "time")
_USED = re.compile(r"\bFIELD_[A-Z0-9_]+")

_SET = re.compile(r"\b(FIELD_[A-Z0-9_]+)=")  # by the script itself


class BadTemplate(DssrError):
    """A text describes no template. ``sentences``: what is wrong with it."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(" ".join(sentences))
        self.sentences = sentences


@dataclass(frozen=True, kw_only=True)
class Template:
    """A form for one kind of job. ``script``: its own fields are variables of it."""

    title: str
    script: str
    about: str = ""
    fields: tuple[Field, ...] = ()

    @property
    def has_files(self) -> bool:
        """Whether a user sends files with it."""
        return any(field.type == "file" for field in self.fields)


def read(text: str) -> Template:
    """The template that a text describes. Raises ``BadTemplate``."""
    return template_of(document_in(text))


def document_in(text: str) -> Mapping[str, Any]:
    """The text as a mapping, whose scalars are strings. Raises ``BadTemplate``."""
    try:
        found = yaml.load(text, _Strings)  # noqa: S506 - it makes strings, lists and mappings alone
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"Line {mark.line + 1}" if mark else "The file"
        raise BadTemplate(f"{where} is no YAML: {error.problem or error.context}.") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadTemplate("The file is no YAML: it has characters that no text has.") from error
    if not isinstance(found, dict) or not all(isinstance(name, str) for name in found):
        raise BadTemplate("The file must have the members title, about, fields and script.")
    return found


def template_of(document: Mapping[str, Any]) -> Template:
    """The template of a document. Raises ``BadTemplate`` with a sentence for each mistake."""
    sentences = [*_unknown(document, _MEMBERS, "member"), *_not_texts(document)]
    described = document.get("fields") or {}
    if not isinstance(described, dict) or len(described) > _MOST_FIELDS:
        sentences.append(f"'fields' must be at most {_MOST_FIELDS} fields, by their names.")
        described = {}
    fields = []
    for name, given in described.items():
        if mistakes := list(_mistakes_of_field(name, given)):
            sentences += mistakes
        else:
            fields.append(_field(name, given or {}))
    if sentences:
        raise BadTemplate(*sentences)
    script = document["script"]
    found = Template(
        title=_in_one_line(document["title"]),
        about=_in_one_line(document.get("about", "")),
        fields=tuple(fields),
        script=script,
    )
    if mistakes := list(_mistakes(found)):
        raise BadTemplate(*mistakes)
    return found


def text_of(template: Template, **more: str) -> str:
    """The text that describes a template. ``more``: members that are no part of it."""
    fields = {field.name: _members_of(field) for field in template.fields}
    document: dict[str, Any] = {"title": template.title, "about": template.about}
    document |= {"fields": fields, "script": template.script, **more}
    written: str = yaml.dump(
        {name: value for name, value in document.items() if value},
        Dumper=_Texts,
        sort_keys=False,
        allow_unicode=True,
        width=10_000,
    )
    return written


def _members_of(field: Field) -> dict[str, Any]:
    members: dict[str, Any] = {
        "type": field.type if field.is_own and field.type != "text" else "",
        "choices": list(field.choices),
        "required": "true" if field.required else "",
        "locked": "true" if field.locked else "",
    }
    members |= {name: getattr(field, name) for name in _TEXTS}
    return {name: members[name] for name in MEMBERS_OF_FIELD if members[name]}


def _field(name: str, given: Mapping[str, Any]) -> Field:
    own = given.get("type", "text")
    kind = JOB_FIELDS.get(name, own)
    texts = {key: given[key] for key in _TEXTS if key in given}
    texts |= {key: _in_one_line(texts[key]) for key in ("label", "help") if key in texts}
    if kind == "flag" and "default" in texts:
        texts["default"] = "true" if _FLAGS.get(texts["default"].lower()) else ""
    return Field(
        name=name,
        type=kind,
        choices=tuple(given.get("choices") or ()),
        required=_FLAGS[given.get("required", "no").lower()],
        locked=_FLAGS[given.get("locked", "no").lower()],
        **texts,
    )


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _unknown(given: Mapping[str, Any], known: Sequence[str], kind: str) -> Iterator[str]:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name)[:60], known, 1)
            meant = f" (is it {near[0]!r}?)" if near else ""
            yield f"There is no {kind} {str(name)[:60]!r}{meant}: there are {', '.join(known)}."


def _not_texts(document: Mapping[str, Any]) -> Iterator[str]:
    for name in ("title", "script"):
        if not isinstance(document.get(name), str) or not document[name].strip():
            yield f"'{name}' is missing: write a text."
    if not isinstance(document.get("about", ""), str):
        yield "'about' must be a text."


def _mistakes_of_field(name: object, given: Any) -> Iterator[str]:
    """What is wrong with the description of a field, before it is one."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        yield (
            f"A field is called {str(name)[:60]!r}: use the letters a to z, digits and '_', and "
            "begin with a letter."
        )
        return
    if not isinstance(given or {}, dict):
        yield f"The field '{name}' must have members such as default or label."
        return
    members: Mapping[str, Any] = given or {}
    yield from (
        f"The field '{name}': {one}" for one in _unknown(members, MEMBERS_OF_FIELD, "member")
    )
    for member, value in members.items():
        if member in MEMBERS_OF_FIELD and not _fits(member, value):
            yield f"The field '{name}': {_RIGHT.get(member, f'{member!r} must be a text.')}"
    if name in JOB_FIELDS and members.get("type", JOB_FIELDS[name]) != JOB_FIELDS[name]:
        yield (
            f"The field '{name}' is one of every job, and its type {JOB_FIELDS[name]}: leave out "
            "'type'."
        )
    elif name not in JOB_FIELDS and members.get("type", "text") not in OWN_TYPES:
        yield f"The field '{name}': 'type' must be one of {', '.join(OWN_TYPES)}."


_RIGHT = {
    "choices": "'choices' must be a list of words, such as [fast, exact].",
    "required": "'required' must be true or false.",
    "locked": "'locked' must be true or false.",
}


def _fits(member: str, value: object) -> bool:
    if member == "choices":
        return isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if member in ("required", "locked"):
        return isinstance(value, str) and value.lower() in _FLAGS
    return isinstance(value, str)


def _mistakes(template: Template) -> Iterator[str]:
    """What is wrong with a template whose parts are right."""
    for field in template.fields:
        yield from (f"The field '{field.name}': {one}" for one in _contradictions(field))
    if template.has_files:
        yield from no_chosen_directory(template)
    own = [field for field in template.fields if field.is_own]
    known = {field.variable for field in own} | set(_SET.findall(template.script))
    for name in dict.fromkeys(_USED.findall(template.script)):
        if name not in known and not name.endswith("_"):
            yield f"The script uses {name}, and there is no field {name[6:].lower()!r}."
    try:
        script_of(Form(command=template.script, environment=tuple((f.variable, "") for f in own)))
    except BadRequest:
        yield (
            "The script must be one of a shell, because its fields are variables of a shell: begin "
            f"it with {INTERPRETER}."
        )


def no_chosen_directory(template: Template) -> Iterator[str]:
    """What is wrong with a template whose jobs get files: two jobs in one directory would get each
    other's."""
    if any(field.name == "working_directory" for field in template.fields):
        yield "Its files need a directory of the job's own: leave out 'working_directory'."


def _contradictions(field: Field) -> Iterator[str]:
    """What of a field cannot be."""
    if (field.min or field.max) and field.type not in _BOUNDED:
        yield "only numbers, memory and time have 'min' and 'max'."
        return
    free = replace(field, locked=False, required=False, min="", max="", choices=())
    bounded = replace(free, min=field.min, max=field.max)
    for member in ("min", "max"):
        if wrong := mistake(free, getattr(field, member)):
            yield f"'{member}': {wrong}"
            return
    if field.min and mistake(replace(free, max=field.max), field.min):
        yield f"'min' is {field.min} and 'max' is {field.max}: no value fits."
    elif wrong := next(filter(None, (mistake(bounded, one) for one in field.choices)), ""):
        yield f"'choices': {wrong}"
    elif field.default and (wrong := mistake(replace(field, locked=False), field.default)):
        yield f"'default': {wrong}"
    if field.type == "file" and (field.default or field.choices or field.locked):
        yield "a file has no default and no choices, and cannot be locked."
    if field.locked and field.required and not field.default:
        yield "it is locked and required, and has no default."


class _Strings(yaml.BaseLoader):
    """Reads all scalars as strings, and no name twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """The mapping. Raises ``yaml.MarkedYAMLError`` for a name that it has twice."""
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if again := next((name for name in names if names.count(name) > 1), None):
            raise yaml.constructor.ConstructorError(
                None, None, f"{again!r} is there twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


class _Texts(yaml.SafeDumper):
    """Writes texts of several lines as blocks, which people can read."""


def _as_block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Texts.add_representer(str, _as_block)
