"""Configuration -> a bridge: what the settings name is made and put together."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dssr.bridge import Bridge
from dssr.configuration import Configuration
from dssr.errors import DssrError, SettingsError
from dssr.identity import ownership
from dssr.jobs.launchers import Launchers
from dssr.seams import Connector, ServesInteractive, Way
from dssr.services.bridge_services import BridgeServices
from dssr.services.launching import launch
from dssr.services.memory import runtime_directory, state_directory
from dssr.services.port.doors import JobDoors
from dssr.services.port.services_port import ServicesPort
from dssr.settings import Settings


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
    bridge = Bridge(
        connector,
        executor,
        settings,
        whose.owner,
        configuration.executor_settings,
        JobDoors(services_port(connector, settings)),
        whose.owner_named,
    )
    return bridge, whose.prepare


def bridge_services(bridge: Bridge) -> BridgeServices:
    """The services that the bridge holds; none until ``resume``."""
    settings, executor = bridge.settings, (bridge.executor, bridge.executor_settings)
    launchers = Launchers(settings.executor, *executor, settings)
    doors = bridge.doors
    port = doors.port if isinstance(doors, JobDoors) else services_port(bridge.connector, settings)
    kept = Path(settings.services_dir) if settings.services_dir else state_directory({})
    return BridgeServices(
        bridge.connector,
        port,
        kept / "known" / port.folder.name,
        lambda spec: launch(spec, launchers.find),
        settings.snapshot_age,
    )


def services_port(connector: Connector, settings: Settings) -> ServicesPort:
    """The services port of a bridge: its process is started when the first address is needed."""
    cluster = dict(settings.summary()).get("cluster", "")
    kind = type(connector).__name__
    words = (kind, cluster, settings.state_dir, settings.scratch_dir, str(settings.services_port))
    mark = hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    way = connector.way_to_jobs if isinstance(connector, ServesInteractive) else _on_this_machine
    parent = Path(settings.services_dir) if settings.services_dir else runtime_directory({})
    return ServicesPort(parent / "bridges" / mark, settings, way)


def _on_this_machine() -> Way:
    return Way("", {})


def _made(make: Callable[[], Any], problems: list[str]) -> Any:
    """What ``make`` returns; where it raises, ``None``, and ``problems`` gets its sentences."""
    try:
        return make()
    except SettingsError as error:
        problems.extend(error.problems)
    except DssrError as error:
        problems.append(error.message)
    return None
