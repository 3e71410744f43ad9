"""What a job that came from a template says of it: the template's label, and its form's fields.
Pure."""

import re
import shlex
from collections.abc import Iterable, Mapping
from itertools import dropwhile, takewhile

from dssr.templates.field import mistake
from dssr.templates.template import Template

LABEL = "template"
_OF_TEMPLATE = re.compile(r".+/[a-z0-9][a-z0-9_-]{0,62}")
_OF_FILE = re.compile(r"(.+) sha256:[0-9a-f]{16}")
_LOAD = re.compile("module load '?([^\\s']+)'?")
_EXPORT = re.compile(r"export (FIELD_[A-Z0-9_]+)=(.*)")
# Fields of the form of a job of which no job keeps what it had: a variable may be a secret.
NOT_KEPT = (
    *("arguments", "environment", "options", "tasks", "mail_type", "mail_user", "dependency"),
    "exclusive",
)
Labels = Iterable[tuple[str, str]]


def template_named(labels: Labels) -> str:
    """What a job's label says about the template that it came from; empty: it came from none."""
    text = dict(labels).get(LABEL, "")
    return text if _OF_TEMPLATE.fullmatch(text) else ""


def without_origin(labels: Labels) -> Labels:
    """The labels that say nothing of a template and of the files that came with its form."""
    labels = list(labels)
    if not template_named(labels):
        return labels
    return [(name, text) for name, text in labels if name != LABEL and not _OF_FILE.fullmatch(text)]


def files_named(template: Template, labels: Labels) -> str:
    """The names that the files of a job's form had where its user has them."""
    known = dict(labels)
    fields = [one.name for one in template.fields if one.type == "file"]
    found = (_OF_FILE.fullmatch(known.get(name, "")) for name in fields)
    return ", ".join(match[1] for match in found if match)


def fields_of(template: Template, values: Mapping[str, str], script: str) -> Mapping[str, str]:
    """The fields of the template as a job has them, as far as they are known and may be so.
    ``values``: the job's, as in the form of a job."""
    variables = _variables(script)
    values = {**values, "modules": _modules(template, script)}
    known = {
        one.name: variables.get(one.variable) if one.is_own else values.get(one.name) or None
        for one in template.fields
        if one.type != "file"
    }
    return {
        one.name: value
        for one in template.fields
        if (value := known.get(one.name)) is not None and not mistake(one, value)
    }


def not_kept(template: Template) -> list[str]:
    """What the template calls those of its fields of which no job keeps what it had."""
    fields = (one for one in template.fields if one.name in NOT_KEPT and not one.locked)
    return [one.title for one in fields]


def _modules(template: Template, script: str) -> str:
    """Those that the form has loaded: its lines are before all that the template's script does."""
    found = _first_loaded(script)
    return "" if found == _first_loaded(template.script) else " ".join(found)


def _first_loaded(script: str) -> list[str]:
    """The modules of the lines with which a script begins behind its comments."""
    begun = dropwhile(lambda line: not line or line.startswith("#"), script.splitlines())
    return [match[1] for match in takewhile(bool, map(_LOAD.fullmatch, begun)) if match]


def _variables(script: str) -> Mapping[str, str]:
    """What the first lines that export the template's own fields set them to."""
    found: dict[str, str] = {}
    for line in script.splitlines():
        if match := _EXPORT.fullmatch(line):
            try:
                found.setdefault(match[1], "".join(shlex.split(match[2])))
            except ValueError:  # a line of the script's own
                continue
    return found
