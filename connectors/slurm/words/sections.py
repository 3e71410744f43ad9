"""What the shell function ``section`` prints -> what each of Slurm's commands said. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.slurm.words.commands import TIMED_OUT

NOT_RUN = -1


@dataclass(frozen=True)
class Section:
    """What one command said, both streams together."""

    text: str = ""
    code: int = NOT_RUN

    @property
    def words(self) -> str:
        """What a command that failed said, on one line and short enough for an error."""
        is_silent = self.code in (TIMED_OUT, NOT_RUN)
        return "no answer in time" if is_silent else " ".join(self.text.split())[:300]


def sections(text: str, mark: str) -> Mapping[str, Section]:
    """By name: ``MARK name``, the text, and ``MARK=exit code``, each mark at a line's start. A
    section that was cut off is left out."""
    found = {}
    for part in text.split(f"\n{mark} ")[1:]:
        name, _, rest = part.partition("\n")
        body, _, code = rest.rpartition(f"\n{mark}=")
        if code.strip().isdecimal():
            found[name] = Section(body, int(code))
    return found
