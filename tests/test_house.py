"""The house rules: linters, format, types, imports, size, documentation, and what stands at the top."""

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP_LEVEL = {
    "setup.cfg", "README.md", "dssr", "connectors", "executors", "tests", "deploy", "docs", "pyproject.toml", ".ci",
    ".gitignore",
}  # fmt: skip
CODE = ("dssr", "connectors", "executors")
LONGEST_FILE, LONGEST_FUNCTION, MEDIAN_FUNCTION = 300, 35, 10
SHARED = {"contract", "bad_input", "attacks"}  # what tests of a whole room are about
Function = ast.FunctionDef | ast.AsyncFunctionDef

# what is a machine's, a person's or a tracker's and not the project's
PRIVATE = {
    "a directory of the machine it was made on": r"(?<![\w.$}/-])/(?:work|mnt|Users|home/(?!jarvice|alice|bob)\w+)/\w",
    "a package registry's or mirror's host": r"\b(?:deb|pypi|files|mirrors?|ftp|archive)\.[a-z-]+\.(?:org|com|net|io)\b",
    "the number of an issue": r"\b[Ii]ssue #?\d|(?<![\w&$])#\d+\b",
    "this checkout": re.escape(f"{ROOT}/"),
}
RECORDED = "tests/connectors/slurm/recorded/"  # what Slurm said, not what anybody wrote


def _tracked() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def _python(*tops: str) -> list[Path]:
    return [
        ROOT / name for name in _tracked() if name.endswith(".py") and name.split("/")[0] in tops
    ]


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(tree: ast.AST) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def _length(function: Function) -> int:
    """In lines, its docstring apart: to say more is no fault."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    return _lines(function) - (_lines(first) if documented else 0)


def _lines(node: ast.stmt) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def _name(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)} {getattr(node, 'name', '')}"


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
    """Linter, formatter, type checker and import rules, as pyproject.toml sets them up."""
    program = Path(sys.executable).parent / words[0]
    done = subprocess.run(
        [program, *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_top_level_holds_what_it_may() -> None:
    """A newcomer sees the rooms of the house and nothing else."""
    assert {name.split("/")[0] for name in _tracked()} <= TOP_LEVEL


def test_no_file_is_long() -> None:
    """One idea a file: at most 300 lines of code, shell included."""
    names = [name for name in _tracked() if name.endswith((".py", ".sh"))]
    lengths = {name: len((ROOT / name).read_text(encoding="utf-8").splitlines()) for name in names}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    """At most 35 lines each, its docstring apart, and half of the code's at most 10."""
    found = {
        _name(path, f): _length(f)
        for path in _python(*CODE, "deploy", "tests")
        for f in _functions(_tree(path))
    }
    median = statistics.median(
        _length(f) for path in _python(*CODE) for f in _functions(_tree(path))
    )
    with capsys.disabled():
        print(
            f"\n{len(found)} functions, the longest of {max(found.values())} lines; the code's median is {median:g}"
        )
    assert {name: length for name, length in found.items() if length > LONGEST_FUNCTION} == {}
    assert median <= MEDIAN_FUNCTION


def test_files_speak_of_the_project_alone() -> None:
    """Nothing of the machine, the registries or the trackers that it was made with."""
    found = [
        f"{name}: {what}: {match[0]}"
        for name in _tracked()
        if not name.startswith(RECORDED)
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
    """Every class, method and function that others may use says what it is."""
    nodes = [(path, node) for path in _python(*CODE, "deploy") for node in _public(_tree(path))]
    assert [_name(path, node) for path, node in nodes if ast.get_docstring(node) is None] == []


def test_every_module_says_what_it_is_for() -> None:
    """In its docstring; so do the tests' helpers."""
    trees = {
        path: _tree(path)
        for path in _python(*CODE, "deploy", "tests")
        if not path.name.startswith("test_")
    }
    assert [
        _name(path) for path, tree in trees.items() if tree.body and ast.get_docstring(tree) is None
    ] == []


def _tests() -> Iterator[tuple[Path, Function]]:
    for path in _python("tests"):
        yield from ((path, f) for f in _functions(_tree(path)) if f.name.startswith("test_"))


def _called(function: Function) -> set[str]:
    """The names of what a function calls, methods by their last part."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {
        called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        for called in calls
    }


def _asserting() -> set[str]:
    """The names of all helpers of the tests that assert, themselves or through another."""
    helpers = [
        f
        for path in _python("tests")
        for f in _functions(_tree(path))
        if not f.name.startswith("test_")
    ]
    known = {"raises", "fail", "pytest.raises"} | {f.name for f in helpers if _asserts(f)}
    while more := {f.name for f in helpers if _called(f) & known} - known:
        known |= more
    return known


def _asserts(function: Function) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function))


def test_every_test_states_its_rule() -> None:
    """In its docstring."""
    assert [_name(path, f) for path, f in _tests() if ast.get_docstring(f) is None] == []


def test_every_test_asserts_something() -> None:
    """Itself, by `pytest.raises`, or through a helper that does."""
    asserting = _asserting()
    assert [
        _name(path, f) for path, f in _tests() if not _asserts(f) and not _called(f) & asserting
    ] == []


def test_tests_mirror_the_code() -> None:
    """tests/a/b/test_c_more.py tests a/b/c.py, or what all of a/b's modules share."""
    strangers = []
    for path in (p for p in _python("tests") if p.name.startswith("test_")):
        place = path.parent.relative_to(ROOT / "tests")
        if place.parts and place.parts[0] in CODE:
            modules = {m.stem.strip("_") for m in (ROOT / place).glob("*")} | SHARED
            if not any(f"{path.stem}_".startswith(f"test_{module}_") for module in modules):
                strangers.append(_name(path))
    assert strangers == []


def test_every_room_of_the_code_has_tests() -> None:
    """Each directory of code has one of tests, named as it is."""
    rooms = {path.parent.relative_to(ROOT) for path in _python(*CODE) if _tree(path).body}
    tested = {path.parent.relative_to(ROOT / "tests") for path in _python("tests")}
    assert {room for room in rooms if room not in tested and room.parent not in tested} == set()
