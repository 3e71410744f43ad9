"""Jobs for the tests of the pure parts."""

from dataclasses import replace
from typing import Any

from dssr.job import JobSpec


def spec(script: str = "echo hello\n", **fields: Any) -> JobSpec:
    """A job of one node and four cores."""
    return replace(
        JobSpec("name", 7, 1, source=script, script=script, cores=4, exclusive=False), **fields
    )
