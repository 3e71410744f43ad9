"""An examination -> the profile of the site: settings to paste, and what was found as comments."""

import os
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from dssr.doctor.report import harmless
from dssr.errors import DssrError
from dssr.seams import Finding
from dssr.settings import Settings
from dssr.settings.profile import VARIABLE
from dssr.settings.reading import table, variables

_HEAD = "# The profile of a site, written by dssr doctor"
# Settings of one bridge and not of its site: who may call, whose jobs it is, this file.
_NOT_OF_THE_SITE = (
    "WAITRESS_",
    "JARVICE_SCHED_",
    "JARVICE_BEARER_",
    "JARVICE_SLURM_USER",
    "JARVICE_ANSWER_TIMEOUT",
    "JARVICE_SNAPSHOT_AGE",
    VARIABLE,
)


class NotSaved(DssrError):
    """The profile could not be written."""


def profile(
    environ: Mapping[str, str],
    kinds: Sequence[type[Settings]],
    findings: Sequence[Finding],
    when: str,
) -> str:
    """The text of the profile. ``kinds``: the classes of the settings that are read; ``when``: the
    time for its first line. It holds no secret."""
    lines = [
        f"{_HEAD} {when}.",
        f"# A bridge reads it by {VARIABLE}=FILE; what its environment sets goes first.",
        "",
        *_settings(environ, kinds, findings),
        "",
        "# What the doctor found:",
        *(line for finding in findings for line in _comment(finding)),
    ]
    return "\n".join([*lines, ""])


def save(path: Path, text: str) -> None:
    """Write the profile, readable to its user alone. Raises ``NotSaved``; a file that is no profile
    is not overwritten."""
    try:
        if path.exists() and not path.read_text(encoding="utf-8", errors="replace").startswith(
            _HEAD
        ):
            raise NotSaved(
                f"{path} is there and is no profile of dssr doctor: name another file, or "
                "remove it."
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        new.touch(mode=0o600)
        new.write_text(text, encoding="utf-8")
        os.replace(new, path)
    except OSError as error:
        raise NotSaved(f"The profile {path} cannot be written: {error.strerror}.") from error


def _settings(
    environ: Mapping[str, str], kinds: Sequence[type[Settings]], findings: Sequence[Finding]
) -> Iterator[str]:
    secret = {f.metadata["name"] for kind in kinds for f in table(kind) if f.metadata["secret"]}
    read = set().union(*map(variables, kinds))
    values = {name: environ[name] for name in sorted(read) if environ.get(name)}
    values |= {name: value for finding in findings for name, value in finding.advised}
    for name, value in values.items():
        if name.startswith(_NOT_OF_THE_SITE):
            continue
        if name in secret:
            yield f"# {name} is secret: set it where the bridge runs, or name its file in"
            yield f"# {name}_FILE."
        else:
            yield f"export {name}={_quoted(value)}"


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "'\\''") + "'"


def _comment(finding: Finding) -> Iterator[str]:
    text = f"{finding.status:8} {finding.name}: {finding.detail}"
    wrapped = textwrap.wrap(harmless(text), 96, subsequent_indent=" " * 9, break_on_hyphens=False)
    yield from (f"# {line}" for line in wrapped)
