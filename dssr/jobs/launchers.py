"""The executors that a request may name: the bridge's own, and those of installed packages."""

from dssr import plugins
from dssr.errors import BadRequest, PluginError
from dssr.plugins import EXECUTOR
from dssr.seams import Executor
from dssr.settings import Settings

Launcher = tuple[Executor, Settings]


class Launchers:
    """Finds an executor, with its settings, by name. Each is made once."""

    def __init__(self, name: str, executor: Executor, own: Settings, core: Settings) -> None:
        """``own``: the settings of the bridge's executor, whose name it is; ``core``: those of an
        executor that has none of its own."""
        self._core = core
        short = name.partition(":")[0].rpartition(".")[2]
        self._made: dict[str, Launcher] = {short: (executor, own), name: (executor, own)}

    def find(self, name: str) -> Launcher:
        """The executor and its settings. Raises ``BadRequest`` where there is none of that name.

        A name that is not the bridge's own is an entry point's: no request has a module imported.
        """
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> Launcher:
        try:
            if name not in plugins.names(EXECUTOR):
                raise BadRequest(_unknown(name))
            plugin = plugins.find(EXECUTOR, name)
            if plugin.settings_class is not Settings:
                raise PluginError(
                    f"The executor {name!r} has settings of its own, which only the bridge's "
                    "executor gets: set JARVICE_BAREMETAL_EXECUTOR to it."
                )
            return plugin.make(), self._core
        except PluginError as error:
            raise BadRequest(f"'executor' is {name!r}: {error.message}") from error


def _unknown(name: str) -> str:
    known = ", ".join(plugins.names(EXECUTOR))
    return f"'executor' is {name[:60]!r}, and there is none of that name: there are {known}."
