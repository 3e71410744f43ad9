"""The examination's jobs by their names, and the removal of all that it has made."""

from connectors.slurm.examination.site import Site
from connectors.slurm.words.examination.directories import Directories
from dssr.seams import Purpose


def probe_name(word: str) -> str:
    """The name of the probe job in Slurm. ``word``: of this examination alone."""
    return f"dssr-doctor-{word}"


def canary_name(word: str) -> str:
    """The name of the canary, as a caller of the bridge gives it."""
    return f"dssr-canary-{word}"


def names_in_slurm(word: str) -> tuple[str, str]:
    """The names of both jobs in Slurm: a job may be there whose id was never heard of."""
    return probe_name(word), f"jarvice_{canary_name(word)}"


def clean(site: Site, found: Directories, word: str, jobs: list[str]) -> None:
    """Cancel the jobs, wait for their end, and remove all that was made in the directories."""
    own = (found.state.own, found.scratch.own)
    made = (*found.state.made, *found.scratch.made)
    words = (word, *names_in_slurm(word), str(len(jobs)), *jobs, *own, *dict.fromkeys(made))
    site.script("clean", *words, timeout=60.0, purpose=Purpose.CANCEL)
