"""What a job asks for -> sbatch's options, within the operator's allow-list. Pure."""

from collections.abc import Collection, Iterator, Sequence

from connectors.shared.options import Option, of_devices
from connectors.slurm.words.states import nodes_of, time_of
from dssr.errors import BadRequest
from dssr.job import JobSpec

# The bridge sets these itself, or they say what sbatch prints: in a job they have no effect.
_OURS = frozenset({
    "job-name", "output", "error", "open-mode", "comment", "parsable", "quiet", "verbose",
    "help", "usage", "version", "ignore-pbs",
})  # fmt: skip
# Which options decide on how many nodes a job can run.
_SIZES = frozenset({
    "ntasks", "ntasks-per-node", "cpus-per-task", "nodelist", "exclude", "mincpus", "switches",
    "gpus", "gpus-per-node", "gpus-per-task", "gres", "ntasks-per-gpu",
})  # fmt: skip
LONGEST_WORD = 131_071  # bytes; execve(2), MAX_ARG_STRLEN without the final NUL
LONGEST_WORDS = 1_000_000  # bytes of all; execve(2) allows 2 MB with the environment


def sbatch_options(spec: JobSpec, asked: Sequence[Option], allowed: Collection[str]) -> list[str]:
    """The words after ``sbatch``, but for -o and the batch script.

    ``asked``: the job's own options (``connectors.shared.directives.options_of``). The bridge's
    come last, since of two the last one takes effect. Raises ``BadRequest`` for an option that is
    not allowed, and for words that no command can take.
    """
    asked = _passed_on(asked, allowed)
    own = [
        "--parsable",
        "--open-mode=append",
        f"--comment=dssr:{spec.token}:{spec.number}",
        "-J",
        spec.name if spec.keeps_files else f"jarvice_{spec.name}",
    ]
    words = [str(option) for option in asked]
    if spec.keeps_files:
        words = [*_last_of_each([*words, *_members(spec, allowed)]), *own]
    elif spec.plain:
        _check_nodes(spec, asked)
        size = [] if "nodes" in {option.name for option in asked} else ["-N", str(spec.nodes)]
        words += [*(["-H"] if spec.held else []), *own, *size]
    else:
        nodes, cores = max(1, spec.nodes), max(1, spec.cores)
        size = ["-N", str(nodes), f"--ntasks-per-node={cores}", "-n", str(cores * nodes)]
        words = [*_resources(spec), *words, *own, *size]
    _check_length(words)
    return words


def _last_of_each(words: Sequence[str]) -> list[str]:
    """Of several words that set one option, the last one, which takes effect."""
    last = {word.partition("=")[0]: at for at, word in enumerate(words)}
    return [words[at] for at in sorted(last.values())]


def _passed_on(asked: Sequence[Option], allowed: Collection[str]) -> list[Option]:
    """The options that go to sbatch as the job has them. Raises ``BadRequest`` for one that must
    not."""
    for option in asked:
        if option.name == "array":
            raise BadRequest(
                f"The option {option.shown} asks for job arrays, which this bridge does not run: "
                "submit one job each."
            )
        if option.name not in _OURS and option.name not in allowed:
            raise BadRequest(
                f"The sbatch option {option.shown} is not allowed here: leave it out, or ask the "
                "operator to add it to JARVICE_SLURM_SBATCH_OPTIONS."
            )
    return [option for option in asked if option.name not in _OURS]


def _members(spec: JobSpec, allowed: Collection[str]) -> Iterator[str]:
    """The request's own members, which take precedence over the script's directives."""
    yield from _resources(spec)
    yield from map(str, _passed_on(of_devices(spec.options, allowed), allowed))
    if spec.nodes:
        yield f"--nodes={spec.nodes}"
    if spec.cores:
        yield f"--ntasks-per-node={spec.cores}"


def contradiction(spec: JobSpec, asked: Sequence[Option]) -> str:
    """What to add to Slurm's refusal of a plain job whose number of nodes is the call's: both
    sides of what may be a contradiction. Empty where there can be none."""
    sizes = [option for option in asked if option.name in _SIZES]
    if (
        not spec.plain
        or spec.keeps_files
        or "nodes" in {option.name for option in asked}
        or not sizes
    ):
        return ""
    return f" {_both_sides(spec, sizes)}"


def _both_sides(spec: JobSpec, sizes: Sequence[Option]) -> str:
    return (
        f"The call's 'nodes' is {spec.nodes}, so the bridge adds --nodes={spec.nodes}, and the "
        f"script asks for {', '.join(option.shown for option in sizes)}: make them agree, or set "
        "--nodes in the script."
    )


def _check_nodes(spec: JobSpec, asked: Sequence[Option]) -> None:
    """Raise ``BadRequest`` for a script that needs more nodes than the call has. Slurm refuses some
    of them without a word about the nodes, and takes nodes out of a ``--nodelist``."""
    last = {option.name: option for option in asked}
    if "nodes" in last:
        return
    tasks, per_node = last.get("ntasks"), last.get("ntasks-per-node")
    if tasks and per_node and _number(tasks) > _number(per_node) * spec.nodes > 0:
        raise BadRequest(_both_sides(spec, [tasks, per_node]))
    hosts = last.get("nodelist")
    if hosts and "/" not in (hosts.value or "") and len(nodes_of(hosts.value or "")) > spec.nodes:
        raise BadRequest(_both_sides(spec, [hosts]))


def _number(option: Option) -> int:
    """0 for a value that sbatch refuses."""
    return int(option.value or 0) if (option.value or "").isdecimal() else 0


def _resources(spec: JobSpec) -> Iterator[str]:
    if spec.partition:
        yield f"--partition={spec.partition}"
    if spec.exclusive or (not spec.by_exit_code and (spec.gpus or spec.interactive)):
        yield "--exclusive"
    if spec.memory_mb:
        yield f"--mem={spec.memory_mb}M"
    if spec.gpus:
        yield f"--gpus-per-node={spec.gpus}"
    if spec.walltime is not None:
        yield f"--time={time_of(spec.walltime)}"
    if spec.licenses:
        yield f"--licenses={spec.licenses}"
    if spec.held:
        yield "--hold"


def _check_length(words: Sequence[str]) -> None:
    """Raise ``BadRequest`` for words with which no command can be started."""
    sizes = {word: len(word.encode("utf-8", "surrogateescape")) for word in words}
    longest = max(sizes, key=lambda word: sizes[word])
    if sizes[longest] > LONGEST_WORD:
        raise BadRequest(
            f"The option {longest.partition('=')[0]} is {sizes[longest]} bytes long, and a command "
            f"takes words of at most {LONGEST_WORD} bytes: shorten it."
        )
    total = sum(map(len, (word.encode("utf-8", "surrogateescape") for word in words)))
    if total > LONGEST_WORDS:
        raise BadRequest(
            f"The job's sbatch options are {total} bytes long together, and a command takes at "
            f"most {LONGEST_WORDS}: shorten them; the longest is {longest.partition('=')[0]}."
        )
