"""The ``#SBATCH`` lines of a batch script, read as sbatch reads them. Pure.

How sbatch cuts a line into words is in Slurm's src/sbatch/opt.c (``_get_argument``,
``_opt_batch_script``), what it refuses as a script in src/sbatch/sbatch.c
(``_get_script_buffer``); the tests ask the real ones.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from connectors.shared import options
from connectors.shared.options import Option, Word
from dssr.errors import BadRequest
from dssr.job import JobSpec

_BLANKS = " \t\n\v\f\r"  # isspace(3) in the C locale
_MAGIC = ("#SBATCH", "#SLURM")
# What sbatch takes for options of other schedulers, anywhere in the script (--ignore-pbs).
_FOREIGN = re.compile(r"#(?:PBS|BSUB)(?=.*\S)")
_NEXT_WORD = re.compile(f"[{_BLANKS}]*[^{_BLANKS}]")
_BOM, _DOS = "\ufeff", "\r\n"


def options_of(spec: JobSpec, more: Collection[str] = ()) -> list[Option]:
    """What a job says to the scheduler: a plain script by its directives, any other by its
    ``sbatch_*`` pseudo-devices; a job that ends by its exit code by its directives and its
    request's options, which come last. Raises ``BadRequest``; ``more`` is that of
    ``options.read``."""
    if spec.by_exit_code:
        asked = options.of_devices(spec.options, more, "in 'options' of the request")
        return read(spec.script, more, _first_line(spec)) + asked
    return read(spec.script, more) if spec.plain else options.of_devices(spec.options, more)


def output_notice(found: Sequence[Option], output: str) -> str:
    """The sentence about options that ask for another place than ``output``, which the bridge has
    chosen; empty without any."""
    elsewhere = [option.shown for option in found if option.name in ("output", "error")]
    if not elsewhere:
        return ""
    return f"dssr: {', '.join(elsewhere)} has no effect: the job's output is in {output}."


def read(script: str, more: Collection[str] = (), first: int = 1) -> list[Option]:
    """The options that the script's directives set, in their order; of two the later one is
    valid.

    A script with neither a ``#!`` line nor a directive sets none. Raises ``BadRequest`` with the
    line and the cure for what sbatch refuses, and for what would run otherwise than under sbatch.
    ``first``: the number of the script's first line.
    """
    _check_form(script)
    found = options.read(list(_words(script, first)), more)
    if not any(option.name == "ignore-pbs" for option in found):
        _refuse_foreign(script, first)
    return found


def _first_line(spec: JobSpec) -> int:
    """The number of the script's first line in the script as its user wrote it; 0: it is none of
    theirs."""
    written = spec.original.removeprefix(_BOM) or spec.script
    text = written.lstrip()
    return written[: len(written) - len(text)].count("\n") + 1 if text.startswith("#!") else 0


def _check_form(script: str) -> None:
    """Raise ``BadRequest`` for a text that is no batch script to sbatch, or that no interpreter can
    run."""
    if not script.strip(_BLANKS):
        raise BadRequest("The script is empty: it has no line with a command.")
    if script.startswith(_BOM):
        raise BadRequest(
            "Line 1 of the script begins with a byte-order mark, so that its #! is not seen: "
            "remove the mark with sed -i '1s/^\\xEF\\xBB\\xBF//'."
        )
    if "\0" in script:
        number = _line_of(script, script.index("\0"))
        raise BadRequest(f"Line {number} of the script has a NUL character: take it out.")
    if _DOS in script:
        number = _line_of(script, script.index(_DOS))
        raise BadRequest(
            f"Line {number} of the script has DOS line breaks (CR LF), which sbatch refuses: "
            "convert them with sed -i 's/\\r$//'."
        )
    for number, line in enumerate(script.rstrip("\n").split("\n"), 1):
        if "\r" in line and (number == 1 or _is_comment(line)):
            raise BadRequest(
                f"Line {number} of the script has carriage returns (CR), which end no line on "
                "Linux: convert the DOS or Mac line breaks with sed -i 's/\\r/\\n/g'."
            )
        if not _is_comment(line):
            break
    if not script.startswith("#!"):
        _refuse_late_interpreter(script)


def _refuse_late_interpreter(script: str) -> None:
    """The script does not begin with ``#!``: then nothing in it may look as if sbatch would read
    it. Raises ``BadRequest`` for a ``#!`` in its head and for a directive anywhere."""
    in_head = True
    for number, line in enumerate(script.split("\n"), 1):
        text = line.strip(_BLANKS)
        if text.startswith("#SBATCH") or (in_head and text.startswith("#!")):
            raise BadRequest(
                f"Line {number} of the script is {line[:60]!r}, and the script does not begin with "
                "#!: sbatch refuses it. Make '#!/bin/bash' (or another interpreter) the first "
                "line, with no blank and no empty line before it."
            )
        in_head = in_head and _is_comment(line)


def _words(script: str, first: int) -> Iterator[Word]:
    """The words of all directives before the first command."""
    for number, line in enumerate(script.split("\n"), first):
        magic = next((magic for magic in _MAGIC if line.startswith(magic)), None)
        if magic is not None:
            for text in _split(line[len(magic) :], number):
                if text in ("hetjob", "packjob"):
                    raise BadRequest(
                        f"Line {number} of the script, {line[:60]!r}: heterogeneous jobs are not "
                        "run by this bridge: submit one job each."
                    )
                yield Word(text, number)
        elif not _is_comment(line):
            return


def _split(text: str, number: int) -> Iterator[str]:
    """The words of one line. Quotes of both kinds group and may be inside a word, a backslash
    escapes also between quotes, an unquoted ``#`` ends the line even inside a word, and so does a
    word that is empty."""
    at = 0
    while match := _NEXT_WORD.match(text, at):
        if match[0].endswith(":"):
            raise BadRequest(
                f"Line {number} of the script, at {text[match.end() - 1 :][:40]!r}: a word cannot "
                "begin with ':', which separates heterogeneous jobs: submit one job each."
            )
        word, at = _word(text, match.end() - 1, number)
        if not word:
            return
        yield word


def _word(text: str, start: int, number: int) -> tuple[str, int]:
    """The word of ``text`` that begins at ``start``, and where it ends."""
    word: list[str] = []
    quote, at = "", start
    while at < len(text) and (quote or text[at] not in _BLANKS):
        character = text[at]
        at += 1
        if character == "\\":
            word.append(text[at : at + 1])
            at += 1
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
        elif not quote and character == "#":
            return "".join(word), len(text)
        else:
            word.append(character)
    if quote:
        raise BadRequest(
            f"Line {number} of the script, at {text[start:][:60]!r}: the quote {quote} is not "
            "closed."
        )
    return "".join(word), at


def _refuse_foreign(script: str, first: int) -> None:
    for number, line in enumerate(script.split("\n"), first):
        if _FOREIGN.match(line):
            raise BadRequest(
                f"Line {number} of the script, {line[:60]!r}, is an option for another scheduler, "
                "which sbatch translates and this bridge does not: write it as an #SBATCH line, or "
                "add the line '#SBATCH --ignore-pbs' if it is to have no effect."
            )


def _is_comment(line: str) -> bool:
    text = line.strip(_BLANKS)
    return not text or text.startswith("#")


def _line_of(script: str, at: int) -> int:
    return script.count("\n", 0, at) + 1
