"""A measured figure beside its baseline, and the table of them."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """``goal`` limits the ratio of ours to the baseline, or with ``difference``, ours minus the
    baseline."""

    name: str
    unit: str
    ours: float
    baseline: float
    against: str  # what the baseline is
    goal: float
    more_is_better: bool = False
    difference: bool = False
    note: str = ""
    load: float = field(default_factory=lambda: os.getloadavg()[0])

    @property
    def score(self) -> float:
        """The value that is compared with the goal."""
        if self.difference:
            return self.ours - self.baseline
        return self.ours / self.baseline if self.baseline else float("inf")

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        return self.score >= self.goal if self.more_is_better else self.score <= self.goal


_HEAD = ("figure", "ours", "baseline", "", "ratio", "goal", "", "load")


def table(figures: Sequence[Figure]) -> str:
    """The figures in columns, each followed by its note."""
    rows = [_HEAD, *(_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for at in reversed(range(len(figures))):
        if figures[at].note:
            lines.insert(at + 2, f"    {figures[at].note}")
    return "\n".join(lines)


def _row(figure: Figure) -> tuple[str, ...]:
    score = f"{figure.score:+.2g} {figure.unit}" if figure.difference else f"{figure.score:.2f}"
    return (
        figure.name,
        f"{figure.ours:.4g} {figure.unit}",
        f"{figure.baseline:.4g} {figure.unit}",
        figure.against,
        score,
        f"{'at least' if figure.more_is_better else 'at most'} {figure.goal:g}",
        "reached" if figure.reached else "MISSED",
        f"{figure.load:.1f}",
    )
