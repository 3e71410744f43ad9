"""What an examination found, as a document and as lines for people. Pure."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence

from dssr.seams import CHECKS, Finding, Status

_INDENT = " " * 4
_NAME_WIDTH, _STATUS_WIDTH = max(map(len, CHECKS)) + 2, 9
_NARROW = 72  # columns; on fewer the detail has lines of its own
_SHORTEST = 24  # columns for a detail, however narrow the terminal
_COLOURS = {Status.OK: "32", Status.WARNING: "33", Status.FAILURE: "1;31", Status.SKIPPED: "2"}
_BOLD = "1"
_WITH_JOBS = ("accounting", "canary")  # the first checks that need what a job finds out


def document(findings: Sequence[Finding]) -> Mapping[str, object]:
    """The document of ``--json``. ``ok``: no check has failed."""
    checks = [
        {
            "name": finding.name,
            "status": finding.status.value,
            "detail": finding.detail,
            "cure": finding.cure,
            "setting": finding.setting,
        }
        for finding in findings
    ]
    return {"ok": all_right(findings), "checks": checks}


def all_right(findings: Sequence[Finding]) -> bool:
    """Whether no check has failed."""
    return all(finding.status is not Status.FAILURE for finding in findings)


def lines(finding: Finding, columns: int, coloured: bool = False) -> Iterator[str]:
    """A finding for people. Lines to paste are never broken."""
    status = paint(finding.status.ljust(_STATUS_WIDTH), _COLOURS[finding.status], coloured)
    head = f"{status}{finding.name.ljust(_NAME_WIDTH)}"
    width = _STATUS_WIDTH + _NAME_WIDTH
    is_narrow = columns < _NARROW and width + len(finding.detail) > columns
    margin = _INDENT if is_narrow else " " * width
    first, *others = _wrapped(finding.detail, columns - len(margin))
    if is_narrow:
        yield head.rstrip()
        others = [first, *others]
    else:
        yield f"{head}{first}".rstrip()
    yield from (f"{margin}{line}" for line in others)
    yield from _cure(finding, columns, coloured)


def _cure(finding: Finding, columns: int, coloured: bool) -> Iterator[str]:
    margin = _INDENT if columns < _NARROW else " " * _STATUS_WIDTH
    for line in finding.cure.splitlines():
        if is_prose(line):
            yield from (f"{margin}{part}" for part in _wrapped(line, columns - len(margin)))
        else:
            yield f"{margin}{_INDENT}{paint(harmless(line), _BOLD, coloured)}"
    if finding.setting:
        yield f"{margin}Setting: {finding.setting}"


def is_prose(line: str) -> bool:
    """Whether a line of a cure is for reading, and not for pasting."""
    return line.endswith((":", "."))


def running(name: str, columns: int, with_jobs: bool) -> str:
    """The line of a check that is being made."""
    waits = "a job runs, or waits in the queue" if with_jobs and name in _WITH_JOBS else ""
    line = f"{'...'.ljust(_STATUS_WIDTH)}{name.ljust(_NAME_WIDTH)}{waits}"
    return line.rstrip()[:columns]


def summary(findings: Sequence[Finding], seconds: float) -> str:
    """How many there are of each status, in one sentence."""
    counts = {status: sum(f.status is status for f in findings) for status in Status}
    words = [
        _counted(counts[Status.FAILURE], "failure"),
        _counted(counts[Status.WARNING], "warning"),
        f"{counts[Status.OK]} ok",
        f"{counts[Status.SKIPPED]} skipped",
    ]
    return f"{', '.join(words)}, in {seconds:.0f} s."


def paint(text: str, colour: str, coloured: bool) -> str:
    """The text in a colour of the terminal."""
    return f"\x1b[{colour}m{text}\x1b[0m" if coloured else text


def _counted(count: int, word: str) -> str:
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"


def _wrapped(text: str, columns: int) -> list[str]:
    return textwrap.wrap(
        harmless(text), max(_SHORTEST, columns), break_long_words=False, break_on_hyphens=False
    ) or [""]


def harmless(text: str) -> str:
    """The words of a cluster may hold what a terminal obeys."""
    return "".join(c if c.isprintable() else "?" for c in text)
