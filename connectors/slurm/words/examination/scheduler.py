"""What the script ``scheduler`` prints -> what Slurm says of the cluster and of the service user.
Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.slurm.words.cluster.limits import account_limits, config
from connectors.slurm.words.cluster.nodes import nodes
from connectors.slurm.words.cluster.partitions import partitions
from connectors.slurm.words.sections import Section, sections
from dssr.seams import Node, Partition

_NAME = re.compile(r"[\w.@+-]+", re.ASCII)  # a line of a site's banner has blanks
_NONE = ("", "(null)", "none", "accounting_storage/none")


@dataclass(frozen=True)
class Scheduler:
    """The scheduler at one moment. ``accounts``: those of the service user; ``usual_account``: the
    default account of most users. ``limits``: of those accounts. ``sections``: what each command
    said."""

    config: Mapping[str, str]
    partitions: Sequence[Partition]
    nodes: Sequence[Node]
    accounts: Sequence[str]
    usual_account: str
    limits: Mapping[str, Mapping[str, str]]
    sections: Mapping[str, Section]

    def said(self, name: str) -> Section:
        """What one command said."""
        return self.sections.get(name, Section())

    @property
    def answers(self) -> bool:
        """Whether the controller has shown its configuration."""
        return "SLURM_VERSION" in self.config

    @property
    def keeps_accounting(self) -> bool:
        """Whether the cluster is configured to keep the accounting of ended jobs."""
        return self.config.get("AccountingStorageType", "") not in _NONE

    def partition(self, name: str) -> Partition | None:
        """The partition of that name; without a name the default one."""
        found = (p for p in self.partitions if (p.name == name if name else p.is_default))
        return next(found, None)

    def usable_nodes(self, name: str) -> Sequence[Node]:
        """The nodes of a partition that take jobs, now or when others have ended."""
        chosen = self.partition(name)
        members = [n for n in self.nodes if chosen and chosen.name in n.partitions]
        return [node for node in members if node.cores.free + node.cores.busy]


def scheduler(text: str, mark: str) -> Scheduler:
    """From the script's output."""
    shown = sections(text, mark)
    said = {name: section.text for name, section in shown.items() if section.code == 0}
    found = nodes(said.get("nodes", ""))
    usual = Counter(_names(said.get("all", ""))).most_common(1)
    return Scheduler(
        config(said.get("config", "")),
        partitions(said.get("partitions", ""), found),
        found,
        tuple(dict.fromkeys(_names(said.get("own", "")))),
        usual[0][0] if usual else "",
        account_limits(said.get("limits", "")),
        shown,
    )


def version(said: Mapping[str, str]) -> tuple[int, int] | None:
    """Slurm's release: ``(24, 11)``."""
    match = re.match(r"(\d{2})\.(\d{2})", said.get("SLURM_VERSION", ""))
    return (int(match[1]), int(match[2])) if match else None


def _names(text: str) -> list[str]:
    lines = (line.strip().rstrip("|") for line in text.splitlines())
    return [line for line in lines if _NAME.fullmatch(line)]
