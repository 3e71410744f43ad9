"""Settings -> plugins -> a bridge: what the settings name is made and put together."""

from collections.abc import Callable
from typing import TypeVar

from dssr import plugins
from dssr.bridge import Bridge
from dssr.errors import DssrError, SettingsError
from dssr.identity import owners
from dssr.seams import ActsForUsers, Connector, Users
from dssr.settings import Settings

_Made = TypeVar("_Made")


def assemble(understood: Settings) -> tuple[Bridge, Callable[[], None]]:
    """The bridge, and what gets it ready for its first submission: that may be slow, and raises nothing.

    Raises ``SettingsError`` with all that is wrong with its plugins, or else with all that is wrong with the keys and files of
    connector and owners. Nothing is left open then.
    """
    problems: list[str] = []
    make_connector = _tried(lambda: plugins.connector(understood.connector), problems)
    make_executor = _tried(lambda: plugins.executor(understood.executor), problems)
    if make_connector is None or make_executor is None:
        raise SettingsError(problems)
    whose = _tried(lambda: owners.build(understood), problems)
    connector: Connector | None = _tried(lambda: make_connector(understood), problems)
    executor = _tried(make_executor, problems)
    if whose is None or connector is None or executor is None:
        if connector is not None:
            connector.close()
        raise SettingsError(problems)
    return Bridge(
        _acting(connector, whose.users, understood), executor, understood, whose.owner
    ), whose.prepare


def lacking(understood: Settings) -> list[str]:
    """A sentence about each plugin that cannot be had."""
    problems: list[str] = []
    _tried(lambda: plugins.connector(understood.connector), problems)
    _tried(lambda: plugins.executor(understood.executor), problems)
    return problems


def _tried(make: Callable[[], _Made], problems: list[str]) -> _Made | None:
    try:
        return make()
    except SettingsError as error:
        problems.extend(error.problems)
    except DssrError as error:
        problems.append(error.message)
    return None


def _acting(connector: Connector, users: Users | None, understood: Settings) -> Connector:
    if users is None:
        return connector
    if not isinstance(connector, ActsForUsers):
        connector.close()
        raise SettingsError([
            f"JARVICE_SLURM_USERS is {understood.users!r}, and the connector {understood.connector!r} runs all jobs as one: "
            "use the slurm connector, or leave JARVICE_SLURM_USERS out."
        ])  # fmt: skip
    connector.act_for(users)
    return connector
