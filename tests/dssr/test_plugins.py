"""Plugins by name, against real packages with entry points."""

import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors.dummy.connector import DummyConnector
from connectors.dummy.settings import DummySettings
from dssr import plugins
from dssr.configuration import load
from dssr.errors import PluginError, SettingsError, Unavailable
from dssr.plugins import CONNECTOR, EXECUTOR, find

GOOD = """
from dataclasses import dataclass
from dssr.settings import Settings, setting, types

@dataclass(frozen=True)
class AtticSettings(Settings):
    room: str = setting("JARVICE_ATTIC_ROOM", types.text, "left", "The room.")

    def problems(self):
        if self.room == "cellar":
            yield "JARVICE_ATTIC_ROOM is 'cellar', which is no attic."

    def summary(self):
        yield "room", self.room

class plugin:
    settings_class = AtticSettings
    default_executor = "native"

    def __init__(self, settings):
        self.room = settings.room

    def submit(self, spec, launch):
        raise NotImplementedError
"""
Package = Callable[..., str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Package]:
    """``package(text)``: an installed package whose module has the text; its entry point's name.

    It is installed as pip does it: a module and a .dist-info directory on the path.
    """
    monkeypatch.syspath_prepend(tmp_path)

    def install(text: str, name: str = "attic", *, group: str = CONNECTOR.group) -> str:
        module = f"dssr_test_{name.replace('-', '_')}"
        (tmp_path / f"{module}.py").write_text(text)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{group}]\n{name} = {module}:plugin\n")
        importlib.invalidate_caches()
        return name

    yield install
    for module in [name for name in sys.modules if name.startswith("dssr_test_")]:
        del sys.modules[module]


def refusal(kind: plugins.Kind, name: str) -> str:
    """What is reported where the plugin cannot be had."""
    with pytest.raises(PluginError) as caught:
        find(kind, name)
    assert "\n" not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    "name",
    ["dummy", "connectors.dummy.connector", "connectors.dummy.connector:DummyConnector"],
)
def test_each_form_of_a_name_finds_the_same_class(name: str) -> None:
    """An entry point, a dotted module and a class in a module are found."""
    found = find(CONNECTOR, name)
    assert (found.plugin_class, found.name) == (DummyConnector, name)
    assert found.settings_class is DummySettings


def test_our_own_plugins_are_installed() -> None:
    """The bridge's own plugins are found by entry points, as those of other packages are."""
    names = {(plugin.kind.word, plugin.name) for plugin in plugins.installed()}
    assert names >= {
        ("connector", "dummy"),
        ("connector", "local"),
        ("connector", "slurm"),
        ("executor", "native"),
        ("executor", "singularity"),
    }


def test_a_plugin_of_another_package_is_used_with_its_own_settings(package: Package) -> None:
    """The settings of another package's plugin are read and checked, its lines are in the report,
    its executor is the default."""
    environ = {"JARVICE_BAREMETAL_CONNECTOR": package(GOOD), "JARVICE_ATTIC_ROOM": "right"}
    found = load(environ)
    assert found.connector.make(found.settings).room == "right"
    assert (found.summary, found.executor.name) == ((("room", "right"),), "native")
    with pytest.raises(SettingsError, match="which is no attic"):
        load(environ | {"JARVICE_ATTIC_ROOM": "cellar"})


def test_the_settings_of_an_installed_plugin_are_known(package: Package) -> None:
    """A variable of a plugin that is not in use is reported as that, and not as a mistake."""
    package(GOOD)
    environ = {"JARVICE_BAREMETAL_CONNECTOR": "dummy", "JARVICE_ATTIC_ROOM": "right"}
    (message,) = load(environ).warnings
    assert message.startswith(
        "JARVICE_ATTIC_ROOM has no effect: it is a setting of the connector 'attic'"
    )


def test_a_name_that_is_not_installed_is_reported_with_the_nearest() -> None:
    """The error about an unknown name has the nearest one and lists what is installed, without
    helper modules."""
    message = refusal(CONNECTOR, "slrum")
    assert message == (
        "There is no connector 'slrum' (did you mean 'slurm'?): installed are dummy, local, slurm; "
        "or write 'package.module:Class'."
    )
    assert refusal(EXECUTOR, "docker").startswith(
        "There is no executor 'docker': installed are native, singularity;"
    )


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("no.such.module", "no"),
        ("connectors.nothing", "connectors.nothing"),
        ("connectors.dummy.connector.x", "connectors.dummy.connector.x"),
        ("attic:Thing", "attic"),
    ],
)
def test_a_module_that_is_not_on_the_path_is_reported_as_that(name: str, missing: str) -> None:
    """The error about a dotted name has the first part of it that cannot be found."""
    message = refusal(CONNECTOR, name)
    assert message.startswith(
        f"The connector {name!r}: there is no module {missing!r} on the Python"
    )


@pytest.mark.parametrize("name", ["..", ":", ":x", "x y.z", "a.b:", "a.b:c d", "a.b:c.d"])
def test_what_cannot_be_a_name_is_reported_as_that(name: str) -> None:
    """The error about a text that cannot be a name repeats it and lists what is installed."""
    message = refusal(CONNECTOR, name)
    assert message.startswith((f"{name!r} is no name of a connector", f"The connector {name!r}"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("connectors.dummy.connector:Nope", "has no 'Nope'"),
        ("os.path", "has no 'plugin'"),
        ("os:getcwd", "'getcwd' of os is not a class with the method 'submit'"),
        ("collections:OrderedDict", "is not a class with the method 'submit'"),
        ("executors.native", "is not a class with the method 'submit'"),
    ],
)
def test_what_is_no_plugin_is_reported_as_that(name: str, words: str) -> None:
    """Another object, and a plugin of the other kind, are refused."""
    assert words in refusal(CONNECTOR, name)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("import no_such_library\n", "ModuleNotFoundError: No module named 'no_such_library' ("),
        ("from json import nothing\n", "ImportError: cannot import name 'nothing' from 'json'"),
        ("def plugin(:\n", "SyntaxError: invalid syntax (dssr_test_attic.py, line 1)"),
        ("1 / 0\n", "ZeroDivisionError: division by zero ("),
        ("raise SystemExit('no licence')\n", "SystemExit: no licence ("),
        ("import dssr_test_attic.more\n", "No module named 'dssr_test_attic.more'"),
    ],
)
def test_a_plugin_whose_import_fails_is_reported_with_the_cause(
    text: str, cause: str, package: Package
) -> None:
    """The error has the exception and the place of any failure at import."""
    message = refusal(CONNECTOR, package(text))
    assert message.startswith("The connector 'attic' cannot be imported: ")
    assert cause in message
    assert "dssr_test_attic.py, line 1)" in message


@pytest.mark.parametrize(
    ("constructor", "cause"),
    [
        ("def __init__(self): ...", "TypeError: plugin.__init__() takes 1 positional argument"),
        ("def __init__(self, settings): settings.rom", "AttributeError: 'Settings' object has no"),
        ("def __init__(self, settings): open('/none/file')", "FileNotFoundError: [Errno 2] No"),
        ("def __init__(self, settings): exit()", "SystemExit: "),
    ],
)
def test_a_plugin_that_cannot_be_made_is_reported_with_the_cause(
    constructor: str, cause: str, package: Package
) -> None:
    """The error has the exception that the constructor raised."""
    name = package(f"class plugin:\n    {constructor}\n    def submit(self, spec, launch): ...\n")
    configuration = load({"JARVICE_BAREMETAL_CONNECTOR": name})
    with pytest.raises(PluginError) as caught:
        configuration.connector.make(configuration.settings)
    assert f"The connector 'attic' cannot be made: {cause}" in caught.value.message


def test_what_a_plugin_itself_reports_passes_as_it_is(package: Package) -> None:
    """A ``DssrError`` that a plugin raises is reported unchanged."""
    text = "from dssr.errors import Unavailable\nclass plugin:\n"
    text += "    def __init__(self): raise Unavailable('No room: make some.')\n"
    text += "    def launch(self, spec, settings): ...\n"
    found = find(EXECUTOR, package(text, group=EXECUTOR.group))
    with pytest.raises(Unavailable, match=r"^No room: make some\.$"):
        found.make()


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        (("(Settings):", ":"), "its settings_class AtticSettings does not derive from"),
        (("@dataclass(frozen=True)", ""), "AtticSettings lacks the line @dataclass(frozen=True)."),
        (("        if", "        if self.attic or"), "cannot check its settings: AttributeError: "),
        (('"room", self.room', "self.attic"), "cannot report its settings: AttributeError: "),
    ],
)
def test_settings_that_do_not_work_are_reported_with_the_cause(
    change: tuple[str, str], cause: str, package: Package
) -> None:
    """The error names the plugin whose settings do not work and the cause, without a traceback."""
    name = package(GOOD.replace(*change))
    with pytest.raises((SettingsError, PluginError)) as caught:
        load({"JARVICE_BAREMETAL_CONNECTOR": name})
    assert cause in caught.value.message
    assert "The connector 'attic'" in caught.value.message


def test_an_installed_plugin_that_is_broken_does_not_disturb_others(package: Package) -> None:
    """A broken plugin is left out where all installed plugins are listed."""
    package("1 / 0\n", "broken")
    package(GOOD.replace("@dataclass(frozen=True)", ""), "undecorated")
    names = {plugin.name for plugin in plugins.installed()}
    assert "dummy" in names
    assert not names & {"broken", "undecorated"}


def test_a_name_that_two_packages_have_is_refused(package: Package, tmp_path: Path) -> None:
    """A name that two packages have is refused, and the error lists the modules to choose from."""
    package(GOOD)
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{CONNECTOR.group}]\nattic = other:plugin\n")
    message = refusal(CONNECTOR, "attic")
    assert "dssr_test_attic:plugin or other:plugin" in message


@dataclass(frozen=True)
class _Derived(DummySettings):
    pass


def test_a_class_that_only_derives_needs_no_fields_of_its_own() -> None:
    """A plugin may use another plugin's settings without fields of its own."""

    class Connector(DummyConnector):
        settings_class = _Derived

    assert plugins.Plugin(CONNECTOR, "x", Connector).settings_class is _Derived
