"""The executors that a request may name."""

import pytest

from dssr.errors import BadRequest
from dssr.jobs.launchers import Launchers
from dssr.settings import Settings
from executors.native import Native
from executors.singularity import Singularity

OWN, CORE = Settings(verbose=True), Settings()
BRIDGES = Native()


@pytest.mark.parametrize("configured", ["my.own:Starter", "my.own"])
def test_the_bridges_own_executor_has_its_own_settings(configured: str) -> None:
    """The bridge's executor is found under its name, with its settings."""
    launchers = Launchers(configured, BRIDGES, OWN, CORE)
    assert launchers.find(configured) == (BRIDGES, OWN)
    assert launchers.find("own") == (BRIDGES, OWN)


def test_another_installed_executor_is_made_once() -> None:
    """An installed executor is found by its entry point, and made at its first use."""
    launchers = Launchers("native", BRIDGES, OWN, CORE)
    found = launchers.find("singularity")
    assert isinstance(found[0], Singularity)
    assert found == launchers.find("singularity")


@pytest.mark.parametrize("name", ["nothing", "os:system", "tests.dssr.jobs.records", ""])
def test_no_request_has_a_module_imported(name: str) -> None:
    """A name that is no entry point's is refused, whatever it looks like."""
    with pytest.raises(BadRequest, match="there are native, singularity"):
        Launchers("native", BRIDGES, OWN, CORE).find(name)
