"""Environment -> a configuration: checked settings and the plugins that they name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dssr import plugins
from dssr.access import token_file
from dssr.access.audit_file import AuditFile
from dssr.errors import DssrError, PluginError, SettingsError
from dssr.plugins import CONNECTOR, EXECUTOR, Kind, Plugin
from dssr.seams import ActsForUsers
from dssr.settings import Settings, names, profile
from dssr.settings.reading import read, variables
from dssr.settings.validation import completed, contradictions
from dssr.settings.warnings import warnings


@dataclass(frozen=True)
class Configuration:
    """What the environment asks for, after all checks.

    ``settings`` holds the settings of the core and of the connector, ``executor_settings`` those of
    the core and of the executor. ``summary`` has the plugins' lines of the start-up report,
    ``warnings`` a sentence about each variable that is accepted but unsafe or without effect.
    """

    connector: Plugin
    executor: Plugin
    settings: Settings
    executor_settings: Settings
    summary: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass
class _Checked:
    """A plugin, its settings, and what is wrong with them."""

    plugin: Plugin
    settings: Settings
    unread: dict[str, str]
    found: list[str] = field(default_factory=list)


def load(environ: Mapping[str, str], *, files: bool = True) -> Configuration:
    """The one way to settings that have been checked, those of the site's profile among them.

    Raises ``SettingsError`` with every problem at once: each variable that cannot be read, each
    contradiction, each plugin that cannot be had, and (unless ``files`` is False) each file that
    cannot be used. What only follows from a variable that cannot be read is left out.
    """
    environ = profile.applied(environ)
    core, _ = read(environ, Settings)
    lacking: list[str] = []
    connector = _find(CONNECTOR, core.connector or _default_connector(environ), lacking)
    default = getattr(connector.plugin_class, "default_executor", "singularity")
    executor = _find(EXECUTOR, core.executor or default, lacking)
    chosen = {"connector": connector.name, "executor": executor.name}
    own, launching = (_check(plugin, environ, chosen, files) for plugin in (connector, executor))
    found = [*own.found, *launching.found, *lacking]
    if not lacking:
        found += _jobs_without_owners(connector, own.settings)
    if files:
        found += _unusable_files(own.settings)
    unread = own.unread | launching.unread
    follow = {problem for problem in found if any(name in problem for name in unread)}
    if problems := [*unread.values(), *(p for p in dict.fromkeys(found) if p not in follow)]:
        raise SettingsError(problems)
    return _configuration(own, launching, environ)


def _default_connector(environ: Mapping[str, str]) -> str:
    return "slurm" if environ.get("JARVICE_SLURM_CLUSTER_ADDR", "").strip() else "local"


def _find(kind: Kind, name: str, lacking: list[str]) -> Plugin:
    """The plugin, or a stand-in without settings of its own where it cannot be had."""
    try:
        return plugins.find(kind, name)
    except PluginError as error:
        lacking.append(error.message)
        return Plugin(kind, name, object)


def _check(
    plugin: Plugin, environ: Mapping[str, str], chosen: Mapping[str, Any], files: bool
) -> _Checked:
    try:
        kind: type[Settings] = plugin.settings_class
        raw, unread = read(environ, kind)
        with plugin.failing("check its settings"):
            settings = completed(replace(raw, **chosen))
            found = contradictions(settings)
            if files:
                found += settings.unusable_files()
    except DssrError as error:
        core_alone = _check(replace(plugin, plugin_class=object), environ, chosen, files)
        core_alone.found.append(error.message)
        return core_alone
    return _Checked(plugin, settings, unread, found)


def _jobs_without_owners(connector: Plugin, settings: Settings) -> Iterator[str]:
    if settings.users != "service" and not issubclass(connector.plugin_class, ActsForUsers):
        yield (
            f"JARVICE_SLURM_USERS is {settings.users!r}, and the connector {connector.name!r} runs "
            "all jobs as one user: use the slurm connector, or leave JARVICE_SLURM_USERS out."
        )


def _unusable_files(settings: Settings) -> Iterator[str]:
    try:
        if settings.audit_log:
            AuditFile(settings.audit_log).close()
    except SettingsError as error:
        yield from error.problems
    try:
        if settings.tokens_file:
            token_file.read(settings.tokens_file)
    except SettingsError as error:
        yield from error.problems


def _configuration(own: _Checked, launching: _Checked, environ: Mapping[str, str]) -> Configuration:
    summary: list[tuple[str, str]] = []
    cautions: list[str] = []
    for one in (own, launching):
        with one.plugin.failing("report its settings"):
            summary += one.settings.summary()
            cautions += warnings(one.settings)
    cautions += _without_effect(own, launching, environ)
    return Configuration(
        own.plugin,
        launching.plugin,
        own.settings,
        launching.settings,
        tuple(summary),
        tuple(dict.fromkeys(cautions)),
    )


def _without_effect(
    own: _Checked, launching: _Checked, environ: Mapping[str, str]
) -> Iterator[str]:
    """A sentence about each variable that is set and that neither core nor plugins read."""
    in_use = variables(type(own.settings)) | variables(type(launching.settings))
    if not (strangers := names.strangers(environ, in_use)):
        return
    others = {str(plugin): variables(plugin.settings_class) for plugin in plugins.installed()}
    known = in_use.union(*others.values())
    used = f"{own.plugin} and the {launching.plugin}"
    yield from names.of_other_plugins(strangers, others, used)
    yield from names.unknown([name for name in strangers if name not in known], known)
