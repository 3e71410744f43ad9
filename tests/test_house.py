"""The house rules for code: linters, format, types, size, documentation, the top level."""

import ast
import re
import statistics
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_tree import (
    CODE,
    RECORDED,
    ROOT,
    VENDORED,
    Function,
    functions,
    place,
    python,
    tracked,
    tree,
)

TOP_LEVEL = {
    *("setup.cfg", "README.md", "pyproject.toml", ".ci", ".gitignore"),
    *("dssr", "connectors", "executors", "tests", "deploy", "docs"),
}
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION, WIDEST_LINE = 300, 35, 10, 100
SHARED = {"contract", "bad_input", "attacks"}  # tests of several modules of a directory
WRAPPED = (".py", ".sh", ".cfg", ".toml", ".yml", ".yaml", ".service", ".conf", "Dockerfile")
# Words of a machine, a person or a tracker, which are not the project's.
PRIVATE = {
    "a directory of the machine it was made on": (
        r"(?<![\w.$}/-])/(?:work|mnt|Users|home/(?!jarvice|alice|bob)\w+)/\w"
    ),
    "a package registry's or mirror's host": (
        r"\b(?:deb|pypi|files|mirrors?|ftp|archive)\.[a-z-]+\.(?:org|com|net|io)\b"
    ),
    "the number of an issue": r"\b[Ii]ssue #?\d|(?<![\w&$])#\d+\b",
    "this checkout": re.escape(f"{ROOT}/"),
}


@pytest.mark.parametrize(
    "words",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy",),
        ("mypy", "--explicit-package-bases", "deploy", "tests"),
    ],
    ids=" ".join,
)
def test_tools_find_nothing(words: tuple[str, ...]) -> None:
    """Linter, formatter and type checker find nothing, as pyproject.toml sets them up."""
    program = Path(sys.executable).parent / words[0]
    done = subprocess.run(
        [program, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_top_level_holds_what_it_may() -> None:
    """The top level has the packages, the tests, the documents, and no other files."""
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


def test_no_file_is_long() -> None:
    """A file of Python or shell code has at most 300 lines."""
    names = [name for name in tracked() if name.endswith((".py", ".sh"))]
    lengths = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in names}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_line_is_wide() -> None:
    """A line of code, also in a docstring, a comment or a string, has at most 100 columns."""
    wide = [
        f"{name}:{number}"
        for name in tracked()
        if name.endswith(WRAPPED) and not name.startswith(RECORDED)
        for number, line in enumerate((ROOT / name).read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > WIDEST_LINE
    ]
    assert wide == []


def _lines(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def _length(function: Function) -> int:
    """In lines, without its docstring."""
    documented = ast.get_docstring(function) is not None
    return _lines(function) - (_lines(function.body[0]) if documented else 0)


def test_no_function_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    """A function has at most 35 lines without its docstring; half of them have at most 10."""
    found = {
        place(path, f): _length(f)
        for path in python(*CODE, "deploy", "tests")
        for f in functions(tree(path))
    }
    median = statistics.median(_length(f) for path in python(*CODE) for f in functions(tree(path)))
    with capsys.disabled():
        print(f"\n{len(found)} functions, the longest of {max(found.values())} lines; ", end="")
        print(f"the code's median is {median:g}")
    assert {name: length for name, length in found.items() if length > LONGEST_FUNCTION} == {}
    assert median <= MEDIAN_FUNCTION


def test_private_functions_that_are_used_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the share of private functions, and of those that are called in one place alone."""
    private = once = total = 0
    for path in python(*CODE):
        names = [f.name for f in functions(tree(path))]
        used = Counter(
            node.attr if isinstance(node, ast.Attribute) else node.id
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Attribute | ast.Name)
        )
        mine = [n for n in names if n.startswith("_") and not n.startswith("__")]
        mine = [n for n in mine if not n.endswith("_")]  # which notebooks call
        total, private = total + len(names), private + len(mine)
        once += sum(used[name] == 1 for name in mine)
        assert [f"{path}: {name}" for name in mine if not used[name]] == [], "used nowhere"
    with capsys.disabled():
        print(f"\n{private} of {total} functions are private, {once} of them used once")


def test_files_speak_of_the_project_alone() -> None:
    """No file names the machine, the registries or the trackers that it was made with."""
    found = [
        f"{name}: {what}: {match[0]}"
        for name in tracked()
        if not name.startswith(RECORDED + VENDORED) and not name.endswith(".png")
        for what, pattern in PRIVATE.items()
        for match in re.finditer(pattern, (ROOT / name).read_text(encoding="utf-8"))
    ]
    assert found == []


def _public(parent: ast.Module | ast.ClassDef) -> Iterator[Function | ast.ClassDef]:
    for node in parent.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node)


def test_everything_public_is_documented() -> None:
    """Every public class, method and function has a docstring."""
    nodes = [(path, node) for path in python(*CODE, "deploy") for node in _public(tree(path))]
    assert [place(path, node) for path, node in nodes if ast.get_docstring(node) is None] == []


def test_every_module_says_what_it_is_for() -> None:
    """Every module has a docstring; files of tests may do without."""
    paths = python(*CODE, "deploy", "tests")
    modules = {path: tree(path) for path in paths if not path.name.startswith("test_")}
    undocumented = [
        place(path)
        for path, module in modules.items()
        if module.body and ast.get_docstring(module) is None
    ]
    assert undocumented == []
