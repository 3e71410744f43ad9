"""The form in which a user edits a template: its fields -> the template's document, and back. Pure.

Each field of the template is a row: ``row-N-name``, ``row-N-label`` and so on. A row without a name
is no field.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from dssr.form.writing import cleaned
from dssr.templates.field import JOB_FIELDS, Field
from dssr.templates.template import Template

TEXTS = ("name", "type", "label", "help", "default", "min", "max")
BOXES = ("required", "locked")
MOST_ROWS = 60
_SPARE = 2  # empty rows behind those that are filled in
_PARTS = (*TEXTS, *BOXES, "choices")
_ROW = re.compile("row-([0-9]{1,2})-name")
_FROM_TEMPLATE = re.compile("^template=", re.MULTILINE)
Row = Mapping[str, str]


def document_of(form: Mapping[str, str]) -> Mapping[str, Any]:
    """What the form describes, as ``template_of`` takes it. Of two rows with one name, the later
    one is left out, and ``repeated`` names it."""
    fields: dict[str, Any] = {}
    for row in rows_sent(form):
        fields.setdefault(row["name"], _described(row))
    return {
        "title": form.get("title", ""),
        "about": form.get("about", ""),
        "script": cleaned(form.get("script", "")),
        "fields": fields,
    }


def repeated(form: Mapping[str, str]) -> list[str]:
    """The names that more than one row has."""
    names = [row["name"] for row in rows_sent(form)]
    return sorted({name for name in names if names.count(name) > 1})


def rows_sent(form: Mapping[str, str]) -> list[Row]:
    """The rows that have a name, in their order."""
    numbers = sorted(int(match[1]) for name in form if (match := _ROW.fullmatch(name)))
    rows = [
        {part: cleaned(form.get(f"row-{number}-{part}", "")).strip() for part in _PARTS}
        for number in numbers[:MOST_ROWS]
    ]
    return [row | {"type": JOB_FIELDS.get(row["name"], row["type"])} for row in rows if row["name"]]


def rows_of(template: Template) -> list[Row]:
    """The rows of a template's fields."""
    return [_row(field) for field in template.fields]


def with_spare(rows: Sequence[Row]) -> list[Row]:
    """The same, and some empty ones."""
    return [*rows, *({} for _ in range(min(_SPARE, MOST_ROWS - len(rows))))]


def fields_of_job(values: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields of a template that asks for what the form of a job has. The labels that a job has
    from a template are that job's alone."""
    if _FROM_TEMPLATE.search(values.get("labels", "")):
        values = {**values, "labels": ""}
    return tuple(
        Field(name=name, type=kind, default=_default(kind, cleaned(values[name]).strip()))
        for name, kind in JOB_FIELDS.items()
        if name != "name" and values.get(name, "").strip()
    )


def _default(kind: str, value: str) -> str:
    return "true" if kind == "flag" else value


def _row(field: Field) -> Row:
    texts = {name: getattr(field, name) for name in TEXTS}
    boxes = {name: "true" if getattr(field, name) else "" for name in BOXES}
    return texts | boxes | {"choices": "\n".join(field.choices)}


def _described(row: Row) -> Mapping[str, Any]:
    members: dict[str, Any] = {name: row[name] for name in TEXTS if name != "name" and row[name]}
    members |= {name: "true" for name in BOXES if row[name]}
    if choices := [line.strip() for line in row["choices"].splitlines() if line.strip()]:
        members["choices"] = choices
    if row["name"] in JOB_FIELDS:
        members.pop("type", None)
    return members
