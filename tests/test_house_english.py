"""The house rules for English: docstrings, comments and messages are in plain words."""

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.source_tree import CODE, ROOT, python, tracked, tree

# A word, and what to write instead.
WORDS = {
    "nobody|whoever|anybody|somebody|everybody": ("a noun: no user, each caller, another process"),
    "tell|tells|told|telling": "report, say, return",
    "stands|standing|stood": "is",
    "he|him|his|himself|she|her|hers": "they, or the noun",
    "letter by letter": "exactly",
    "as it stands": "as it is",
    "counts at once|counts for nothing": "takes effect at once, has no effect",
    "guest house": "the login node is shared",
}
PATTERNS = {re.compile(rf"\b(?:{words})\b", re.IGNORECASE): cure for words, cure in WORDS.items()}
QUOTED = re.compile(r"``.*?``|`.*?`|(?<!\w)'[^'\n]*'(?!\w)", re.DOTALL)  # code and quotations
COMMENT = re.compile(r"(?:^|\s)#(?!!)\s?(.*)$", re.MULTILINE)
ITSELF = "tests/test_house_english.py"


def _documents(path: Path) -> Iterator[str]:
    """The docstrings and comments of a Python file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
    yield from (token.string for token in tokens if token.type == tokenize.COMMENT)


def _messages(path: Path) -> Iterator[str]:
    """The strings of a Python file that are sentences: errors, log lines, texts for users."""
    strings = (node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant))
    yield from (text for text in strings if isinstance(text, str) and text.count(" ") >= 3)


def _texts() -> Iterator[tuple[str, str]]:
    """The name of each file and its prose."""
    for path in python(*CODE, "deploy", "tests"):
        name = str(path.relative_to(ROOT))
        messages = [] if name.startswith("tests/") else _messages(path)
        yield name, "\n".join([*_documents(path), *messages])
    for name in tracked():
        if name.endswith((".sh", ".cfg", ".toml", ".yaml", ".yml", ".service")):
            yield name, "\n".join(COMMENT.findall((ROOT / name).read_text(encoding="utf-8")))


def found_in(text: str) -> Counter[str]:
    """The words of the list that a text contains, outside of code and quotations."""
    text = QUOTED.sub(" ", text)
    return Counter(m[0].lower() for pattern in PATTERNS for m in pattern.finditer(text))


def test_docstrings_comments_and_messages_are_plain() -> None:
    """The words of the list occur in no docstring, comment or message."""
    found = {name: words for name, text in _texts() if (words := found_in(text)) and name != ITSELF}
    assert {name: dict(words) for name, words in found.items()} == {}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Nobody knows whose it is.", 1),
        ("They are told, and he stands there.", 3),
        ("The user `nobody` and the text 'nobody asks' are quoted.", 0),
        ("The user's file isn't there.", 0),
        ("Another process reports the history of the theory.", 0),
    ],
)
def test_the_words_are_found_in_prose_alone(text: str, count: int) -> None:
    """The list's words are found as whole words, and not in code or quotations."""
    assert found_in(text).total() == count
