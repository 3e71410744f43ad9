"""What a job asks of one machine: sbatch's options that have a meaning there take effect, and every
other one is refused."""

import math
import re
import time
from dataclasses import dataclass

from connectors.shared import directives
from connectors.shared.options import Option
from dssr.errors import RefusedRequest
from dssr.job import LIMIT_FORMS, JobSpec, time_limit

# The table: each option of sbatch is in one of these sets, or it is refused.
OBEYED = frozenset({
    "begin", "chdir", "cpus-per-task", "exclusive", "export", "hold", "mem", "mem-per-cpu",
    "mincpus", "nodes", "ntasks", "ntasks-per-node", "time",
})  # fmt: skip
# True of every job on one machine that is first come, first served, and never requeues.
ALWAYS_SO = frozenset({
    "contiguous", "no-requeue", "oversubscribe", "requeue", "switches", "time-min",
    "use-min-nodes", "wait-all-nodes",
})  # fmt: skip
# The connector's own, or what sbatch prints.
OURS = frozenset({
    "comment", "error", "help", "ignore-pbs", "job-name", "open-mode", "output", "parsable",
    "quiet", "usage", "verbose", "version",
})  # fmt: skip
_WHY = {
    "array": "job arrays are not run: submit one job each",
    "dependency": "jobs do not wait for each other: submit it when the other job has ended",
    "partition": "one machine has no partitions",
    "mail-type": "no mail is sent",
    "mail-user": "no mail is sent",
    "signal": "no signal is sent before the time limit",
    **dict.fromkeys(("account", "qos", "wckey"), "there is no accounting"),
    **dict.fromkeys(("nice", "priority"), "jobs start first come, first served"),
    **dict.fromkeys(("gpus", "gpus-per-node", "gpus-per-task", "gres"), "it has no GPUs to give"),
}
_UNITS = {"": 1, "K": 1 / 1024, "M": 1, "G": 1024, "T": 1024 * 1024}  # MB
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
_VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Machine:
    """What jobs may have of this machine."""

    cores: int
    memory_mb: int


@dataclass(frozen=True)
class Exported:
    """``--export`` (sbatch(1)): what the job finds of the bridge's own environment."""

    whole: bool  # all of it; otherwise what a login sets
    kept: tuple[str, ...]  # the names of single variables
    added: dict[str, str]


@dataclass(frozen=True)
class Asked:
    """What a job asks for, as this machine understands it."""

    cores: int
    walltime: int | None  # seconds
    held: bool
    begin: float  # seconds since the epoch; 0: at once
    chdir: str  # empty: the connector's choice
    export: str  # as ``exported`` reads it
    options: tuple[Option, ...] = ()  # as the job has them
    memory_mb: int = 0  # 0: not asked for

    @property
    def effective(self) -> tuple[str, ...]:
        """The options that take effect, as sbatch writes them."""
        minutes, seconds = divmod(self.walltime or 0, 60)
        values = {
            "begin": time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(self.begin)),
            "chdir": self.chdir,
            "export": self.export,
            "mem": f"{self.memory_mb}M",
            "time": f"{minutes}:{seconds:02}",
        }
        asked = {
            "begin": self.begin,
            "chdir": self.chdir,
            "export": self.export != "ALL",
            "mem": self.memory_mb,
            "time": self.walltime,
        }
        named = [f"--{name}={value}" for name, value in values.items() if asked[name]]
        return (f"--ntasks={self.cores}", *named, *(["--hold"] if self.held else []))


def asked(spec: JobSpec, machine: Machine, now: float) -> Asked:
    """Read the job's directives or ``sbatch_*`` devices; the later of two equal options takes
    effect.

    Raises ``BadRequest`` for a script that sbatch would refuse, ``RefusedRequest`` for an option
    that has no meaning here and for more than the machine has.
    """
    found = directives.options_of(spec)
    for option in found:
        if option.name not in OBEYED | ALWAYS_SO | OURS:
            why = _WHY.get(option.name, "the option has no meaning on one machine")
            raise _refused(option, f"{why}. Leave it out")
    last = {option.name: option for option in found}
    cores = _cores(spec, last)
    _check_size(spec, machine, cores)
    memory = _memory(spec, last, machine, cores)
    return Asked(
        machine.cores if _is_exclusive(spec, last) else cores,
        _walltime(spec, last),
        spec.held or "hold" in last,
        _begin(last["begin"], now) if "begin" in last else 0.0,
        spec.working_directory or _value(last, "chdir"),
        _value(last, "export", "ALL"),
        tuple(found),
        memory,
    )


def exported(text: str) -> Exported:
    """``ALL``, ``NONE``, ``NIL``, and names with or without a value, between commas. A comma inside
    quotes separates nothing, and the quotes stay in the value, as with sbatch."""
    words: list[str] = re.findall(r"""((?:[^,"']|"[^"]*"|'[^']*'|["'])+)""", text)
    variables = [match for word in words if (match := _VARIABLE.fullmatch(word))]
    return Exported(
        whole=any(word.upper() == "ALL" for word in words),
        kept=tuple(match[1] for match in variables if match[2] is None),
        added={match[1]: match[2] for match in variables if match[2] is not None},
    )


def _cores(spec: JobSpec, last: dict[str, Option]) -> int:
    """The cores of the one node. Raises ``RefusedRequest`` for more than one node.

    Where a job ends by its exit code, what its request says takes precedence over its script.
    """
    is_described = not spec.plain and not spec.by_exit_code
    nodes, tasks = spec.nodes or 1, max(1, spec.cores)
    if not is_described:
        if "nodes" in last and not (spec.by_exit_code and spec.nodes):
            nodes = _nodes(last["nodes"])
        tasks = _tasks(last, nodes, tasks)
    if nodes > 1:
        raise RefusedRequest(f"The job asks for {nodes} nodes, and this machine is one node.")
    if spec.by_exit_code and spec.cores:
        return spec.cores
    return max(tasks * _whole(last, "cpus-per-task", 1), _whole(last, "mincpus", 1))


def _tasks(last: dict[str, Option], nodes: int, default: int) -> int:
    """How many tasks a script's directives ask for."""
    per_node = _whole(last, "ntasks-per-node", 0)
    tasks = _whole(last, "ntasks", per_node or default)
    if per_node and tasks > per_node * nodes:
        raise RefusedRequest(
            f"The script asks for {last['ntasks'].shown} and {last['ntasks-per-node'].shown}, "
            f"which is more than {nodes} node, and this machine is one node."
        )
    return tasks


def _memory(spec: JobSpec, last: dict[str, Option], machine: Machine, cores: int) -> int:
    """In MB; 0 where the job asks for none. Raises ``RefusedRequest`` for more than there is."""
    asked = float(spec.memory_mb)
    if asked > machine.memory_mb:
        raise RefusedRequest(
            f"The job asks for {spec.memory_mb} MB of memory, and this machine has "
            f"{machine.memory_mb} MB."
        )
    if spec.by_exit_code and spec.memory_mb:
        return spec.memory_mb
    for name, count in (("mem", 1), ("mem-per-cpu", cores)):
        if name in last:
            asked = max(asked, count * _megabytes(last[name]))
            if asked > machine.memory_mb:
                raise _refused(last[name], f"it has {machine.memory_mb} MB of memory. Ask for less")
    return math.ceil(asked)


def _check_size(spec: JobSpec, machine: Machine, cores: int) -> None:
    """Raise ``RefusedRequest`` for what this machine can never give."""
    if cores > machine.cores:
        raise RefusedRequest(
            f"The job asks for {cores} cores, and this machine has {machine.cores} for jobs."
        )
    if spec.gpus:
        raise RefusedRequest(
            "The job asks for GPUs, and the local connector has none to give: leave them out."
        )
    for value, what in ((spec.partition, "partition"), (spec.licenses, "licenses")):
        if value:
            raise RefusedRequest(
                f"The job asks for the {what} {value[:60]!r}, and one machine has none: leave it "
                "out."
            )


def _whole(last: dict[str, Option], name: str, default: int) -> int:
    if name not in last:
        return default
    text = last[name].value or ""
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise _wrong(last[name], "a whole number of at least 1")
    return int(text)


def _nodes(option: Option) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,8})(?:-[1-9][0-9]{0,8})?", option.value or "")
    if not match:
        raise _wrong(option, "a number of nodes, or MIN-MAX")
    return int(match[1])


def _megabytes(option: Option) -> float:
    match = re.fullmatch(r"([0-9]{1,12})([KMGT]?)B?", (option.value or "").upper())
    if not match:
        raise _wrong(option, "megabytes, or a number with K, M, G or T behind it")
    return int(match[1]) * _UNITS[match[2]]


def _is_exclusive(spec: JobSpec, last: dict[str, Option]) -> bool:
    """``--exclusive`` is all cores; its kinds (user, mcs, topo) are about other users' jobs."""
    if "exclusive" in last and last["exclusive"].value is not None:
        raise _refused(last["exclusive"], "all jobs have one user here. Write --exclusive")
    return "exclusive" in last or (spec.by_exit_code and spec.exclusive)


def _walltime(spec: JobSpec, last: dict[str, Option]) -> int | None:
    """The time limit in seconds; ``None`` without one."""
    if "time" not in last or (spec.by_exit_code and spec.walltime is not None):
        return spec.walltime
    try:
        return time_limit(last["time"].value or "")
    except ValueError as error:
        shown = last["time"].shown
        raise RefusedRequest(f"{shown} is no time limit: use {LIMIT_FORMS}.") from error


def _begin(option: Option, now: float) -> float:
    """The job's earliest start. Of sbatch's forms (sbatch(1), --begin) these: ``now``,
    ``now+COUNT[UNIT]``, ``HH:MM[:SS]``, ``YYYY-MM-DD[THH:MM[:SS]]``."""
    text = option.value or ""
    if match := re.fullmatch(r"now(?:\+([0-9]{1,9})(second|minute|hour|day|week|)s?)?", text):
        return now + int(match[1] or 0) * _SECONDS[match[2] or "second"]
    today = time.strftime("%Y-%m-%d", time.localtime(now))
    for form, has_day in (("%H:%M", False), ("%H:%M:%S", False), ("%Y-%m-%d", True),
                          ("%Y-%m-%dT%H:%M", True), ("%Y-%m-%dT%H:%M:%S", True)):  # fmt: skip
        try:
            parsed = time.strptime(text if has_day else f"{today} {text}",
                                   form if has_day else f"%Y-%m-%d {form}")  # fmt: skip
        except ValueError:
            continue
        at = time.mktime(parsed)
        return at if has_day or at >= now else at + 86400
    raise _wrong(option, "now+1hour, HH:MM or YYYY-MM-DDTHH:MM")


def _value(last: dict[str, Option], name: str, default: str = "") -> str:
    return (last[name].value or "") if name in last else default


def _wrong(option: Option, wanted: str) -> RefusedRequest:
    return RefusedRequest(f"{option.shown} cannot be read: it must be {wanted}.")


def _refused(option: Option, why: str) -> RefusedRequest:
    return RefusedRequest(f"The local connector cannot obey {option.shown}: {why}.")
