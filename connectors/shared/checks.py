"""The checks of an examination, one after the other: one that depends on a check that failed is
skipped. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from dssr.errors import DssrError
from dssr.seams import Finding, Status


@dataclass(frozen=True)
class Check:
    """A check. ``look`` returns a finding without a name. ``after``: the names of checks without
    which it is impossible."""

    name: str
    look: Callable[[], Finding]
    after: tuple[str, ...] = ()


def examined(checks: Iterable[Check]) -> Iterator[Finding]:
    """The finding of each check. What a check raises is a failure with the error's words."""
    failed_first: dict[str, str] = {}  # by the name of each check that gave no result
    for check in checks:
        cause = next((failed_first[name] for name in check.after if name in failed_first), "")
        if cause:
            finding = skipped(f"Not examined, because {cause} failed.")
            failed_first[check.name] = cause
        else:
            finding = _looked(check)
            if finding.status is Status.FAILURE:
                failed_first[check.name] = check.name
        yield replace(finding, name=check.name)


def _looked(check: Check) -> Finding:
    try:
        return check.look()
    except DssrError as error:
        return failure(error.message)


def ok(detail: str, advised: tuple[tuple[str, str], ...] = ()) -> Finding:
    """A finding without a fault."""
    return Finding("", Status.OK, detail, advised=advised)


def skipped(reason: str) -> Finding:
    """A finding that the check was not made."""
    return Finding("", Status.SKIPPED, reason)


def warning(detail: str, cure: str = "", setting: str = "") -> Finding:
    """A finding with which jobs run."""
    return Finding("", Status.WARNING, detail, cure, setting)


def failure(detail: str, cure: str = "", setting: str = "") -> Finding:
    """A finding with which jobs do not run as they should."""
    return Finding("", Status.FAILURE, detail, cure, setting)


def with_advice(finding: Finding, name: str, value: str) -> Finding:
    """The same with a setting that was proved right: the cure ends with its line, too."""
    cure = f"{finding.cure}\n{export(name, value)}".lstrip("\n")
    return replace(finding, cure=cure, setting=name, advised=(*finding.advised, (name, value)))


def export(name: str, value: str) -> str:
    """A setting as a line for a shell."""
    quoted = "'" + value.replace("'", "'\\''") + "'"
    return f"export {name}={quoted}"
