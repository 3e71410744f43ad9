"""The texts around a job that every connector needs. Pure: text in, text out.

When a job starts, its directory holds ``script`` (the job script), ``secrets`` (its credentials,
mode 600) and, unless it is a plain batch script, ``step`` (what runs once on each node). The shell
that runs these texts has exported ``DSSR_JOB_DIR`` and ``DSSR_WORK_DIR``. They need bash, tr, fold,
tee and awk on a node.
"""

import shlex

from connectors.shared import interactive
from dssr.job import JobSpec

COMPLETED_LINE = "JARVICE Job completed OK"
FAILED_LINE = "JARVICE Job failed, investigate logs"
# With /bin/echo before it, the word is no marker: this line may be printed into any output.
_NO_MARKER = (
    "dssr: the job script ended with exit code $step_rc and did not print whether it succeeded: "
    "have it print that as its last act, /bin/echo JARVICE_CMD_SUCCESS or "
    "/bin/echo JARVICE_CMD_FAILURE."
)


def missing_interpreter(program: str, node: str) -> str:
    """The line in the output of a job whose script names a program that the node does not have."""
    return (
        f"dssr: the interpreter {program} of the script's first line is not on {node}: "
        "install it there, or name another one."
    )


def secrets_text(spec: JobSpec) -> str:
    """The file ``secrets``: shell exports of the job's credentials, sourced only on the node."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in spec.secrets)


def step_text(spec: JobSpec, launch: str, mapping: str) -> str:
    """The file ``step``, run once on each node: ``mapping`` (exports that turn the scheduler's
    environment into neutral names), the ports of an interactive job, the job's parameters and
    credentials, and ``launch``, the executor's text."""
    # A script that had the placeholder holds its parameters: commands in them must not run twice.
    parameters = "" if spec.contained else spec.parameters
    ports = interactive.claim(spec) if spec.interactive else ""
    return f"#!/bin/bash\n{mapping}\n{ports}{parameters}\n{SECRETS}\n{launch}\n"


# Exports the variables of the file "secrets".
# The file is gone when an operator requeues a job that had ended; many jobs need none.
SECRETS = '[ ! -e "$DSSR_JOB_DIR/secrets" ] || . "$DSSR_JOB_DIR/secrets" || exit 1'


def judged(command: str) -> str:
    """Bash lines that run ``command``, pass on what it prints, and set ``rc`` to 0 or 1 by the
    marker in its output.

    stdout must be open for appending, since tee opens it again. Afterwards ``step_rc`` is the
    command's own exit code and ``marker`` is success, failure or none. Output of any size, and
    lines of any length, cost a constant few kB: no line is held.
    """
    return f"""{_SCANNER}
exec 3>&1
verdict=$(
    {{ {command} ; }} </dev/null 2>&1 | tee -a /dev/fd/3 | dssr_scan
    echo "${{PIPESTATUS[0]}}"
)
read -r marker step_rc <<<"${{verdict//$'\\n'/ }}"
if [ "$marker" = success ]; then
    rc=0; echo {shlex.quote(COMPLETED_LINE)}
else
    [ "$marker" != none ] || echo "{_NO_MARKER}"
    rc=1; echo {shlex.quote(FAILED_LINE)}
fi"""


# tr and fold cut the stream into blocks of 4096 bytes, with \001 where a line ended, so that awk
# never holds more than a block. A word across two blocks is found through the last 64 bytes that
# are carried over: 64 is more than the longest text that is looked for (30) with what must not be
# before it (10). A match is valid only if it ends behind what was carried over: otherwise a traced
# command could be seen a second time with its beginning cut off.
_SCANNER = r"""dssr_scan() {
    LC_ALL=C tr '\000\001\n' '  \001' | LC_ALL=C fold -b -w 4096 | LC_ALL=C awk '
    function line_ends() {
        if (!gotty) { if (ok) success = 1; if (bad) failure = 1 }
        gotty = ok = bad = 0
    }
    function look(text, start,    at, from, word) {
        if (at = last(text, "GoTTY is starting with command")) if (start + at + 29 > old) gotty = 1
        for (from = 1; at = index(substr(text, from), "JARVICE_CMD_"); from += at) {
            if (start + from + at + 17 <= old) continue
            if (substr(text, from + at - 11, 10) == "/bin/echo ") continue
            word = substr(text, from + at + 11, 7)
            if (word == "SUCCESS") ok = 1
            if (word == "FAILURE") bad = 1
        }
    }
    function last(text, what,    at, found, rest) {
        for (rest = text; at = index(rest, what); rest = substr(rest, at + 1)) found += at
        return found
    }
    {
        text = carried $0; old = length(carried); carried = substr(text, length(text) - 63)
        if (!index(text, "JARVICE_CMD_") && !index(text, "GoTTY is starting")) {
            if (index(substr(text, old + 1), "\001")) line_ends()
            next
        }
        for (start = 0; at = index(substr(text, start + 1), "\001"); start += at) {
            look(substr(text, start + 1, at - 1), start)
            if (start + at > old) line_ends()
        }
        look(substr(text, start + 1), start)
    }
    END { line_ends(); print success ? "success" : failure ? "failure" : "none" }'
}"""
