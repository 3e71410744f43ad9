"""sbatch's options and how getopt_long(3) reads them. Pure.

The table is complete for Slurm 22.05 to 26.05: a test holds it against each generation's sbatch.
"""

from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum

from dssr.errors import BadRequest


class Takes(Enum):
    """Whether an option takes a value."""

    NOTHING = 0
    A_VALUE = 1
    PERHAPS = 2  # only in the same word: --exclusive=user, -koff


# NAME, or NAME/SHORT.
_TABLE = {
    Takes.NOTHING: """
        consolidate-segments contiguous external help/h hold/H ignore-pbs no-requeue overcommit/O
        oversubscribe/s parsable quiet/Q reboot spread-job spread-segments stepmgr test-only usage
        use-min-nodes verbose/v version/V wait/W""",
    Takes.PERHAPS: """
        exclusive get-user-env nice no-kill/k oom-kill-step propagate requeue resv-ports""",
    Takes.A_VALUE: """
        account/A acctg-freq array/a autocomplete batch bb bbf begin/b chdir/D cluster
        cluster-constraint clusters/M comment constraint/C container container-id container-type
        context core-spec/S cores-per-socket cpu-freq cpus-per-gpu cpus-per-task/c deadline
        delay-boot dependency/d distribution/m error/e exclude/x export export-file extra
        extra-node-info/B gid gpu-bind gpu-freq gpus/G gpus-per-node gpus-per-socket gpus-per-task
        gres gres-flags hint input/i job-name/J kill-on-invalid-dep licenses/L mail-type mail-user
        mcs-label mem mem-bind mem-per-cpu mem-per-gpu mem-update mincpus network nodefile/F
        nodelist/w nodes/N ntasks/n ntasks-per-core ntasks-per-gpu ntasks-per-node
        ntasks-per-socket ntasks-per-tres open-mode output/o partition/p power prefer priority
        profile qos/q reservation resources segment signal sockets-per-node switches
        tasks-per-node thread-spec threads-per-core time/t time-min tmp tres-bind tres-per-task
        uid wait-all-nodes wckey wrap""",
}
OPTIONS: dict[str, Takes] = {}
SHORT: dict[str, str] = {}
for _takes, _rows in _TABLE.items():
    for _row in _rows.split():
        _name, _, _letter = _row.partition("/")
        OPTIONS[_name] = _takes
        if _letter:
            SHORT[_letter] = _name
_SECOND_SPELLINGS = {"tasks-per-node": "ntasks-per-node"}


@dataclass(frozen=True)
class Word:
    """One word of a script's directives."""

    text: str
    line: int  # its number, from 1


@dataclass(frozen=True)
class Option:
    """One option that a job sets, under its full name; ``value`` is ``None`` where it has none."""

    name: str
    value: str | None
    where: str  # for messages: "line 3 of the script"

    def __str__(self) -> str:
        """The option as one word of a command."""
        return f"--{self.name}" if self.value is None else f"--{self.name}={self.value}"

    @property
    def shown(self) -> str:
        """The option for a message, shortened, with its place."""
        return f"{str(self)[:60]} ({self.where})"


def read(words: Sequence[Word], more: Collection[str] = ()) -> list[Option]:
    """The options in these words, in their order.

    ``more``: options that this table does not have, such as those of a site's SPANK plugins; their
    values are read in the same word only. Raises ``BadRequest`` where getopt_long(3) or sbatch
    refuses a word: it is no option, an unknown or ambiguous one, or it lacks or forbids a value.
    """
    found: list[Option] = []
    waiting = deque(words)
    while waiting:
        word = waiting.popleft()
        if word.text == "--" and not waiting:
            break
        if word.text.startswith("--") and len(word.text) > 2:
            found.append(_long(word, waiting, more))
        elif word.text.startswith("-") and len(word.text) > 1 and word.text != "--":
            found += _cluster(word, waiting)
        else:
            raise _wrong(word, "it is no option, and sbatch refuses it: write '--name=value'")
    return found


def of_devices(
    devices: Sequence[tuple[str, str]], more: Collection[str] = (), where: str = "in JOBOBJ_DEVICES"
) -> list[Option]:
    """The options of ``sbatch_OPTION=VALUE`` pseudo-devices, or of a request, read as
    ``--OPTION=VALUE``. ``where``: their place, for messages.

    An empty value is no value where the option can do without. Raises ``BadRequest`` as ``read``.
    """
    found: list[Option] = []
    for given, value in devices:
        name = _full_name(given, more, where)
        takes = OPTIONS.get(name, Takes.PERHAPS)
        if takes is Takes.NOTHING and value:
            raise BadRequest(f"sbatch's --{name} ({where}) takes no value: leave it out.")
        found.append(Option(name, value if value or takes is Takes.A_VALUE else None, where))
    return found


def _long(word: Word, waiting: deque[Word], more: Collection[str]) -> Option:
    given, equals, value = word.text[2:].partition("=")
    name = _full_name(given, more, _place(word))
    takes = OPTIONS.get(name, Takes.PERHAPS)
    if equals:
        if takes is Takes.NOTHING:
            raise _wrong(word, "the option takes no value")
        return Option(name, value, _place(word))
    return Option(name, _next(word, waiting) if takes is Takes.A_VALUE else None, _place(word))


def _cluster(word: Word, waiting: deque[Word]) -> list[Option]:
    """Short options in one word: ``-HN2``, ``-N 2``."""
    found: list[Option] = []
    rest = word.text[1:]
    while rest:
        letter, rest = rest[0], rest[1:]
        if letter not in SHORT:
            raise _wrong(word, f"sbatch has no option -{letter}")
        name, value = SHORT[letter], None
        if OPTIONS[name] is not Takes.NOTHING:
            value, rest = rest or None, ""
        if OPTIONS[name] is Takes.A_VALUE and value is None:
            value = _next(word, waiting)
        found.append(Option(name, value, _place(word)))
    return found


def _next(word: Word, waiting: deque[Word]) -> str:
    """The value in the next word, which may be on a later line."""
    if not waiting:
        raise _wrong(word, "the option lacks its value")
    return waiting.popleft().text


def _full_name(given: str, more: Collection[str], where: str) -> str:
    """The name that ``given`` abbreviates. Raises ``BadRequest`` for none, and for several."""
    if given in more and given not in OPTIONS:
        return given
    meant = [given] if given in OPTIONS else [name for name in OPTIONS if name.startswith(given)]
    if len(meant) > 1:
        raise BadRequest(
            f"The option --{given[:40]} ({where}) can mean {_listed(meant)}: write it in full."
        )
    if not meant:
        raise BadRequest(f"sbatch has no option --{given[:60]} ({where}): take it out.")
    return _SECOND_SPELLINGS.get(meant[0], meant[0])


def _listed(names: list[str]) -> str:
    return " or ".join(f"--{name}" for name in sorted(names)[:6])


def _place(word: Word) -> str:
    return f"line {word.line} of the script"


def _wrong(word: Word, what: str) -> BadRequest:
    return BadRequest(f"Line {word.line} of the script, at {word.text[:60]!r}: {what}.")
