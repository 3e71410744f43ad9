"""Which metrics and labels a query of Prometheus names."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LISTS = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_TIMES = re.compile(r"\[\d+[smhd]\]|\boffset\s+\w+")
_SELECTOR = re.compile(
    r"(?<![\w.])([a-z_:][\w:]*)(?![\w:]|\s*\()\s*(?:\{([^}]*)\})?", re.IGNORECASE
)
_MATCHER = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_WORDS = {"and", "or", "unless", "bool", "inf", "nan"}


@dataclass(frozen=True)
class Selector:
    """A metric, and the labels by which some of its series are selected, with their values."""

    metric: str
    labels: tuple[tuple[str, str], ...]


def selectors(query: str) -> Iterator[Selector]:
    """All metrics of a query."""
    for metric, matchers in _SELECTOR.findall(_LISTS.sub(" ", _TIMES.sub("", query))):
        if metric not in _WORDS:
            yield Selector(metric, tuple(_MATCHER.findall(matchers)))


def grouping(query: str) -> set[str]:
    """The labels by which a query adds up or compares."""
    lists = _LISTS.findall(query)
    return {label for labels in lists for each in labels.split(",") if (label := each.strip())}
