"""What a job asks for -> sbatch's options, within the operator's allow-list. Pure."""

import shlex
from collections.abc import Collection, Iterator

from connectors.slurm.words.states import time_of
from dssr.errors import BadRequest
from dssr.job import JobSpec

# The bridge's own: a job that sets them is not wrong, they just do not count.
_OURS = frozenset(
    {"job-name", "output", "error", "open-mode", "comment", "parsable", "quiet", "verbose", "input"}
)
_REFUSED_KINDS = {
    "array": "job arrays",
    "het-group": "heterogeneous jobs",
}
# sbatch(1): the options' short forms, and those that take no value.
_LONG = {
    "A": "account", "a": "array", "B": "extra-node-info", "b": "begin", "C": "constraint", "c": "cpus-per-task", "D": "chdir",
    "d": "dependency", "e": "error", "F": "nodefile", "G": "gpus", "H": "hold", "i": "input", "J": "job-name", "k": "no-kill",
    "L": "licenses", "M": "clusters", "m": "distribution", "N": "nodes", "n": "ntasks", "O": "overcommit", "o": "output",
    "p": "partition", "Q": "quiet", "q": "qos", "S": "core-spec", "s": "oversubscribe", "t": "time", "v": "verbose",
    "W": "wait", "w": "nodelist", "x": "exclude",
}  # fmt: skip
_FLAGS = frozenset({
    "contiguous", "exclusive", "get-user-env", "hold", "ignore-pbs", "no-kill", "no-requeue", "nohold", "overcommit",
    "oversubscribe", "parsable", "propagate", "quiet", "reboot", "requeue", "spread-job", "test-only", "use-min-nodes",
    "verbose", "wait",
})  # fmt: skip
_VALUE_OPTIONAL = frozenset(
    {"nice"}
)  # with '=' and nothing else; those among the flags may have one too

Option = tuple[str, str]  # long name, value ('' for none)


def sbatch_options(spec: JobSpec, allowed: Collection[str]) -> list[str]:
    """The words after ``sbatch``, but for -o and the batch script. Raises ``BadRequest`` for an option that is not allowed.

    The bridge's own come last, since of two the last one counts.
    """
    asked = directives(spec.script) if spec.plain else _of_devices(spec, allowed)
    words = [_word(option) for option in asked if is_allowed(option[0], allowed)]
    own = [
        "--parsable",
        "--open-mode=append",
        f"--comment=dssr:{spec.token}:{spec.number}",
        "-J",
        f"jarvice_{spec.name}",
    ]
    if spec.plain:
        nodes = [] if any(name == "nodes" for name, _ in asked) else ["-N", str(spec.nodes)]
        return [*words, *(["-H"] if spec.held else []), *own, *nodes]
    cores = str(spec.cores)
    size = ["-N", str(spec.nodes), f"--ntasks-per-node={cores}", "-n", str(spec.cores * spec.nodes)]
    return [*_resources(spec), *words, *own, *size]


def _of_devices(spec: JobSpec, allowed: Collection[str]) -> list[Option]:
    """The options of the job's pseudo-devices. Raises ``BadRequest`` for one of the bridge's own."""
    for name, _ in spec.options:
        if name in _OURS and name not in allowed:
            raise BadRequest(
                f"Jobs may not set sbatch's --{name[:60]} (in JOBOBJ_DEVICES): "
                "JARVICE_SLURM_SBATCH_OPTIONS lists what they may."
            )
    return list(spec.options)


def is_allowed(name: str, allowed: Collection[str]) -> bool:
    """Whether the option goes to sbatch (False: it is the bridge's own). Raises ``BadRequest`` for one that must not."""
    if name in _REFUSED_KINDS:
        raise BadRequest(
            f"The option --{name} asks for {_REFUSED_KINDS[name]}, which this bridge does not run: submit one job each."
        )
    if name in _OURS:
        return False
    if name not in allowed:
        raise BadRequest(
            f"The sbatch option --{name} is not allowed here: leave it out, or ask the operator to add it to "
            "JARVICE_SLURM_SBATCH_OPTIONS."
        )
    return True


def directives(script: str) -> list[Option]:
    """The ``#SBATCH`` options of a batch script: as sbatch(1) has it, those before the first line that is no comment.

    Raises ``BadRequest`` for a line that cannot be read, and for a heterogeneous job.
    """
    found: list[Option] = []
    for line in script.split("\n"):
        line = line.rstrip("\r")
        if line.strip() and not line.lstrip().startswith("#"):
            break
        if line.startswith("#SBATCH"):
            found += _options(line)
    return found


def _options(line: str) -> Iterator[Option]:
    try:
        words = shlex.split(line[len("#SBATCH") :], comments=True)
    except ValueError as error:
        raise BadRequest(f"The directive {line[:80]!r} cannot be read: {error}.") from error
    while words:
        word = words.pop(0)
        if word in ("hetjob", "packjob"):
            raise BadRequest(
                "Heterogeneous jobs (#SBATCH hetjob) are not run by this bridge: submit one job each."
            )
        *flags, (name, value) = _read_word(word, line)
        yield from ((flag, "") for flag, _ in flags)
        if value is None and name not in _FLAGS | _VALUE_OPTIONAL:
            if not words:
                raise BadRequest(f"The directive {line[:80]!r} lacks the value of --{name}.")
            value = words.pop(0)
        yield name, value or ""


def _read_word(word: str, line: str) -> list[tuple[str, str | None]]:
    """The options in one word, as getopt_long(3) reads them; the last one's value is ``None`` if it may be the next word."""
    if word.startswith("--") and len(word) > 2:
        name, equals, value = word[2:].partition("=")
        return [(name, value if equals else None)]
    found: list[tuple[str, str | None]] = []
    rest = word.removeprefix("-")
    while word.startswith("-") and rest[:1] in _LONG and rest:
        name, rest = _LONG[rest[0]], rest[1:]
        if name not in _FLAGS:
            return [*found, (name, rest or None)]
        found.append((name, ""))
    if rest or not found:
        raise BadRequest(f"The directive {line[:80]!r} holds {word[:40]!r}, which is no option.")
    return found


def _word(option: Option) -> str:
    name, value = option
    # With '=' also before nothing: sbatch would take the next word for the value.
    return f"--{name}" if not value and name in _FLAGS | _VALUE_OPTIONAL else f"--{name}={value}"


def _resources(spec: JobSpec) -> Iterator[str]:
    if spec.partition:
        yield f"--partition={spec.partition}"
    if spec.exclusive or spec.gpus or spec.interactive:
        yield "--exclusive"
    if spec.memory_gb:
        yield f"--mem={spec.memory_gb}G"
    if spec.gpus:
        yield f"--gpus-per-node={spec.gpus}"
    if spec.walltime is not None:
        yield f"--time={time_of(spec.walltime)}"
    if spec.licenses:
        yield f"--licenses={spec.licenses}"
    if spec.held:
        yield "--hold"
