"""The journal of a cluster: every submission and every end of a job, in one order. Pure.

An entry is the text of a symbolic link whose name is the entry's number: making a link is atomic
and exclusive on every file system, so the order is fixed once, for all bridges. An entry may be
there twice, after a crash; the first one counts. XFS takes at most 1023 bytes, so what is longer
is in several entries.

    p <directory> <n> <text>       what was asked for begins with these texts; n is 1, 2, ...
    s <directory> <native id> <user> <what was asked for, as JSON>\\t<path of the output>
    e <directory> <native id> <user> <facts of the end, as JSON>\\t<state>|<elapsed>|<reason>
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from dssr.errors import BadRequest, Unavailable
from dssr.job import JobRef, JobSpec, JobState, Resources
from dssr.record import About

DIRECTORY = r"jobs/[^/\s]+/[0-9a-f]{32}\.[0-9a-f]{12}"
_PARTS = re.compile(r"jobs/(\d{4})-(\d\d)-(\d\d)/[0-9a-f]{32}\.([0-9a-f]{12})")
_PIECE = 600  # characters, which leaves 250 for the path of the output
_MOST_PIECES = 25
_LONGEST_END = 900  # bytes
_LONGEST_IMAGE = 1000  # an upstream's image may be text of any length
_PIECE_ENTRY = re.compile(rf"p ({DIRECTORY}) (\d{{1,3}}) (.*)", re.DOTALL | re.ASCII)
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


@dataclass(frozen=True)
class Ending:
    """A final answer."""

    state: JobState
    elapsed: int  # seconds
    reason: str = ""

    def as_text(self) -> str:
        """One line, for the link that keeps it."""
        return f"{self.state}|{self.elapsed}|{self.reason}"

    @classmethod
    def from_text(cls, text: str) -> "Ending":
        """The reverse of ``as_text``. Raises ``Unavailable`` for another text."""
        try:
            state, elapsed, reason = text.split("|", 2)
            return cls(JobState(state), int(elapsed), reason)
        except ValueError as error:
            raise Unavailable(
                f"This version cannot read the final answer that is kept on the cluster: "
                f"{text[:100]!r}."
            ) from error


@dataclass(frozen=True, slots=True)
class EndFacts:
    """What is known of a job's end beside its state; ``None`` where it is not known.

    ``exit_code`` and ``signal``: of the script; an exit code above 128 is both. ``evidence``: what
    the state rests on. ``nodes``: a hostlist expression. ``cpu_seconds`` and ``memory_used_mb``:
    what the job has used.
    """

    started: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    signal: int | None = None
    output_bytes: int | None = None
    evidence: tuple[str, ...] = ()
    nodes: str = ""
    resources: Resources | None = None
    cpu_seconds: float | None = None
    memory_used_mb: int | None = None


@dataclass(frozen=True, slots=True)
class JobEnd:
    """The entry of a job's end."""

    directory: str
    ending: Ending
    facts: EndFacts


class Reader:
    """Reads entries in their order."""

    def __init__(self) -> None:
        self._pieces: dict[str, dict[int, str]] = defaultdict(dict)

    def read(self, text: str) -> Submission | JobEnd | None:
        """An entry; ``None`` for a piece of a later one, and for what is none, such as an entry of
        a newer version."""
        if piece := _PIECE_ENTRY.fullmatch(text):
            self._pieces[piece[1]][int(piece[2])] = piece[3]
            return None
        match = _ENTRY.fullmatch(text)
        if not match:
            return None
        kind, directory, native_id, owner, known, last = match.groups()
        try:
            if kind == "e":
                return JobEnd(directory, Ending.from_text(last), _facts(json.loads(known)))
            pieces = self._pieces.pop(directory, {})
            values = json.loads("".join(pieces[n] for n in sorted(pieces)) + known)
            return _submission(directory, native_id, owner, values, last)
        except (ValueError, TypeError, KeyError, AttributeError, Unavailable):
            return None


def job_id(directory: str) -> str:
    """The id of the job with this directory; empty for a path that is no job's directory."""
    match = _PARTS.fullmatch(directory)
    return f"{match[1]}{match[2]}{match[3]}-{match[4]}" if match else ""


def about(spec: JobSpec, asked: Resources | None = None, memory_per: str = "") -> About:
    """What is written down of a job that is about to be submitted. ``asked``, ``memory_per``: see
    ``About``."""
    return About(
        executor=spec.executor,
        image=spec.image[:_LONGEST_IMAGE],
        script_sha256=hashlib.sha256(spec.submitted_script).hexdigest(),
        working_directory=spec.working_directory,
        labels=spec.labels,
        keeps_files=spec.keeps_files,
        held=spec.held,
        resources=asked,
        memory_per=memory_per,
    )


def submission_text(ref: JobRef, asked: About, now: float) -> str:
    """The JSON of a submission, in lines of which each fits into an entry.

    Raises ``BadRequest`` where it is too long for the journal.
    """
    kept = {"name": ref.name, "number": ref.number, "submitted": round(now, 3)}
    known = _given(asdict(asked)) | kept
    text = json.dumps(known)
    if len(text) > _MOST_PIECES * _PIECE:
        raise BadRequest(
            f"What the job's record holds (name, labels, image, working directory) has {len(text)} "
            f"characters, and at most {_MOST_PIECES * _PIECE} are kept: send fewer or shorter "
            "labels."
        )
    return "\n".join(text[at : at + _PIECE] for at in range(0, len(text), _PIECE))


def with_its_directory(about: About, directory: str, output: str) -> About:
    """A job that keeps its files and names no working directory has one of its own, which the
    program that submits has made."""
    if not about.keeps_files or about.working_directory:
        return about
    place = f"{output.rpartition('/')[0]}/work/{job_id(directory)}"
    return replace(about, working_directory=place)


def submission_entries(entry: Submission, text: str) -> Sequence[str]:
    """The entries of a submission. ``text``: its ``submission_text``."""
    *pieces, last = text.split("\n")
    return [
        *(f"p {entry.directory} {n} {piece}" for n, piece in enumerate(pieces, 1)),
        f"s {entry.directory} {entry.ref.native_id} {entry.owner} {last}\t{entry.output}",
    ]


def end_text(ref: JobRef, directory: str, owner: str, ending: Ending, facts: EndFacts) -> str:
    """The entry of a job's end. What is too long for one is left out: the nodes, the resources, and
    the end of the reason."""
    known = _given(asdict(facts))
    head, last = f"e {directory} {ref.native_id} {owner} ", f"\t{ending.as_text()}"
    for name in ("nodes", "resources"):
        if len(f"{head}{json.dumps(known)}{last}".encode()) > _LONGEST_END:
            known.pop(name, None)
    left = _LONGEST_END - len(f"{head}{json.dumps(known)}".encode())
    return f"{head}{json.dumps(known)}{last.encode()[:left].decode('utf-8', 'ignore')}"


def _submission(
    directory: str, native_id: str, owner: str, values: dict[str, Any], output: str
) -> Submission:
    name, number = str(values.pop("name")), int(values.pop("number"))
    submitted = float(values.pop("submitted"))
    labels = tuple((str(key), str(value)) for key, value in values.pop("labels", ()))
    asked = _resources(values.pop("resources", None))
    kept = About(**values, labels=labels, resources=asked)
    about = with_its_directory(kept, directory, output)
    ref = JobRef(name, number, native_id)
    return Submission(directory, ref, owner, submitted, about, output)


def _facts(values: dict[str, Any]) -> EndFacts:
    resources = _resources(values.pop("resources", None))
    values["evidence"] = tuple(values.get("evidence", ()))
    return EndFacts(**values, resources=resources)


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """What is not empty, at any depth: entries are short."""
    nested = {
        name: _given(value) if isinstance(value, dict) else value for name, value in values.items()
    }
    return {name: value for name, value in nested.items() if value not in (None, "", ())}


def _resources(values: dict[str, Any] | None) -> Resources | None:
    return None if values is None else Resources(**values)
