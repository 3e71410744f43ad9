"""The shell programs of a service's job, and the relay beside it. Their text is constant."""

from functools import cache
from importlib.resources import files

from connectors.slurm.shell import programs

# What job.sh uses comes first; the last line runs it.
_PARTS = ("record", "successor", "program", "relay", "job")


@cache
def job_text() -> str:
    """The functions of the job, for the end of a batch script that sets the variables."""
    shared = [programs.text("lost"), programs.text("service_common")]
    return "".join([*shared, *(_text(f"{part}.sh") for part in _PARTS), 'main "$@"\n'])


@cache
def relay_text() -> str:
    """The program relay.py."""
    return _text("relay.py")


def _text(name: str) -> str:
    return (files(__name__) / name).read_text()
