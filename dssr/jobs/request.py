"""A request for a job, as the API for people has it -> what the job asks for. Pure."""

import hashlib
import json
import posixpath
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from dssr.errors import BadRequest
from dssr.job import JobSpec, check_name
from dssr.jobs.script import name_in, normalised

NATIVE, SINGULARITY = "native", "singularity"
DEFAULT_NAME = "job"
_NUMBERS = 10**18  # the legacy API takes at most 18 digits
VARIABLE = re.compile(r"(?!DSSR_)[A-Za-z_][A-Za-z0-9_]*")
OPTION = re.compile(r"[a-z][a-z0-9-]{0,60}")
LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,62}")
LABEL_VALUE = re.compile(r"[^\x00-\x1f\x7f]{0,255}")
LONGEST_VALUE = 100_000  # bytes; Linux takes no word over 131,071 (execve(2))
PATH = re.compile(r"/[^\x00-\x1f\x7f]{0,999}")
WORD = re.compile("[!-~]{1,1000}")
LINE = re.compile(r"[^\x00-\x1f\x7f]{1,4000}")
_SCHEME = re.compile(r"[a-z][a-z0-9+-]*://")
# bash lets no script set these.
READ_ONLY = frozenset({"BASHOPTS", "BASH_VERSINFO", "EUID", "PPID", "SHELLOPTS", "UID"})
# Options of sbatch that are members of the request.
MEMBERS = {
    "account": "account",
    "chdir": "working_directory",
    "constraint": "constraint",
    "exclusive": "exclusive",
    "gpus-per-node": "gpus_per_node",
    "hold": "held",
    "job-name": "name",
    "mem": "memory_mb_per_node",
    "nodes": "nodes",
    "partition": "partition",
    "qos": "qos",
    "time": "walltime_seconds",
}
# Why the bridge submits no job with these options.
REFUSED = {
    **dict.fromkeys(
        ("output", "error", "open-mode"), "the bridge keeps the output: GET .../output returns it"
    ),
    **dict.fromkeys(("array", "wrap"), "submit one script and one job each"),
    **dict.fromkeys(
        ("comment", "parsable", "quiet", "verbose", "ignore-pbs"), "the bridge sets it itself"
    ),
    **dict.fromkeys(("help", "usage", "version", "test-only"), "it submits no job"),
    **dict.fromkeys(("clusters", "cluster"), "the bridge watches the jobs of one cluster"),
    **dict.fromkeys(("uid", "gid"), "the bridge decides whose job it is"),
    "wait": "the bridge answers once the job is submitted",
}


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """What a caller asks for, as they sent it. ``None`` and empty: left to the script's directives,
    and then to the scheduler."""

    script: str = field(repr=False)
    name: str = ""
    image: str = ""
    executor: str = ""
    nodes: int | None = None
    cores_per_node: int | None = None
    memory_mb_per_node: int | None = None
    gpus_per_node: int | None = None
    walltime_seconds: int | None = None
    partition: str = ""
    account: str = ""
    qos: str = ""
    constraint: str = ""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    working_directory: str = ""
    arguments: tuple[str, ...] = ()
    exclusive: bool = False
    held: bool = False
    per_node: bool = True
    labels: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, str] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()  # a name and a digest of each file that comes with the request


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Who sends a request: the caller, their key for it, the local user whose job it is."""

    caller: str = ""
    key: str = ""
    owner: str = ""


def spec_of(asked: JobRequest, origin: Origin) -> JobSpec:
    """The job that a request asks for. Raises ``BadRequest`` with the member that is wrong."""
    script = normalised(asked.script)
    digest = _digest(origin) if origin.key else ""
    executor = _executor(asked)
    return JobSpec(
        name=check_name(asked.name or name_in(script) or DEFAULT_NAME),
        number=int(digest[:15] or secrets.token_hex(8), 16) % _NUMBERS,
        nodes=asked.nodes or 0,
        source=json.dumps(asdict(asked), sort_keys=True),
        script=script,
        original=asked.script if asked.script != script else "",
        plain=executor == NATIVE,
        cores=asked.cores_per_node or 0,
        memory_mb=asked.memory_mb_per_node or 0,
        gpus=asked.gpus_per_node or 0,
        walltime=asked.walltime_seconds,
        partition=_word("partition", asked.partition),
        exclusive=asked.exclusive,
        held=asked.held,
        owner=origin.owner,
        options=_options(asked),
        image=_image(asked.image),
        secrets=_environment(asked.environment),
        executor=executor,
        arguments=tuple(_text("arguments", word) for word in asked.arguments),
        by_exit_code=True,
        per_node=asked.per_node,
        labels=_labels(asked.labels),
        working_directory=_directory(asked.working_directory),
        keeps_files=True,
        idempotency=digest,
    )


def _digest(origin: Origin) -> str:
    """Of the caller and their key. A key of one caller or owner is not another's."""
    parts = "\0".join((origin.caller, origin.owner, origin.key))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _executor(asked: JobRequest) -> str:
    executor = asked.executor or (SINGULARITY if asked.image else NATIVE)
    if asked.image and executor == NATIVE:
        raise BadRequest(
            "'executor' is 'native', which runs no image: leave out 'executor' or 'image'."
        )
    if executor == SINGULARITY and not asked.image:
        raise BadRequest("'executor' is 'singularity', which needs an image: send 'image', too.")
    return executor


def _image(image: str) -> str:
    """As ``singularity`` takes it: a path, or a name with the scheme of its source."""
    if image and not LINE.fullmatch(image):
        raise BadRequest(f"'image' is {image[:60]!r}: it must be one line, a path or a name.")
    return (
        image if not image or image.startswith("/") or _SCHEME.match(image) else f"docker://{image}"
    )


def _options(asked: JobRequest) -> tuple[tuple[str, str], ...]:
    found = []
    for name, value in asked.options.items():
        if not OPTION.fullmatch(name):
            raise BadRequest(
                f"'options' has {name[:60]!r}, which is no long option of sbatch: leave out the "
                'dashes before it, as in {"mail-type": "END"}.'
            )
        if name in MEMBERS:
            raise BadRequest(f"'options' has {name!r}: send the member {MEMBERS[name]!r} instead.")
        if name in REFUSED:
            raise BadRequest(f"'options' has {name!r}, which is not taken: {REFUSED[name]}.")
        found.append((name, _text(f"options.{name}", value)))
    own = {"account": asked.account, "qos": asked.qos, "constraint": asked.constraint}
    return (*found, *((name, _word(name, value)) for name, value in own.items() if value))


def _environment(asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for name, value in asked.items():
        if name in READ_ONLY or name.startswith("DSSR_"):
            raise BadRequest(f"'environment' has {name!r}, which a job cannot set: leave it out.")
        if not VARIABLE.fullmatch(name):
            raise BadRequest(
                f"'environment' has {name[:60]!r}, which is no name of a variable: use letters, "
                "digits and '_', and begin with no digit."
            )
        _text(f"environment.{name}", value)
    return tuple(asked.items())


def _labels(asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    for key, value in asked.items():
        if not LABEL.fullmatch(key):
            raise BadRequest(
                f"'labels' has {key[:80]!r}, which is no label: use 1 to 63 of the characters A-Z "
                "a-z 0-9 . _ / - and begin with a letter or digit."
            )
        if not LABEL_VALUE.fullmatch(value):
            raise BadRequest(f"'labels.{key}' must be one line of at most 255 characters.")
    return tuple(sorted(asked.items()))


def _directory(path: str) -> str:
    if not path:
        return ""
    if not PATH.fullmatch(path):
        raise BadRequest(
            f"'working_directory' is {path[:60]!r}: it must be an absolute path of one line, such "
            "as /scratch/alice/run7."
        )
    return posixpath.normpath(path) if ".." not in path.split("/") else path


def _word(member: str, value: str) -> str:
    """``value`` if it is a word as Slurm has them, or empty."""
    if value and not WORD.fullmatch(value):
        raise BadRequest(f"{member!r} is {value[:60]!r}: it must be one word of ASCII characters.")
    return value


def _text(member: str, value: str) -> str:
    if "\0" in value:
        raise BadRequest(f"{member!r} has a NUL character, which no command takes: take it out.")
    if len(value.encode()) > LONGEST_VALUE:
        raise BadRequest(
            f"{member!r} is longer than {LONGEST_VALUE} bytes, more than a command takes: write it "
            "to a file."
        )
    return value
