"""The handbook's page on services, and what it says of other tools."""

import ast
import inspect
import re

import pytest

from dssr.cli import reference
from dssr.services import run_sync, start
from tests.deploy.services.wheels import EXAMPLES, NAMES
from tests.docs.markdown import ROOT, Page, handbook
from tests.source_tree import CODE, functions, tree

PAGE = handbook("services")
OLD = """
    --hpc-system-url --fallback-system-url --jumphost-url --local-hpc-script-dir --hpc-script-dir
    --copy --debug --retries --local-port --heartbeat-time --username --jumphost-username
    --hpc-job-name --server-and-port-file --max-attempts-get-server-and-port
    --delay_between_server_and_port --daemonize
    SSH_USER LOGIN_NODE REMOTE_DIR LOCAL_PORT PORT CREDENTIALS APP_PATH STATUS_FILE
"""
ARGUMENTS = """
    hpc_system_url local_port username local_hpc_script_dir jumphost_url jumphost_username retries
"""
COMPLAINTS = 22
OPTION = re.compile(r"(?<![\w-])--[a-z][\w-]*")
NAMED_TEST = re.compile(r"`(?:(tests/[\w/]+\.py)::)?(test_\w+)`")


def rows(text: str) -> list[list[str]]:
    """The cells of the tables of a section, without their heads."""
    lines = re.findall(r"^\| (.*) \|$", text, re.MULTILINE)
    return [line.split(" | ") for line in lines[1:]]


def options(command: str) -> set[str]:
    """The options of a command, its global ones included."""
    found = [one for one in reference.commands() if one.name == command]
    assert found, f"there is no command {command!r}"
    described = (*found[0].options, *reference.global_options())
    return {option for names, _ in described for option in OPTION.findall(names)}


def test_each_flag_of_older_tools_has_its_row() -> None:
    """The table has each flag and variable of the older tools once."""
    first = [cell for cell, *_ in rows(PAGE.section("From other tools"))]
    named = [name for cell in first for name in re.findall(r"^`([^`]+)`", cell)]
    assert sorted(named) == sorted(OLD.split())


def test_the_equivalents_are_options_of_up() -> None:
    """Each option that the table names as an equivalent is one of ``up``, as its help shows it, or
    of ``status`` where that is what is named."""
    for _, here in rows(PAGE.section("From other tools")):
        command = "status" if "service status" in here else "up"
        assert set(OPTION.findall(here)) <= options(f"dssr service {command}"), here


def test_run_sync_has_the_arguments_of_the_older_tool() -> None:
    """The page shows a call with each argument of the older tool's function, in its order, and the
    function has them; what it has beside them, no caller needs."""
    calls = [block.text for block in PAGE.blocks("python") if "run_sync(" in block.text]
    (call,) = [node for node in ast.walk(ast.parse(calls[0])) if isinstance(node, ast.Call)]
    names = list(inspect.signature(run_sync).parameters.values())
    assert [word.arg for word in call.keywords] == ARGUMENTS.split()
    assert [one.name for one in names[: len(call.keywords)]] == ARGUMENTS.split()
    assert all(one.default is not one.empty for one in names[1:])


def test_start_can_be_called_as_shown() -> None:
    """The call of ``start`` that the page shows fits its signature."""
    calls = [block.text for block in PAGE.blocks("python") if "start(" in block.text]
    nodes = [node for node in ast.walk(ast.parse(calls[0])) if isinstance(node, ast.Call)]
    (call,) = [n for n in nodes if isinstance(n.func, ast.Name) and n.func.id == "start"]
    given = inspect.signature(start).bind(*call.args, **{str(w.arg): w for w in call.keywords})
    assert "members" not in given.arguments


@pytest.mark.parametrize(
    "text",
    [PAGE, *(Page(f"{name}", (EXAMPLES / name / "README.md").read_text()) for name in NAMES)],
    ids=lambda text: text.name,
)
def test_commands_have_the_options_that_are_shown(text: Page) -> None:
    """Each line that runs ``dssr service`` names a command and options that there are."""
    blocks = [block.text for block in (*text.blocks("sh"), *text.blocks("console"))]
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    shown = [re.findall(r"dssr service (\w+)([^#]*?)(?: -- .*)?(?:#.*)?$", line) for line in lines]
    commands = [found for line in shown for found in line]
    assert commands
    for command, words in commands:
        assert set(OPTION.findall(words)) <= options(f"dssr service {command}"), words


def test_messages_are_shown_as_they_are_written() -> None:
    """Each sentence that the page explains is one that a program writes."""
    cells = [cell for cell, *_ in rows(PAGE.section("When something is wrong"))]
    sentences = [found for cell in cells for found in re.findall(r"`([A-Z][^`]+)`", cell)]
    assert len(sentences) >= 3
    files = [path for package in CODE for path in (ROOT / package).rglob("*.*")]
    texts = "".join(file.read_text() for file in files if file.suffix in (".py", ".sh"))
    pieces = [piece.strip() for sentence in sentences for piece in sentence.split("...")]
    assert [piece for piece in pieces if piece not in texts] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_is_one_screen(name: str) -> None:
    """The README of an example fits on a screen."""
    assert len((EXAMPLES / name / "README.md").read_text().splitlines()) <= 40


def test_each_complaint_is_answered_by_a_test() -> None:
    """Each complaint about other tools has its row, and the tests that it names exist."""
    found = rows(handbook("comparison").section("Services"))
    assert len(found) == COMPLAINTS
    for complaint, _, tests in found:
        named = NAMED_TEST.findall(tests)
        assert named, complaint
        file = named[0][0]
        known = {one.name for one in functions(tree(ROOT / file))}
        assert {name for _, name in named} <= known, complaint
