"""Everything that is installed is pinned."""

import importlib.metadata
import re

from tests.docs.markdown import ROOT

PINS = dict(
    line.split("==")
    for line in (ROOT / "deploy/constraints.txt").read_text().splitlines()
    if line and not line.startswith("#")
)
BY_VENV = {"pip", "dssr"}  # what the environment is made with, and what it is for


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_installed_versions_are_the_pinned_ones() -> None:
    """Indirect ones too, so that a fresh installation is the one that was tested: pin what is new."""
    pins = {_normal(name): version for name, version in PINS.items()}
    here = {_normal(d.metadata["Name"]): d.version for d in importlib.metadata.distributions()}
    assert {k: v for k, v in here.items() if k not in BY_VENV and pins.get(k) != v} == {}


def test_nothing_else_is_pinned() -> None:
    """A pin that nothing needs is left over: remove it."""
    here = {_normal(d.metadata["Name"]) for d in importlib.metadata.distributions()}
    assert {_normal(name) for name in PINS} - here == set()


def test_pins_are_names_and_versions_alone() -> None:
    """No hashes, no addresses, no paths: whatever index pip uses, it finds them."""
    assert len(PINS) > 10
    assert [
        x
        for x in PINS.items()
        if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", "==".join(x))
    ] == []
