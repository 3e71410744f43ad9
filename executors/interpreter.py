"""What runs a script: the interpreter that its first line names. Pure."""

import shlex
from collections.abc import Sequence


def interpreter(script: str, default: str) -> tuple[str, ...]:
    """The program that a script's ``#!`` line names, with its one argument if it has one
    (execve(2), Interpreter scripts: all that follows the program is a single argument); ``default``
    without such a line."""
    first = script.partition("\n")[0]
    words = first.removeprefix("#!").strip().split(None, 1) if first.startswith("#!") else []
    return tuple(words) or (default,)


def run_script(script: str, default: str = "/bin/bash", arguments: Sequence[str] = ()) -> str:
    """Bash text that runs ``$DSSR_JOB_DIR/script``, whose text this is, with these arguments, by
    its interpreter, which takes the shell's place. The file needs no permission to execute, and its
    file system may be mounted noexec.

    Exit code 127 and a sentence with the node when the node does not have the interpreter.
    """
    words = interpreter(script, default)
    needed = shlex.join((words[0], *_found_by_env(words)))
    return f"""for dssr_program in {needed}; do
    command -v -- "$dssr_program" >/dev/null || {{
        echo "dssr: the interpreter $dssr_program of the script's first line is not on" \\
            "$(uname -n): install it there, or name another one." >&2
        exit 127
    }}
done
exec {shlex.join(words)} {script_words(arguments)}"""


def script_words(arguments: Sequence[str]) -> str:
    """The job's script and its arguments, as words of a shell command."""
    return " ".join(['"$DSSR_JOB_DIR/script"', *map(shlex.quote, arguments)])


def _found_by_env(words: tuple[str, ...]) -> list[str]:
    """The program that env(1) is asked for: its one argument, or with -S the first word of it that
    is neither an option nor an assignment."""
    if not words[0].endswith("/env") or len(words) < 2:
        return []
    argument = words[1]
    if not argument.startswith("-"):
        return [argument]
    _, split, rest = argument.partition("S")
    return [word for word in rest.split() if split and word[0] != "-" and "=" not in word][:1]
