"""Configuration -> a bridge: what the settings name is made and put together."""

from collections.abc import Callable
from typing import Any

from dssr.bridge import Bridge
from dssr.configuration import Configuration
from dssr.errors import DssrError, SettingsError
from dssr.identity import ownership


def assemble(configuration: Configuration) -> tuple[Bridge, Callable[[], None]]:
    """The bridge, and a function that prepares it for its first submission.

    The function may take seconds and raises nothing. Raises ``SettingsError`` with all that is
    wrong with the keys and files of the connector and of the jobs' owners, and with a plugin that
    cannot be made. Nothing is left open then.
    """
    settings = configuration.settings
    problems: list[str] = []
    whose = _made(lambda: ownership.build(settings), problems)
    connector = _made(lambda: configuration.connector.make(settings), problems)
    executor = _made(configuration.executor.make, problems)
    if not problems and whose.users is not None:
        _made(lambda: connector.act_for(whose.users), problems)
    if problems:
        if connector is not None:
            connector.close()
        raise SettingsError(problems)
    bridge = Bridge(connector, executor, settings, whose.owner, configuration.executor_settings)
    return bridge, whose.prepare


def _made(make: Callable[[], Any], problems: list[str]) -> Any:
    """What ``make`` returns; where it raises, ``None``, and ``problems`` gets its sentences."""
    try:
        return make()
    except SettingsError as error:
        problems.extend(error.problems)
    except DssrError as error:
        problems.append(error.message)
    return None
