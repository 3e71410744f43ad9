"""Which files of a job are results, by their names. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Kind(StrEnum):
    """As what a file is shown."""

    PICTURE = "picture"  # in the gallery
    TABLE = "table"  # and as a plot of its columns
    PLOT = "plot"  # which describes a plot of a table
    VALUES = "values"  # one a line, beside those of another job
    PAGE = "page"  # in a sandbox


LARGEST_TABLE = 50_000_000  # bytes that are read
_SUFFIXES = {
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".webp", ".svg", ".gif"), Kind.PICTURE),
    **dict.fromkeys((".csv", ".tsv"), Kind.TABLE),
    **dict.fromkeys((".html", ".htm"), Kind.PAGE),
}
_VALUES = "results.json"
_PLOT = ".plot.json"
_LOOKED_FOR = {
    Kind.PICTURE: "pictures (*.png, *.jpg, *.webp, *.svg, *.gif)",
    Kind.TABLE: "tables with a header (*.csv, *.tsv)",
    Kind.PLOT: "descriptions of plots (NAME.plot.json)",
    Kind.VALUES: "values (results.json)",
    Kind.PAGE: "pages (*.html)",
}


def kind_of(path: str) -> Kind | None:
    """As what a file with this path is shown; ``None``: it is no result."""
    name = path.rpartition("/")[2].lower()
    if name == _VALUES:
        return Kind.VALUES
    if name.endswith(_PLOT) and name != _PLOT:
        return Kind.PLOT
    stem, dot, suffix = name.rpartition(".")
    return _SUFFIXES.get(dot + suffix) if stem else None


def found(paths: Iterable[str]) -> Mapping[Kind, list[str]]:
    """The results among these paths, sorted; each kind is there, if only with an empty list."""
    results: dict[Kind, list[str]] = {kind: [] for kind in Kind}
    for path in sorted(paths):
        if kind := kind_of(path):
            results[kind].append(path)
    return results


def missing(results: Mapping[Kind, list[str]]) -> list[str]:
    """What was looked for and not found, in words."""
    return [words for kind, words in _LOOKED_FOR.items() if not results[kind]]
