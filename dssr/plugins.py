"""A plugin's name -> its class, or one sentence that says why not.

A name is that of an entry point in the group ``dssr.connectors`` or ``dssr.executors`` of an
installed package (``slurm``), a dotted module whose ``plugin`` is meant
(``connectors.slurm.connector``: deployments of the reference have it), or ``package.module:Class``.
"""

import difflib
import importlib
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import Field, dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from dssr.errors import DssrError, PluginError
from dssr.settings import Settings

log = logging.getLogger(__name__)
_DEFAULT_CLASS = "plugin"


@dataclass(frozen=True)
class Kind:
    """A kind of plugin: the word for it, its entry points' group, a method that it must have."""

    word: str
    group: str
    method: str


CONNECTOR = Kind("connector", "dssr.connectors", "submit")
EXECUTOR = Kind("executor", "dssr.executors", "launch")
FORWARDS = Kind("way to forward ports", "dssr.forwards", "open")


@dataclass(frozen=True)
class Plugin:
    """A plugin that was found, under the name by which it was asked for."""

    kind: Kind
    name: str
    plugin_class: type[Any]

    def __str__(self) -> str:
        return f"{self.kind.word} {self.name!r}"

    def make(self, *arguments: Any) -> Any:
        """An instance. Raises ``PluginError``, or the ``DssrError`` that the plugin raises."""
        with self.failing("be made"):
            return self.plugin_class(*arguments)

    @contextmanager
    def failing(self, doing: str) -> Iterator[None]:
        """Within the block the plugin's own code runs: what it raises becomes one sentence.

        A ``DssrError`` passes as it is: it is written for the reader of the log.
        """
        try:
            yield
        except DssrError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(
                f"The {self} cannot {doing}: {type(error).__name__}: {_cause(error)}."
            ) from error

    @property
    def settings_class(self) -> type[Settings]:
        """The class of the plugin's settings. Raises ``PluginError`` where it is none."""
        kind = getattr(self.plugin_class, "settings_class", Settings)
        label = f"The {self}: its settings_class {getattr(kind, '__name__', kind)}"
        if not (isinstance(kind, type) and issubclass(kind, Settings)):
            raise PluginError(f"{label} does not derive from dssr.settings.Settings.")
        if any(isinstance(value, Field) for value in vars(kind).values()):
            raise PluginError(f"{label} lacks the line @dataclass(frozen=True).")
        return kind


def find(kind: Kind, name: str) -> Plugin:
    """The plugin of that name. Raises ``PluginError`` with the cause where there is none."""
    candidates = entry_points(group=kind.group, name=name)
    if len({entry.value for entry in candidates}) > 1:
        raise PluginError(
            f"Several installed packages have the {kind.word} {name!r}: write which one you mean, "
            f"{' or '.join(sorted(entry.value for entry in candidates))}."
        )
    if candidates:
        (entry, *_) = candidates
        return _load(kind, name, entry.module, entry.attr or _DEFAULT_CLASS)
    module, colon, attribute = name.partition(":")
    if not (colon or "." in module):
        raise PluginError(f"There is no {kind.word} {name!r}{_others(kind, name)}")
    if not all(part.isidentifier() for part in f"{module}.{attribute or 'x'}".split(".")):
        raise PluginError(f"{name!r} is no name of a {kind.word}{_others(kind, name)}")
    return _load(kind, name, module, attribute or _DEFAULT_CLASS)


def names(kind: Kind) -> list[str]:
    """The names of the plugins of installed packages, usable or not."""
    return sorted(entry.name for entry in _entries(kind))


def installed() -> Iterator[Plugin]:
    """All usable plugins of installed packages, connectors first, by name."""
    for kind in (CONNECTOR, EXECUTOR):
        for entry in _entries(kind):
            try:
                plugin = _load(kind, entry.name, entry.module, entry.attr or _DEFAULT_CLASS)
                _ = plugin.settings_class
            except PluginError as error:
                log.debug("left out: %s", error.message)
            else:
                yield plugin


def _load(kind: Kind, name: str, module_name: str, attribute: str) -> Plugin:
    asked = Plugin(kind, name, object)
    try:
        with asked.failing("be imported"):
            module = importlib.import_module(module_name)
    except PluginError as error:
        if missing := _missing_module(error.__cause__, module_name):
            raise PluginError(
                f"The {asked}: there is no module {missing!r} on the Python path: check the name, "
                "or install its package (or set PYTHONPATH)."
            ) from error
        raise
    found = getattr(module, attribute, None)
    if found is None:
        raise PluginError(f"The {asked}: the module {module_name} has no {attribute!r}.")
    if not (isinstance(found, type) and callable(getattr(found, kind.method, None))):
        raise PluginError(
            f"The {asked} is no {kind.word}: {attribute!r} of {module_name} is not a class with "
            f"the method {kind.method!r}."
        )
    return replace(asked, plugin_class=found)


def _missing_module(error: BaseException | None, module_name: str) -> str:
    """The plugin's own module, or a package around it, where just that was not found."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    return error.name if f"{module_name}.".startswith(f"{error.name}.") else ""


def _cause(error: BaseException) -> str:
    """What an exception says on one line, and where in the plugin it was raised."""
    words = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, SyntaxError):
        return words  # which have the place
    frames = [
        f"{frame.filename}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename != __file__ and not frame.filename.startswith("<frozen ")
    ]
    return f"{words} ({frames[-1]})" if frames else words


def _others(kind: Kind, name: str) -> str:
    found = names(kind)
    near = difflib.get_close_matches(name, found, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return f"{hint}: installed are {', '.join(found)}; or write 'package.module:Class'."


def _entries(kind: Kind) -> list[EntryPoint]:
    """Each name once."""
    return list({entry.name: entry for entry in sorted(entry_points(group=kind.group))}.values())
