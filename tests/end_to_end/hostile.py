"""Words and job scripts with hostile content, for hypothesis."""

import base64
import json
from typing import Any

from hypothesis import strategies as st

PIECES = [
    *("$(touch /home/jarvice/pwned)", "`touch /home/jarvice/pwned`"),
    *(";touch /home/jarvice/pwned;", "|tee /home/jarvice/pwned"),
    *("--wrap=touch /home/jarvice/pwned", "-o/home/jarvice/pwned", "--uid=0"),
    *("'", '"', "\\", "!!", "!$", "$HOME", "${IFS}", "*", "~", "&", ">", "<", "#", " "),
    *("../", "/../../etc/passwd", "%j", "%s%n"),
    *("{0.__class__}", "{DOWNSTREAM_PARAMETERS}", "{{", "}}"),
    *("\t", "\r", "\x0b", "\x1b[2J", "\x7f", "\x85", "\u2028", "\x81\x82\x88"),
    *("ü", "漢", "\U0001f600", "=", ",", ":", "0", "-1", "1" * 30),
]
_characters = st.characters(exclude_characters="\0\n", exclude_categories=["Cs"])
lines = st.lists(st.sampled_from(PIECES) | st.text(_characters, max_size=8), max_size=5).map(
    "".join
)
"""One line of text with what means something to shells, terminals and format strings in it."""

names = st.text("abzABZ019._@+=,-", min_size=1, max_size=30).map(lambda rest: f"h{rest}")
"""Job names at the edge of what is allowed."""

_devices = st.builds(
    str.__add__, st.sampled_from(["", "partition=", "sbatch_mail-user=", "sbatch_"]), lines
)
_VALUES: dict[str, st.SearchStrategy[str]] = {
    "JOBOBJ_USER": lines,
    "JOBOBJ_REPO": lines,
    "JOBOBJ_NAE": lines,
    "JOBOBJ_ARCH": lines,
    "JOBOBJ_LICENSES": lines,
    "JOBOBJ_WALLTIME": lines | st.sampled_from(["1", "00:01:00", "1-00", "None", "-1", "1;id"]),
    "JOBOBJ_DEVICES": st.lists(_devices, max_size=3).map(json.dumps) | lines,
    "JOBOBJ_DOCKER_SECRET": lines,
    "JOBOBJ_CTRSECRET": lines,
    "JOBOBJ_GPUS": lines | st.sampled_from(["0", "1", "99999999999999"]),
    "JOBOBJ_RAM": lines | st.sampled_from(["0", "1", "-1"]),
    "JARVICE_CPU_CORES": st.sampled_from(["1", "1", "1", "0", "$(id)", "99999"]),
}


@st.composite
def described_scripts(draw: st.DrawFn) -> str:
    """An upstream's script with hostile values in some of its lines."""
    wishes = {"JOBOBJ_INTERACTIVE": "False", "JOBOBJ_APPDEFVERSION": "2", "JARVICE_CPU_CORES": "1",
              "JOBOBJ_DEVICES": '["exclusive=False"]'}  # fmt: skip
    for key in draw(st.lists(st.sampled_from(sorted(_VALUES)), unique=True, max_size=3)):
        wishes[key] = draw(_VALUES[key])
    return "".join(f"{key}={value}\n" for key, value in wishes.items()) + draw(lines) + "\n"


plain_scripts = st.tuples(lines, lines).map(
    lambda two: f"#!/bin/sh\n#SBATCH {two[0]}\ntrue # {two[1]}\n"
)
scripts = described_scripts() | plain_scripts


def encoded(script: str) -> str:
    """The script in base64."""
    return base64.b64encode(script.encode()).decode()


def is_object(value: Any) -> bool:
    """Whether keys can be set in it."""
    return isinstance(value, dict)
