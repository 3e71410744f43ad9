"""The journal of a cluster: every submission and every end of a job, in one order. Pure.

An entry is the text of a symbolic link whose name is the entry's number: making a link is atomic
and exclusive on every file system, so the order is fixed once, for all bridges. An entry may be
there twice, after a crash; the first one counts.

    s <directory> <native id> <user> <what was asked for, as JSON>\\t<path of the output>
    e <directory> <native id> <user> <facts of the end, as JSON>\\t<state>|<elapsed>|<reason>
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from typing import Any

from connectors.slurm.words.evidence import Ending
from connectors.slurm.words.job_ids import DIRECTORY, job_id
from dssr.errors import Unavailable
from dssr.job import JobRef, JobSpec, Resources
from dssr.record import About

# Bytes: a link's text has at most 4095 (symlink(2), ENAMETOOLONG), with the two paths before it.
_LONGEST_ABOUT = 2800
_ENTRY = re.compile(
    rf"([se]) ({DIRECTORY}) (\d{{1,18}}) ([^ \t]*) ([^\t]*)\t(.*)", re.DOTALL | re.ASCII
)


@dataclass(frozen=True, slots=True)
class Submission:
    """The entry of a submission. ``output``: the path of the job's output."""

    directory: str
    ref: JobRef
    owner: str  # empty: the service user
    submitted: float  # seconds since the epoch, by the clock of the bridge that submitted it
    about: About
    output: str


@dataclass(frozen=True, slots=True)
class EndFacts:
    """What is known of a job's end beside its state; ``None`` where it is not known.

    ``exit_code`` and ``signal``: of the script; an exit code above 128 is both. ``evidence``: what
    the state rests on. ``nodes``: a hostlist expression.
    """

    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    output_bytes: int | None = None
    evidence: tuple[str, ...] = ()
    nodes: str = ""
    resources: Resources | None = None


@dataclass(frozen=True, slots=True)
class JobEnd:
    """The entry of a job's end."""

    directory: str
    ending: Ending
    facts: EndFacts


def submission_text(spec: JobSpec, now: float) -> str:
    """The JSON of a submission: one line without a tab. The program that submits adds the rest.

    What is too long for an entry is cut: an image or directory of more than a thousand characters.
    """
    about = About(
        executor=spec.executor,
        image=spec.image,
        script_sha256=hashlib.sha256(spec.script.encode("utf-8", "surrogateescape")).hexdigest(),
        working_directory=spec.working_directory,
        labels=spec.labels,
        keeps_files=spec.keeps_files,
    )
    known = asdict(about) | {"name": spec.name, "number": spec.number, "submitted": round(now, 3)}
    text = json.dumps(known)
    for name in ("image", "working_directory", "executor"):
        if len(text) > _LONGEST_ABOUT:
            known[name] = known[name][:200]
            text = json.dumps(known)
    return text


def end_text(ref: JobRef, directory: str, owner: str, ending: Ending, facts: EndFacts) -> str:
    """The entry of a job's end."""
    known = {name: value for name, value in asdict(facts).items() if value not in (None, "", ())}
    return f"e {directory} {ref.native_id} {owner} {json.dumps(known)}\t{ending.as_text()}"


def read(text: str) -> Submission | JobEnd | None:
    """An entry; ``None`` for a text that is none, such as one of a newer version."""
    match = _ENTRY.fullmatch(text)
    if not match:
        return None
    kind, directory, native_id, owner, known, last = match.groups()
    try:
        values = json.loads(known)
        if kind == "s":
            return _submission(directory, native_id, owner, values, last)
        return JobEnd(directory, Ending.from_text(last), _facts(values))
    except (ValueError, TypeError, KeyError, Unavailable):
        return None


def _submission(
    directory: str, native_id: str, owner: str, values: dict[str, Any], output: str
) -> Submission:
    name, number = str(values.pop("name")), int(values.pop("number"))
    submitted = float(values.pop("submitted"))
    labels = tuple((str(key), str(value)) for key, value in values.pop("labels", ()))
    about = About(**values, labels=labels)
    if about.keeps_files and not about.working_directory:  # a new one, made by the submission
        place = f"{output.rpartition('/')[0]}/work/{job_id(directory)}"
        about = replace(about, working_directory=place)
    ref = JobRef(name, number, native_id)
    return Submission(directory, ref, owner, submitted, about, output)


def _facts(values: dict[str, Any]) -> EndFacts:
    asked = values.pop("resources", None)
    values["evidence"] = tuple(values.get("evidence", ()))
    return EndFacts(**values, resources=None if asked is None else Resources(**asked))
