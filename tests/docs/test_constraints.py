"""deploy/constraints.txt pins everything that is installed."""

import importlib.metadata
import re

from tests.docs.markdown import ROOT

PINS = dict(
    line.split("==")
    for line in (ROOT / "deploy/constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)
BY_VENV = {"pip", "dssr"}  # pip creates the environment, and dssr is the project itself


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_installed_versions_are_the_pinned_ones() -> None:
    """Every installed version, indirect ones included, is the pinned one, so a fresh
    installation is the tested one."""
    pins = {_normal(name): version for name, version in PINS.items()}
    here = {_normal(d.metadata["Name"]): d.version for d in importlib.metadata.distributions()}
    assert {k: v for k, v in here.items() if k not in BY_VENV and pins.get(k) != v} == {}


def test_nothing_else_is_pinned() -> None:
    """Every pinned package is installed; a pin that nothing needs must be removed."""
    here = {_normal(d.metadata["Name"]) for d in importlib.metadata.distributions()}
    assert {_normal(name) for name in PINS} - here == set()


def test_pins_are_names_and_versions_alone() -> None:
    """A pin is a name and a version, without hashes, addresses or paths, so that it works with
    every package index."""
    assert len(PINS) > 10
    assert [
        x
        for x in PINS.items()
        if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", "==".join(x))
    ] == []
