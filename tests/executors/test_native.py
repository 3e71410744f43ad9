"""The native executor, on this machine."""

import os
from pathlib import Path

import pytest

from dssr import plugins
from dssr.testing.executor import (
    ExecutorContract,
    RequestContract,
    ShebangContract,
    ThisMachine,
    job,
)
from dssr.upstream.syntax import PLACEHOLDER
from executors.native import Native


class TestNative(ExecutorContract, RequestContract, ShebangContract):
    """A script without the placeholder."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> ThisMachine:
        """This machine is the node."""
        return ThisMachine(Native(), tmp_path)

    def test_it_has_a_short_name(self) -> None:
        """The native executor's name is `native`."""
        assert plugins.find(plugins.EXECUTOR, "native").plugin_class is Native

    def test_no_image_is_needed(self, place: ThisMachine) -> None:
        """A job of the native executor needs no image."""
        assert place.run(job("echo ran", JOBOBJ_REPO="")).out == "ran\n"

    @pytest.mark.parametrize("line", ["/no/such -f", "/usr/bin/env no-such"])
    def test_an_interpreter_that_the_node_does_not_have(
        self, place: ThisMachine, line: str
    ) -> None:
        """A job whose interpreter is missing on the node fails with 127 and a sentence that names
        the interpreter and the node."""
        ran = place.run(job("echo ran", shebang=f"#!{line}"))
        assert (ran.code, ran.out) == (127, "")
        named = next(word for word in line.split() if "no" in word)
        assert ran.err == (
            f"dssr: the interpreter {named} of the script's first line is not on "
            f"{os.uname().nodename}:"
            " install it there, or name another one.\n"
        )


class TestNativeWithPlaceholder(ExecutorContract):
    """A script with the placeholder, which is bash."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> ThisMachine:
        """This machine is the node."""
        return ThisMachine(Native(), tmp_path, front=PLACEHOLDER)
