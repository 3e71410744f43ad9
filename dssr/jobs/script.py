"""The script of a request, as it was meant. Pure."""

import re

from dssr.errors import BadRequest, TooLarge
from dssr.job import NAME

LONGEST = 4 * 1024 * 1024  # bytes
_BOM = "\ufeff"
_JOB_NAME = re.compile(r"\s(?:--job-name(?:=|\s+)|-J\s*)(\S+)")


def name_in(script: str) -> str:
    """The job's name by the last ``#SBATCH`` line that names it; empty where there is none that a
    job can have. As sbatch does, it reads the lines up to the first command."""
    found = ""
    for line in script.splitlines():
        if line.strip() and not line.startswith("#"):
            break
        if line.startswith("#SBATCH") and (match := _JOB_NAME.search(line)):
            found = match[1].strip("'\"")
    return found if NAME.fullmatch(found) else ""


def normalised(script: str) -> str:
    """The script as a batch script on Linux: without a byte-order mark, with Unix line ends, a
    ``#!`` line and a newline at its end. Raises ``BadRequest`` for what no shell can run, and
    ``TooLarge``."""
    text = script.removeprefix(_BOM).replace("\r\n", "\n")
    if not re.search("[!-~]", text):
        raise BadRequest("'script' is empty: send the text of a batch script.")
    if "\0" in text:
        raise BadRequest("'script' has a NUL character, which no shell script has: take it out.")
    has_interpreter = text.lstrip().startswith("#!")
    text = text.lstrip() if has_interpreter else f"#!/bin/bash\n{text}"
    if not text.endswith("\n"):
        text += "\n"
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST:
        raise TooLarge(
            f"'script' is larger than the {LONGEST >> 20} MB that a job script may have: keep its "
            "data in a file on the cluster."
        )
    return text
