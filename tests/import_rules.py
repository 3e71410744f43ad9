"""The laws about imports as contracts of import-linter, made from the source tree.

A module that is added is in the contracts from then on: no list has to be kept. Print them, or
check them by hand::

    python -m tests.import_rules > contracts.toml
    lint-imports --config contracts.toml
"""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("dssr", "connectors", "executors")
# What a plugin may import of dssr.
VOCABULARY = {
    "dssr",
    "dssr.deadline",
    "dssr.errors",
    "dssr.job",
    "dssr.record",
    "dssr.request_id",
    "dssr.seams",
    "dssr.seams.services",
    "dssr.service",
    "dssr.settings",
    "dssr.settings.types",
}
# Which package may import a library.
LIBRARIES = {
    "flask": "dssr.http",
    "werkzeug": "dssr.http",
    "jinja2": "dssr.http.web",
    "prometheus_client": "dssr.http",
    "pydantic": "dssr.http",
    "waitress": "dssr.http.serving",
    "authlib": "dssr.identity.provider",
    "joserfc": "dssr.identity.provider",
    "paramiko": "connectors.transports.ssh",
    "click": "dssr.cli",
    "pytest": "dssr.testing",
    "hypothesis": "dssr.testing",
}
# The parts of the command line that run or set up a bridge. All others use the client alone.
OF_THE_BRIDGE = {
    "dssr.cli.settings",
    *(f"dssr.cli.commands.{name}" for name in ("serve", "web", "settings")),
    *(f"dssr.cli.commands.{name}" for name in ("token", "doctor", "hostkey")),
}
# Commands, parsers, state maps and executors; and every module whose docstring says "Pure".
PURE = (
    "connectors.slurm.words",
    "executors",
    "dssr.upstream",
    "dssr.job",
    "dssr.record",
    "dssr.service",
    "dssr.errors",
)
INPUT_OUTPUT = (
    *("os", "io", "pathlib", "shutil", "tempfile", "fcntl", "mmap", "glob", "sqlite3"),
    *("socket", "select", "selectors", "ssl", "asyncio", "http", "urllib", "requests", "paramiko"),
    *("subprocess", "multiprocessing", "concurrent", "threading", "pwd", "grp", "resource"),
)
# The highest first; those on one line may import each other, but not in a circle.
LAYERS = (
    "testing",
    "__main__",
    "cli",
    "client",
    "http",
    "assembly : configuration",
    "templates",
    "access : doctor",
    "watch",
    "cluster : jobs",
    "services",
    "bridge",
    "observed",
    "identity",
    "form : upstream",
    "plugins : logs",
    "seams",
    "deadline : request_id",
    "settings",
    "record",
    "job : service",
    "errors",
)


def modules(root: Path = ROOT) -> Iterator[tuple[str, Path]]:
    """Every module of the packages, by its dotted name."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def is_in(module: str, packages: Sequence[str]) -> bool:
    """Whether the module is one of these packages or inside of one."""
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def pure_modules(root: Path = ROOT) -> list[str]:
    """The modules that must do no input or output."""
    return [
        name
        for name, path in modules(root)
        if is_in(name, PURE) or re.search(r"\bPure[.:]", ast.get_docstring(_tree(path)) or "")
    ]


def contracts(root: Path = ROOT) -> list[Mapping[str, object]]:
    """The laws, each as import-linter's settings for one contract."""
    return [
        *_who_imports_what(root),
        _what_uses_the_client(root),
        _what_is_pure(root),
        *_what_is_above_what(),
    ]


def _who_imports_what(root: Path) -> Iterator[Mapping[str, object]]:
    internal = {name for name, _ in modules(root) if is_in(name, ["dssr"])}
    yield {
        "name": "dssr imports no plugin: it resolves their names",
        "type": "forbidden",
        "source_modules": ["dssr"],
        "forbidden_modules": ["connectors", "executors"],
    }
    yield {
        "name": "Plugins import the vocabulary of dssr and nothing else of it",
        "type": "protected",
        "protected_modules": sorted(internal - VOCABULARY),
        "allowed_importers": ["dssr"],
    }
    for library, package in LIBRARIES.items():
        yield {
            "name": f"Only {package} imports {library}",
            "type": "protected",
            "protected_modules": [library],
            "allowed_importers": [package],
        }


def _what_uses_the_client(root: Path) -> Mapping[str, object]:
    commands = {name for name, _ in modules(root) if is_in(name, ["dssr.cli"])}
    parts = {".".join(name.split(".")[:2]) for name, _ in modules(root) if is_in(name, ["dssr"])}
    return {
        "name": "Commands for jobs use the client, and nothing else of dssr",
        "type": "forbidden",
        "source_modules": sorted(commands - OF_THE_BRIDGE),
        "forbidden_modules": sorted(parts - {"dssr", "dssr.cli", "dssr.client", "dssr.errors"}),
        "as_packages": False,
        "allow_indirect_imports": True,
    }


def _what_is_pure(root: Path) -> Mapping[str, object]:
    return {
        "name": "Commands, parsers, state maps and executors do no I/O",
        "type": "forbidden",
        "source_modules": pure_modules(root),
        "forbidden_modules": list(INPUT_OUTPUT),
        "as_packages": False,
        # What the vocabulary does inside is not done by the modules that use it.
        "ignore_imports": [f"** -> {name}" for name in sorted(VOCABULARY - {"dssr"})],
        "unmatched_ignore_imports_alerting": "none",
    }


def _what_is_above_what() -> Iterator[Mapping[str, object]]:
    yield {"name": "No import cycles", "type": "acyclic_siblings", "ancestors": list(PACKAGES)}
    yield {
        "name": "Each layer of dssr imports only the layers below it, and each module has one",
        "type": "layers",
        "containers": ["dssr"],
        "layers": list(LAYERS),
        "exhaustive": True,
    }


def configuration(root: Path = ROOT) -> str:
    """The contracts as text for a file ``*.toml``."""
    lines = [
        "[tool.importlinter]",
        f"root_packages = {_toml(PACKAGES)}",
        "include_external_packages = true",
    ]
    for contract in contracts(root):
        lines.append("[[tool.importlinter.contracts]]")
        lines += [f"{key} = {_toml(value)}" for key, value in contract.items()]
    return "\n".join([*lines, ""])


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    assert isinstance(value, Sequence)
    return f"[{', '.join(_toml(item) for item in value)}]"


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    print(configuration(), end="")
