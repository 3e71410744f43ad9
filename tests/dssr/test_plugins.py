"""Names of plugins."""

from pathlib import Path

import pytest

from dssr import plugins
from dssr.errors import PluginError


@pytest.mark.parametrize(
    "name", ["dummy", "connectors.dummy.connector", "connectors.dummy.connector:plugin"]
)
def test_short_and_dotted_names_find_the_same_class(name: str) -> None:
    """A short name is the project's own; a dotted one anybody's."""
    assert plugins.connector(name) is plugins.connector("dummy")


@pytest.mark.parametrize(
    "name",
    [
        "slrum",
        "no.such.module",
        "connectors.nothing",
        "a:b",
        "..",
        "",
        "x y",
        "connectors.dummy.connector:Nope",
        "os:path",
        "os:getcwd",
        "collections:OrderedDict",
    ],
)
def test_a_name_that_finds_nothing_is_one_clear_error(name: str) -> None:
    """It repeats the name."""
    with pytest.raises(PluginError) as caught:
        plugins.connector(name)
    assert repr(name) in caught.value.message


def test_the_error_says_what_there_is() -> None:
    """The short names that could have been meant, and no helper modules."""
    with pytest.raises(PluginError, match="use dummy, local, slurm, or"):
        plugins.connector("slrum")
    with pytest.raises(PluginError, match="use native, singularity, or"):
        plugins.executor("docker")


def test_a_plugin_that_needs_a_missing_module_names_that_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is there, but what it imports is not."""
    (tmp_path / "needy_plugin.py").write_text("import no_such_library_at_all\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(PluginError, match="needs the Python module 'no_such_library_at_all'"):
        plugins.executor("needy_plugin:Thing")
