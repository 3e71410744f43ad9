"""A short name or a dotted path -> the plugin, or one clear error.

``slurm`` means the class that ``connectors.slurm.connector`` calls ``plugin``; a dotted module (what the field has in its
deployment files) means the same of that module; ``pkg.mod:Class`` names a class anywhere on the Python path.
"""

import importlib
import importlib.util
import pkgutil
from typing import Any

from dssr.errors import PluginError


def connector(name: str) -> Any:
    """The connector class of that name: called with the settings, it gives a ``Connector``. Raises ``PluginError``."""
    return _find(name, "connector", "connectors", "connectors.{}.connector")


def executor(name: str) -> Any:
    """The executor class of that name: called without arguments, it gives an ``Executor``. Raises ``PluginError``."""
    return _find(name, "executor", "executors", "executors.{}")


def _find(name: str, kind: str, package: str, pattern: str) -> Any:
    module_name, _, attribute = name.partition(":")
    if "." not in module_name and not attribute:
        module_name = pattern.format(module_name)
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not (module_name + ".").startswith(error.name + "."):
            raise PluginError(
                f"The {kind} {name!r} needs the Python module {error.name!r}, which is not installed."
            ) from error
        raise PluginError(
            f"There is no {kind} {name!r}: use {_choices(package)}, or 'package.module:Class'."
        ) from error
    except (ValueError, TypeError) as error:
        raise PluginError(
            f"{name!r} is no name of a {kind}: use {_choices(package)}, or 'package.module:Class'."
        ) from error
    try:
        found = getattr(module, attribute or "plugin")
    except AttributeError as error:
        raise PluginError(
            f"The {kind} {name!r}: module {module_name} has no {attribute or 'plugin'!r}."
        ) from error
    if not (isinstance(found, type) and hasattr(found, _MAIN_METHOD[kind])):
        raise PluginError(
            f"{name!r} is no {kind}: {attribute or 'plugin'!r} of {module_name} is not a class with {_MAIN_METHOD[kind]!r}."
        )
    return found


def _choices(package: str) -> str:
    found = importlib.util.find_spec(package)
    places = list(found.submodule_search_locations or ()) if found else []
    names = sorted(m.name for m in pkgutil.iter_modules(places) if m.name not in _NOT_PLUGINS)
    return ", ".join(names)


_MAIN_METHOD = {
    "connector": "submit",
    "executor": "launch",
}  # by which something else is told from a plugin
_NOT_PLUGINS = frozenset({"transports", "shared"})
