"""The fields of the submission form -> the batch script that asks for them. Pure."""

import re
import shlex

from dssr.errors import BadRequest
from dssr.form.fields import OPTION_OF, Form, problems
from dssr.form.quoting import directive

INTERPRETER = "#!/bin/bash"
FAULTS = ("a byte-order mark", "Windows line ends (CRLF)", "old Mac line ends (CR)")
_BOM = "\ufeff"
# Interpreters that know export.
_SHELL = re.compile(r"#!\s*(?:\S*/)?(?:env\s+)?(?:ba|da|k|z)?sh(?:\s.*)?")


def script_of(form: Form) -> str:
    """The batch script: the user's command or script with the fields' directives, which take
    precedence over its own, its modules and its variables. With no field filled in, it is as the
    user wrote it. Raises ``BadRequest`` with the first field that is wrong;
    ``dssr.form.fields.problems`` names them all."""
    if found := problems(form):
        field, sentence = next(iter(found.items()))
        raise BadRequest(f"The field '{field.replace('_', ' ')}': {sentence}")
    head, body = _cut(cleaned(form.command))
    setup = setup_of(form)
    if setup and not _SHELL.fullmatch(head[0]):
        raise BadRequest(
            f"The field 'command': the script runs in {head[0][2:].strip()[:60]}, and modules and "
            f"variables need a shell: begin it with {INTERPRETER}, or leave them out."
        )
    directives = directives_of(form)
    if not directives and not setup:
        return "\n".join([*head, *body]) + "\n"
    blocks = [[*head, *directives], setup, _without_blank_ends(body)]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def cleaned(text: str) -> str:
    """The text with Unix line ends and without a byte-order mark."""
    return text.removeprefix(_BOM).replace("\r\n", "\n").replace("\r", "\n")


def faults_of(text: str) -> list[str]:
    """What ``cleaned`` takes out of a text, in words."""
    found = text.startswith(_BOM), "\r\n" in text, "\r" in text.replace("\r\n", "")
    return [words for words, is_there in zip(FAULTS, found, strict=True) if is_there]


def directives_of(form: Form) -> list[str]:
    """The ``#SBATCH`` lines. Of two the later one is valid, so the fields come last."""
    given = ((option, getattr(form, field)) for field, option in OPTION_OF.items())
    fields = [directive(option, value) for option, value in given if value]
    return [*(directive(name, value) for name, value in form.options), *fields]


def setup_of(form: Form) -> list[str]:
    """The lines that load modules and set variables."""
    return [
        *(f"module load {shlex.quote(module)}" for module in form.modules),
        *(f"export {name}={shlex.quote(value)}" for name, value in form.environment),
    ]


def _cut(command: str) -> tuple[list[str], list[str]]:
    """The interpreter and what follows it up to the last directive of the script's own; the
    rest."""
    lines = command.lstrip("\n").removesuffix("\n").split("\n")
    if not lines[0].startswith("#!"):
        lines.insert(0, INTERPRETER)
    end = 1
    for number, line in enumerate(lines[1:], 2):
        if line.strip() and not line.startswith("#"):
            break
        if line.startswith("#SBATCH"):
            end = number
    return lines[:end], lines[end:]


def _without_blank_ends(lines: list[str]) -> list[str]:
    text = "\n".join(lines).strip("\n")
    return text.split("\n") if text else []
