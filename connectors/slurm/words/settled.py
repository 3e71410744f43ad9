"""What the program ``settle`` prints about several jobs -> the evidence for each. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.slurm.words.commands import UNKNOWN_JOB
from connectors.slurm.words.evidence import Evidence
from connectors.slurm.words.journal import Ending
from dssr.errors import Unavailable


@dataclass(frozen=True)
class Found:
    """What was found about one job. ``final``: the final answer that was recorded before."""

    directory: str
    evidence: Evidence | None  # None: its record cannot be read at the moment
    final: Ending | None
    output_bytes: int | None


def read(text: str) -> Sequence[Found]:
    """One for each job of the answer."""
    head, *parts = text.split("\njob ")
    common: dict[str, list[str]] = defaultdict(list)
    for line in head.split("\n"):
        word, _, value = line.partition(" ")
        common[word].append(value)
    return [_found(part, common) for part in parts]


def _found(part: str, common: Mapping[str, Sequence[str]]) -> Found:
    directory, *rows = part.split("\n")
    lines: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        word, _, value = row.partition(" ")
        lines[word].append(value)
    batch = lines["batch"][0] if lines["batch"] else ""
    lines["squeue"] = _listed(common, batch)
    lines["sacct"] = _accounted(common, (lines.pop("id", None) or [""])[0])
    for word in ("now", "accounting"):
        lines[word] = list(common.get(word, ()))
    size = lines.pop("size", [""])[0]
    return Found(
        directory,
        _evidence(lines),
        _ending(lines.get("final", [])),
        int(size) if size.isdecimal() else None,
    )


def _listed(common: Mapping[str, Sequence[str]], batch: str) -> list[str]:
    """squeue's lines about the job with this batch script: its row; its error where it failed;
    nothing where it answered and does not list the job."""
    lines = common.get("squeue", ())
    rows = [line for line in lines if f"|{batch}" in line]
    if rows:
        return rows
    has_answered = common.get("listing", [""])[0] == "0"
    if has_answered or any(UNKNOWN_JOB in line for line in lines):
        errors = [line for line in lines if "error:" in line and UNKNOWN_JOB not in line]
        return errors if errors and not has_answered else []
    return [line for line in lines if "|" not in line] or ["squeue has no answer in time"]


def _accounted(common: Mapping[str, Sequence[str]], native_id: str) -> list[str]:
    """sacct's rows of the job and its steps, and what is no row: an error."""
    rows = ((line.partition("|"), line) for line in common.get("sacct", ()))
    return [line for (id, bar, _), line in rows if not bar or id.partition(".")[0] == native_id]


def _evidence(lines: Mapping[str, Sequence[str]]) -> Evidence | None:
    try:
        return Evidence.read(lines)
    except Unavailable:
        return None


def _ending(lines: Sequence[str]) -> Ending | None:
    try:
        return Ending.from_text(lines[0]) if lines else None
    except Unavailable:
        return None
