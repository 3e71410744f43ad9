"""Job scripts of the upstream's, for the tests of the reader."""

from dssr.job import JobSpec
from dssr.settings import Settings
from dssr.upstream.job_script import read
from dssr.upstream.syntax import parse

BASE = {
    "JOBOBJ_INTERACTIVE": "False",
    "JOBOBJ_APPDEFVERSION": "2",
    "JOBOBJ_REPO": "gcr.io/p/app:1",
    "JARVICE_CPU_CORES": "4",
}


def text(*body: str, **values: str) -> str:
    """A job script with the lines that every job needs, these, and a body."""
    lines = [f"{key}={value}" for key, value in (BASE | values).items() if value != "ABSENT"]
    return "\n".join(["#!/bin/bash", *lines, *body]) + "\n"


def job(source: str, settings: Settings | None = None, nodes: int = 1) -> JobSpec:
    """What the bridge reads from a script."""
    return read("name", 7, nodes, parse(source), False, settings or Settings())
