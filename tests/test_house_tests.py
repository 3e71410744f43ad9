"""The house rules for tests: each states a rule, asserts it, and is where the code is."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.source_tree import CODE, ROOT, Function, functions, place, python, tree

SHARED = {"contract", "bad_input", "attacks"}  # tests of several modules of a directory
SUITES = ROOT / "dssr/testing"
FRAGMENTS = (
    *("And ", "But ", "Or ", "So ", "Nor ", "Also ", "Then ", "Which ", "Whether ", "Though "),
    *("As ", "Than ", "Even ", "Is ", "Are ", "Has ", "Have ", "Does ", "Do ", "Not "),
    *("Neither ", "However ", "Whatever ", "Whoever "),
)


def _test_functions() -> Iterator[tuple[Path, Function]]:
    for path in [*python("tests"), *SUITES.glob("*.py")]:
        yield from ((path, f) for f in functions(tree(path)) if f.name.startswith("test_"))


def _called(function: Function) -> set[str]:
    """The names of what a function calls, methods by their last part."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {
        called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        for called in calls
    }


def _asserts(function: Function) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function))


def _asserting() -> set[str]:
    """The names of all helpers of the tests that assert, themselves or through another."""
    helpers = [
        f
        for path in [*python("tests"), *SUITES.glob("*.py")]
        for f in functions(tree(path))
        if not f.name.startswith("test_")
    ]
    known = {"raises", "fail", "pytest.raises"} | {f.name for f in helpers if _asserts(f)}
    while more := {f.name for f in helpers if _called(f) & known} - known:
        known |= more
    return known


def test_every_test_states_its_rule() -> None:
    """Every test has a docstring."""
    tests = _test_functions()
    assert [place(path, f) for path, f in tests if ast.get_docstring(f) is None] == []


def test_no_docstring_of_a_test_is_a_fragment() -> None:
    """A test's docstring is a sentence of its own, which ends with a full stop."""
    fragments = [
        place(path, f)
        for path, f in _test_functions()
        if (text := ast.get_docstring(f) or "").startswith(FRAGMENTS) or not text.endswith(".")
    ]
    assert fragments == []


def test_every_test_asserts_something() -> None:
    """Every test asserts, itself, by ``pytest.raises``, or through a helper that does."""
    asserting = _asserting()
    silent = [
        place(path, f)
        for path, f in _test_functions()
        if not _asserts(f) and not _called(f) & asserting
    ]
    assert silent == []


def _is_always_true(test: ast.expr) -> bool:
    """Whether an assertion cannot fail: a constant, a display or f-string, ``x or True``,
    ``len(x) >= 0``, a comparison of something with itself."""
    if isinstance(test, ast.Constant | ast.JoinedStr | ast.Lambda):
        return True
    if isinstance(test, ast.Tuple | ast.List | ast.Dict | ast.Set):
        return True
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return any(_is_always_true(value) for value in test.values)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, [right] = ast.unparse(test.left), test.comparators
        is_length = left.startswith("len(") and isinstance(test.ops[0], ast.GtE)
        is_same = left == ast.unparse(right) and "(" not in left  # two calls may differ
        return is_same or (is_length and ast.unparse(right) == "0")
    return False


def test_no_assertion_is_always_true() -> None:
    """No assertion is written so that it cannot fail."""
    paths = [*python("tests"), *SUITES.glob("*.py")]
    nodes = ((path, node) for path in paths for node in ast.walk(tree(path)))
    always = [
        place(p, n) for p, n in nodes if isinstance(n, ast.Assert) and _is_always_true(n.test)
    ]
    assert always == []


def test_no_assertion_repeats_that_there_is_no_result() -> None:
    """No test asserts that a function without a result returns ``None``; the call says as much."""
    text = "is None  # type: ignore[func-returns-" + "value]"
    found = [place(path) for path in python("tests", "dssr") if text in path.read_text("utf-8")]
    assert found == []


def test_tests_mirror_the_code() -> None:
    """tests/a/b/test_c_more.py tests a/b/c.py, or what all modules of a/b share."""
    strangers = []
    for path in (p for p in python("tests") if p.name.startswith("test_")):
        directory = path.parent.relative_to(ROOT / "tests")
        if directory.parts and directory.parts[0] in CODE:
            modules = {m.stem.strip("_") for m in (ROOT / directory).glob("*")} | SHARED
            if not any(f"{path.stem}_".startswith(f"test_{module}_") for module in modules):
                strangers.append(place(path))
    assert strangers == []


def test_every_room_of_the_code_has_tests() -> None:
    """Each directory of code has a directory of tests with its name."""
    rooms = {path.parent.relative_to(ROOT) for path in python(*CODE) if tree(path).body}
    tested = {path.parent.relative_to(ROOT / "tests") for path in python("tests")}
    assert {room for room in rooms if room not in tested and room.parent not in tested} == set()
