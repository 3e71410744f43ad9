"""A batch script -> the fields of the submission form that ask for the same. Pure."""

import re
import shlex
from typing import Any

from dssr.errors import BadRequest
from dssr.form.fields import FIELD_OF, SHORT, Form, problems
from dssr.form.quoting import option_in
from dssr.form.writing import INTERPRETER, cleaned

_VALUED = {**SHORT, **{option: option for option in FIELD_OF}}
_MODULE = re.compile("module load (\\S+)")
_EXPORT = re.compile("export ([A-Za-z_][A-Za-z0-9_]*)=(.*)")


def form_of(script: str) -> Form:
    """The form whose script asks for the same.

    Raises ``BadRequest`` with the line that says something else, or more, than one field can: then
    the script is to be edited as a text.
    """
    lines = cleaned(script)[0].split("\n")
    options, kept, rest = _directives(lines)
    fields: dict[str, Any] = {}
    further: dict[str, str | None] = {}
    for name, value in options:
        if name in FIELD_OF and value is not None:
            fields[FIELD_OF[name]] = value
        else:
            further.pop(name, None)
            further[name] = value
    modules, environment, body = _setup(rest)
    if kept and kept[0] == INTERPRETER:
        kept = kept[1:]
    form = Form(
        command="\n".join([*kept, *body]).strip("\n"),
        modules=tuple(modules),
        environment=tuple(environment),
        options=tuple(further.items()),
        **fields,
    )
    if found := problems(form):
        field, sentence = next(iter(found.items()))
        raise BadRequest(f"The script does not fit the form, at its {field}: {sentence}")
    return form


def _directives(lines: list[str]) -> tuple[list[tuple[str, str | None]], list[str], list[str]]:
    """The options, the lines between them, and the lines behind the last one."""
    options, kept, end = [], [], 0
    between: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            break
        if line.startswith("#SLURM"):
            raise BadRequest(_unread(number, f"{line[:60]!r} is not one option with its value"))
        if line.startswith("#SBATCH"):
            try:
                options.append(option_in(line, _VALUED))
            except ValueError as error:
                raise BadRequest(_unread(number, str(error))) from error
            kept += between
            between, end = [], number
        else:
            between.append(line)
    if not end and lines[0].startswith("#!"):
        kept, end = lines[:1], 1
    return options, kept, lines[end:]


def _unread(number: int, why: str) -> str:
    return f"The script does not fit the form: line {number}, {why}. Edit it as a text."


def _setup(lines: list[str]) -> tuple[list[str], list[tuple[str, str]], list[str]]:
    """The modules and variables that the first block of lines sets as the form writes them, and
    the other lines."""
    modules: list[str] = []
    environment: list[tuple[str, str]] = []
    at = 1 if lines[:1] == [""] else 0
    for line in lines[at:]:
        if (match := _MODULE.fullmatch(line)) and not environment:
            modules.append(match[1])
        elif (match := _EXPORT.fullmatch(line)) and (value := _value(match[2])) is not None:
            environment.append((match[1], value))
        else:
            break
        at += 1
    return modules, environment, lines[at:]


def _value(text: str) -> str | None:
    """The value, if the form writes it as this text."""
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    return words[0] if len(words) == 1 and shlex.quote(words[0]) == text else None
