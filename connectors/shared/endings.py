"""How a job failed, in words: its exit code or signal, and the line of its output that shows the
cause. Pure, for every connector.

Sources: bash(1), EXIT STATUS (126, 127, 128+n); timeout(1) and env(1) (124, 125); signal(7).
"""

import re
import signal
from collections.abc import Iterable
from dataclasses import dataclass

from connectors.shared.causes import CAUSES, Cause

LONGEST_LINE = 300  # characters of a line that is shown
_MOST_CAUSES = 2
_LOOKED_AT = 200  # lines at the end of the output
_OWN_LINES = 5  # of them, in which the bridge's own scripts report that they could not run the job
_LONGEST_READ = 4096  # characters of a line that is searched: some outputs have no newline

_LOOK = "Look at the end of its output."

_CODES = {
    1: ("a general failure, as most programs report any error", _LOOK),
    2: (
        "wrong use of a command or of shell syntax, in many programs",
        "Check the command's options and the script's syntax (bash -n SCRIPT).",
    ),
    124: (
        "timeout(1) in the script ended a command that took too long",
        "Give that command more time, or find out what it waits for.",
    ),
    125: (
        "the program that should start a command (env, timeout, a container runtime) failed itself",
        _LOOK,
    ),
    126: (
        "a command was found and cannot be executed",
        "Make it executable (chmod +x), and check that it is a program for this kind of machine.",
    ),
    127: (
        "a command, or a shared library of one, was not found",
        "Check its spelling and PATH, and load the module that brings it.",
    ),
    128: ("exit was given something that is no number", "Check the script's exit commands."),
    255: (
        "a program ended with -1, or ssh lost its connection",
        _LOOK,
    ),
}
_SIGNALS = {
    "SIGHUP": ("its terminal or connection closed", "Let the script run commands in foreground."),
    "SIGINT": ("the program was interrupted", _LOOK),
    "SIGQUIT": ("the program was asked to quit and dump core", _LOOK),
    "SIGILL": (
        "the program used an instruction that the processor does not have",
        "Build the program for the oldest processor among the nodes, or choose nodes "
        "(--constraint).",
    ),
    "SIGTRAP": ("the program reached a debugger's trap", _LOOK),
    "SIGABRT": (
        "the program aborted itself, mostly after a failed assertion or a damaged heap",
        "Look at the message before the abort.",
    ),
    "SIGBUS": (
        "the program reached memory that is not there, often a file that shrank or a full /dev/shm",
        "Check the free space of /dev/shm and of the file system, and the program.",
    ),
    "SIGFPE": ("the program made an arithmetic error, such as a division by 0", "Check its input."),
    "SIGKILL": (
        "the program was killed from outside, mostly for using more memory than it had",
        "Compare the memory that it used with what it asked for, and ask for more (--mem).",
    ),
    "SIGUSR1": ("the program got a warning signal that it does not handle", "Check --signal."),
    "SIGUSR2": ("the program got a warning signal that it does not handle", "Check --signal."),
    "SIGSEGV": (
        "the program reached memory that is not its own (segmentation fault)",
        "Run it under a debugger or with a smaller input; check its stack limit (ulimit -s).",
    ),
    "SIGPIPE": (
        "the program wrote into a pipe that nothing reads any more",
        "Check the command behind the pipe: it ended first.",
    ),
    "SIGALRM": ("a timer of its own ran out", _LOOK),
    "SIGTERM": (
        "the program was asked to end: by a cancellation, its time limit or another process",
        "See whether it was cancelled or reached its time limit.",
    ),
    "SIGXCPU": (
        "the program used more processor time than a limit allows (ulimit -t)",
        "Raise the limit, or split the work.",
    ),
    "SIGXFSZ": (
        "the program wrote a file larger than a limit allows (ulimit -f)",
        "Raise the limit, or write smaller files.",
    ),
    "SIGSYS": (
        "the program made a system call that is not allowed",
        "Check its container's rules.",
    ),
}


@dataclass(frozen=True)
class Ending:
    """One fact about how a job ended. ``line``: the line of the output that shows it, at most 300
    characters, unprintable ones replaced; empty where no line does."""

    sentence: str
    cure: str
    line: str = ""


def exit_in_words(code: int, number: int = 0) -> Ending | None:
    """For an exit code (0 to 255) and the number of a signal (0: none), as Slurm prints them
    (``code:signal``); ``None`` for 0 and 0.

    A code above 128 is read as a shell's, which reports a command's signal as 128 + its number.
    """
    if number:
        return _of_signal(number, "Signal")
    if code == 0:
        return None
    if code in _CODES:
        sentence, cure = _CODES[code]
        return Ending(f"Exit code {code}: {sentence}.", cure)
    if 128 < code <= 128 + signal.NSIG and _name(code - 128):
        return _of_signal(code - 128, f"Exit code {code} is 128 + {code - 128}, signal")
    return Ending(
        f"Exit code {code}: a code of the program's own; its documentation says what it means.",
        _LOOK,
    )


def causes_in(output: bytes) -> tuple[Ending, ...]:
    """The causes that the end of a job's output shows, the likeliest first, at most two; none when
    no line there is known.

    What the bridge's own scripts print about a job that they could not run is the cause.
    The most specific kind comes first (a full disk before the traceback that it caused). Of one
    kind the last line is taken, since a job tries again; or the first, for kinds of which one line
    is the cause and the others follow from it.
    """
    lines = _last_lines(output)
    found = {ending.line: ending for ending in _own(lines)}
    for cause in CAUSES:
        ending = _first_of(cause, _lines_for(cause, lines))
        if ending and ending.line not in found:
            found[ending.line] = ending
        if len(found) == _MOST_CAUSES:
            break
    return tuple(found.values())


def _own(lines: list[str]) -> list[Ending]:
    """What the bridge's own scripts say last: what is wrong, a colon, and what to do."""
    last = [line for line in lines if line.strip()][-_OWN_LINES:]
    said = [match for line in reversed(last) if (match := _DIAGNOSIS.match(line))]
    return [
        Ending(f"{_capital(match[1]).rstrip('.')}.", _capital(match[2] or _LOOK), shown(match[0]))
        for match in said[:1]
    ]


def _capital(text: str) -> str:
    text = shown(text)
    return text[:1].upper() + text[1:]


def _lines_for(cause: Cause, lines: list[str]) -> list[str]:
    if cause.in_traceback:
        return _end_of_traceback(lines)
    return lines if cause.first else lines[::-1]


def _end_of_traceback(lines: list[str]) -> list[str]:
    """The line of the last Python traceback that names the exception: the first that is not
    indented."""
    begins = [at for at, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    after = lines[begins[-1] + 1 :] if begins else []
    return [line for line in after if line.strip() and not line[0].isspace()][:1]


def _first_of(cause: Cause, lines: Iterable[str]) -> Ending | None:
    for line in lines:
        if match := cause.search(line):
            what = next((value for value in match.groups() if value), "")
            sentence = cause.sentence.replace("{what}", shown(what)[:100])
            return Ending(sentence, cause.cure, shown(line))
    return None


def last_line(output: bytes) -> str:
    """The last line that says something and is not the bridge's own, as it may be shown; empty
    without one."""
    lines = (line for line in reversed(_last_lines(output)) if line.strip())
    return next((shown(line) for line in lines if not line.startswith(_OWN)), "")


def shown(line: str) -> str:
    """The line as it may be shown: at most 300 characters, unprintable ones replaced by ``?``, and
    a carriage return, which explains many failures, by ``\\r``."""
    text = line.rstrip("\r\n").replace("\r", "\\r").replace("\t", " ")
    safe = "".join(c if c.isprintable() else "?" for c in text)
    return safe if len(safe) <= LONGEST_LINE else f"{safe[: LONGEST_LINE - 3]}..."


def _of_signal(number: int, what: str) -> Ending:
    name = _name(number)
    sentence, cure = _SIGNALS.get(name, ("a signal ended the program", _LOOK))
    return Ending(f"{what} {number}{f' ({name})' if name else ''}: {sentence}.", cure)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return ""


def _last_lines(output: bytes) -> list[str]:
    """Newest last, colours taken out; of a very long line only its end."""
    text = output[-256 * 1024 :].decode("utf-8", "replace")
    lines = text.split("\n")[-_LOOKED_AT:]
    return [_COLOUR.sub("", line)[-_LONGEST_READ:] for line in lines]


_TRACEBACK = "Traceback (most recent call last):"
_OWN = ("JARVICE ", "JARVICE_CMD_")
# A job that ran and did not say how it ended has another cause.
_DIAGNOSIS = re.compile(r"dssr: (?!the job script ended)(.+?)(?:: (.+))?$")
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
