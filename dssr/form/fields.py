"""The fields of the submission form, and what each may hold. Pure.

A container image and input files are no fields of a script: a request has them beside it.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dssr.job import LIMIT_FORMS, NAME, time_limit

# The option of sbatch for each field, in the order of the script.
OPTION_OF = {
    "name": "job-name",
    "partition": "partition",
    "account": "account",
    "qos": "qos",
    "nodes": "nodes",
    "tasks": "ntasks",
    "cores": "cpus-per-task",
    "memory": "mem",
    "gpus": "gpus-per-node",
    "walltime": "time",
    "working_directory": "chdir",
    "mail_type": "mail-type",
    "mail_user": "mail-user",
    "dependency": "dependency",
}
FIELD_OF = {option: field for field, option in OPTION_OF.items()}
# Options that sbatch takes without a value. Any other would take the next line for its value.
_FLAGS = """
    consolidate-segments contiguous exclusive external get-user-env help hold ignore-pbs nice
    no-kill no-requeue oom-kill-step overcommit oversubscribe parsable propagate quiet reboot
    requeue resv-ports spread-job spread-segments stepmgr test-only usage use-min-nodes verbose
    version wait"""
FLAGS = frozenset(_FLAGS.split())
_COUNT = re.compile("[1-9][0-9]{0,6}")
_WORD = re.compile("[!-~]{1,1000}")
_OPTION = re.compile("[a-z][a-z0-9-]{0,60}")
_MODULE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.,/+:=@~-]{0,200}")
_VARIABLE = re.compile(r"(?!DSSR_)[A-Za-z_][A-Za-z0-9_]*")
# Characters that no value of an option may have: those that end a line, or that text has no use
# for, and halves of characters.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class Form:
    """What a user asks for, as they write it. Empty: left to the script and the scheduler."""

    command: str  # or a whole script, with directives of its own
    name: str = ""
    partition: str = ""
    account: str = ""
    qos: str = ""
    nodes: str = ""
    tasks: str = ""  # of all nodes
    cores: str = ""  # of each task; without tasks, of each node
    memory: str = ""  # of each node: 500M, 4G
    gpus: str = ""  # of each node
    walltime: str = ""
    working_directory: str = ""
    mail_type: str = ""
    mail_user: str = ""
    dependency: str = ""
    modules: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    options: tuple[tuple[str, str | None], ...] = ()  # further ones of sbatch; None: without value


def problems(form: Form) -> dict[str, str]:
    """The fields that are wrong, each with a sentence that says what would be right."""
    found = {
        field: f"{getattr(form, field)[:60]!r} {sentence}"
        for field, (is_right, sentence) in _RULES.items()
        if getattr(form, field) and not is_right(getattr(form, field))
    }
    if not re.search("[!-~]", form.command):
        found["command"] = "There is no command: write one, or a whole script."
    elif "\0" in form.command:
        found["command"] = "The script has a NUL character, which no shell script has: take it out."
    for field, check in (
        *(("modules", _modules), ("environment", _environment), ("options", _options)),
    ):
        if sentence := next(check(form), ""):
            found[field] = sentence
    return found


def _modules(form: Form) -> Iterator[str]:
    for module in form.modules:
        if not _MODULE.fullmatch(module):
            yield f"{module[:60]!r} is no name of a module: write one such as gcc/13.2."


def _environment(form: Form) -> Iterator[str]:
    for name, value in form.environment:
        if not _VARIABLE.fullmatch(name):
            yield (
                f"{name[:60]!r} is no name of a variable: use letters, digits and '_', and begin "
                "neither with a digit nor with DSSR_."
            )
        if "\0" in value:
            yield f"The value of {name[:60]} has a NUL character: take it out."


def _options(form: Form) -> Iterator[str]:
    for name, value in form.options:
        if not _OPTION.fullmatch(name):
            yield (
                f"{name[:60]!r} is no long option of sbatch: leave out the dashes before it, as in "
                "nice or mail-type."
            )
        if name in FIELD_OF:
            yield f"--{name} has a field of its own: fill in {FIELD_OF[name].replace('_', ' ')}."
        if value is None and name not in FLAGS:
            yield f"--{name[:60]} needs a value: write it, or leave the option out."
        if _UNPRINTABLE.search(value or ""):
            yield f"The value of --{name[:60]} must be one line of printable characters."


def _is_limit(text: str) -> bool:
    try:
        time_limit(text)
    except ValueError:
        return False
    return True


def _matches(pattern: str | re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text) is not None


_A_WORD = (_matches(_WORD), "is no name: write one word of ASCII characters.")
_A_COUNT = (_matches(_COUNT), "must be a whole number of 1 or more.")
_RULES: dict[str, tuple[Callable[[str], bool], str]] = {
    "name": (
        _matches(NAME),
        "cannot be a job's name: use 1 to 201 of the characters A-Z a-z 0-9 . _ @ + = , - and "
        "begin with a letter or digit.",
    ),
    **dict.fromkeys(("partition", "account", "qos"), _A_WORD),
    **dict.fromkeys(("nodes", "tasks", "cores"), _A_COUNT),
    "memory": (
        _matches("[1-9][0-9]{0,8}[KMGT]?"),
        "is no amount of memory: write 500M, 4G or 1T, with no blank.",
    ),
    "gpus": (_matches("0|[1-9][0-9]{0,6}"), "must be a whole number of 0 or more."),
    "walltime": (_is_limit, f"is no time limit: write {LIMIT_FORMS}."),
    "working_directory": (
        lambda path: path.startswith("/") and not _UNPRINTABLE.search(path),
        "is no absolute path of one line: write one such as /scratch/alice/run7.",
    ),
    "mail_type": (
        _matches("[A-Z_0-9]+(?:,[A-Z_0-9]+)*"),
        "is no list of occasions: write words such as END,FAIL.",
    ),
    "mail_user": (_matches(_WORD), "is no address: write one such as alice@example.org."),
    "dependency": (_matches(_WORD), "is no dependency: write one such as afterok:1234."),
}
