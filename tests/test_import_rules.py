"""The laws about imports hold, for every module that is in the source tree."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.import_rules import (
    INPUT_OUTPUT,
    LIBRARIES,
    OF_THE_BRIDGE,
    PACKAGES,
    PURE,
    ROOT,
    VOCABULARY,
    configuration,
    contracts,
    modules,
    pure_modules,
)

# Lines that break laws. An import in a function is one too.
BREACHES = {
    "dssr/bridge.py": "import connectors.dummy.connector",
    "connectors/dummy/jobs.py": "from dssr import bridge",
    "connectors/slurm/words/states.py": "import subprocess",
    "dssr/cli/commands/why.py": "from dssr import bridge",
    "dssr/errors.py": "def late():\n    from dssr import job",
    "dssr/job.py": "def late():\n    import dssr.access.tokens",
}
# Who may read the environment. The client reads it where a program makes one, as a default that a
# program can replace; ssh's sockets are where this user's are; others pass on to programs and jobs
# what is set for this machine's.
READERS = {
    *("dssr.cli.main", "dssr.client.client", "dssr.client.starting"),
    "connectors.transports.openssh.directory",
}
PASS_ON = {
    *("connectors.local.environment", "connectors.transports.environment", "dssr.testing.executor"),
}
DIRECT_IO = {"open", "print", "input", "time.sleep", "breakpoint"}


def check(root: Path) -> Mapping[str, str]:
    """What import-linter says of each law, KEPT or BROKEN, for the packages in that directory."""
    file = root / "contracts.toml"
    file.write_text(configuration(root))
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [program, "--no-cache", "--config", file], cwd=root, capture_output=True, text=True
    )
    verdicts = re.findall(r"^(.+) (KEPT|BROKEN)", done.stdout, re.MULTILINE)
    assert len(verdicts) == len(contracts(root)), done.stdout + done.stderr
    if "BROKEN" in dict(verdicts).values():
        print(done.stdout)
    return dict(verdicts)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the packages."""
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def test_the_laws_about_imports_are_kept(tmp_path: Path, copy: Path) -> None:
    """import-linter finds no breach of a law in the source tree."""
    assert {law for law, verdict in check(copy).items() if verdict != "KEPT"} == set()


def test_each_law_can_be_broken(copy: Path) -> None:
    """import-linter finds a breach of every law, also in a module that is new."""
    for name, line in BREACHES.items():
        with (copy / name).open("a") as file:
            file.write(f"\n{line}\n")
    (copy / "executors/new.py").write_text("\n".join(f"import {name}" for name in LIBRARIES))
    assert {law for law, verdict in check(copy).items() if verdict == "KEPT"} == set()


def test_the_lists_name_what_exists() -> None:
    """Every module that the laws name by hand exists."""
    names = {name for name, _ in modules()}
    assert (VOCABULARY | OF_THE_BRIDGE | set(LIBRARIES.values()) | set(PURE)) - names == set()
    assert set(PURE) <= set(pure_modules())
    assert {"connectors.transports.framing", "connectors.shared.batch"} <= set(pure_modules())
    assert set(INPUT_OUTPUT) - {"requests", "paramiko"} <= sys.stdlib_module_names


def test_pure_modules_call_nothing_that_does_input_or_output() -> None:
    """Commands, parsers, state maps and executors use no builtin that reads, writes or waits."""
    paths = dict(modules())
    found = [
        f"{name}:{node.lineno} {ast.unparse(node.func)}"
        for name in pure_modules()
        for node in ast.walk(ast.parse(paths[name].read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in DIRECT_IO
    ]
    assert found == []


def test_the_environment_is_read_in_one_place() -> None:
    """Settings come from the environment that the command or the client was given, and no other
    module looks into this process's own."""
    readers = {
        name
        for name, path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
    }
    assert readers == READERS | PASS_ON
