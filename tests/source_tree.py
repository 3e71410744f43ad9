"""The project's files as the house rules see them."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = ("dssr", "connectors", "executors")
RECORDED = (
    "tests/connectors/slurm/recorded/",  # Slurm's own words
    "tests/dssr/http/web/recorded/",  # hostile output of jobs, not all of it text
)
VENDORED = (  # files of other projects
    "dssr/http/v1/static/vendor/",
    "dssr/http/web/static/vendor/",
    "tests/browser/vendor/",
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tracked() -> tuple[str, ...]:
    """The names of all files in git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return tuple(name for name in listed.stdout.split("\0") if name and (ROOT / name).exists())


def python(*tops: str) -> list[Path]:
    """The Python files in these directories of the top level."""
    names = (name for name in tracked() if name.endswith(".py") and name.split("/")[0] in tops)
    return [ROOT / name for name in names]


@cache
def tree(path: Path) -> ast.Module:
    """The module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(node: ast.AST) -> Iterator[Function]:
    """All functions and methods inside of it."""
    return (inner for inner in ast.walk(node) if isinstance(inner, Function))


def place(path: Path, node: ast.AST | None = None) -> str:
    """The file, line and name, as a failed test shows it."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}"
