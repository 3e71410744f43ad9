"""Configuration -> a bridge: what the settings name is made and put together."""

from collections.abc import Callable
from typing import Any

from dssr.bridge import Bridge
from dssr.configuration import Configuration
from dssr.errors import DssrError, SettingsError
from dssr.identity import owners


def assemble(configuration: Configuration) -> tuple[Bridge, Callable[[], None]]:
    """The bridge, and what prepares it for its first submission: that may be slow, and raises nothing.

    Raises ``SettingsError`` with all that is wrong with the keys and files of the connector and of
    the jobs' owners, and with a plugin that cannot be made. Nothing is left open then.
    """
    settings = configuration.settings
    problems: list[str] = []
    ownership = _made(lambda: owners.build(settings), problems)
    connector = _made(lambda: configuration.connector.make(settings), problems)
    executor = _made(configuration.executor.make, problems)
    if not problems and ownership.users is not None:
        _made(lambda: connector.act_for(ownership.users), problems)
    if problems:
        if connector is not None:
            connector.close()
        raise SettingsError(problems)
    bridge = Bridge(connector, executor, settings, ownership.owner, configuration.executor_settings)
    return bridge, ownership.prepare


def _made(make: Callable[[], Any], problems: list[str]) -> Any:
    """What ``make`` returns; ``None`` where it raises, and then its sentences are in ``problems``."""
    try:
        return make()
    except SettingsError as error:
        problems.extend(error.problems)
    except DssrError as error:
        problems.append(error.message)
    return None
