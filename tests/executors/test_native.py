"""The native executor, on this machine."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr import plugins
from dssr.testing.executor import ExecutorContract, ShebangContract, ThisMachine, job
from dssr.upstream.placeholder import PLACEHOLDER
from executors.native import Native, interpreter


class TestNative(ExecutorContract, ShebangContract):
    """A script without the placeholder."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> ThisMachine:
        """This machine is the node."""
        return ThisMachine(Native(), tmp_path)

    def test_it_has_a_short_name(self) -> None:
        """Operators choose it as `native`."""
        assert plugins.find(plugins.EXECUTOR, "native").plugin_class is Native

    def test_no_image_is_needed(self, place: ThisMachine) -> None:
        """Nothing is pulled, so nothing need be named."""
        assert place.run(job("echo ran", JOBOBJ_REPO="")).out == "ran\n"


class TestNativeWithPlaceholder(ExecutorContract):
    """A script with the placeholder, which is bash."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> ThisMachine:
        """This machine is the node."""
        return ThisMachine(Native(), tmp_path, front=PLACEHOLDER)


@given(st.text())
def test_any_script_has_an_interpreter(script: str) -> None:
    """One or two words, the default for a script without a line that names one."""
    assert 1 <= len(interpreter(script, "/bin/sh")) <= 2
    assert interpreter("#!\n" + script, "/bin/sh") == ("/bin/sh",)
