"""The native executor: the job script as it is, on the node itself, without a container."""

import shlex

from dssr.job import JobSpec
from dssr.settings import Settings

_SCRIPT = '"$DSSR_JOB_DIR/script"'


class Native:
    """Runs the script by its ``#!`` line, or by bash where it has none."""

    def launch(self, spec: JobSpec, settings: Settings) -> str:
        """The exit code is the script's (127 when its interpreter is not on the node)."""
        return run_by(interpreter(spec.script, "/bin/bash") if not spec.contained else ("bash",))


def run_by(words: tuple[str, ...]) -> str:
    """The shell words that run the job script by that interpreter; the script file needs no permission to execute."""
    return f"{shlex.join(words)} {_SCRIPT}"


def interpreter(script: str, default: str) -> tuple[str, ...]:
    """The program that a script's ``#!`` line names, with its one argument if it has one (execve(2), Interpreter
    scripts: all that follows the program is a single argument); ``default`` without such a line."""
    first = script.partition("\n")[0]
    words = first.removeprefix("#!").strip().split(None, 1) if first.startswith("#!") else []
    return tuple(words) or (default,)


plugin = Native
