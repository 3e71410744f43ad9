"""What the probe job prints -> what each node has. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_LINE = re.compile(r"dssr-doctor (\S+) (\S+) ?(.*)")


@dataclass(frozen=True)
class Report:
    """What the nodes of the probe job have, by their names, and by a word of the script ``node``.

    ``ports``: for each node the ports that the login node has tried, and whether it reached them.
    """

    nodes: Mapping[str, Mapping[str, str]]
    ports: Mapping[str, Mapping[int, bool]] = field(default_factory=dict)

    def of(self, node: str) -> Mapping[str, str]:
        """What one node has."""
        return self.nodes.get(node, {})

    def where(self, word: str, value: str) -> Sequence[str]:
        """The nodes on which a word has this value."""
        return [name for name, words in self.nodes.items() if words.get(word) == value]

    def values(self, word: str) -> Mapping[str, str]:
        """What each node says for the word, where it says something."""
        return {name: words[word] for name, words in self.nodes.items() if words.get(word)}


def report(text: str, reached: Sequence[str] = ()) -> Report:
    """From the job's output, and from lines ``NODE PORT yes`` or ``NODE PORT no``."""
    nodes: dict[str, dict[str, str]] = {}
    for line in text.splitlines():
        if match := _LINE.fullmatch(line):
            nodes.setdefault(match[1], {})[match[2]] = match[3]
    ports: dict[str, dict[int, bool]] = {}
    for line in reached:
        node, port, answer = line.split(" ")
        ports.setdefault(node, {})[int(port)] = answer == "yes"
    return Report(dict(sorted(nodes.items())), ports)
