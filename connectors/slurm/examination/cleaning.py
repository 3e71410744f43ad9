"""The examination's jobs by their names, and the removal of all that it has made."""

import shlex
from collections.abc import Iterable, Sequence

from connectors.slurm.examination.site import Site
from connectors.slurm.shell.remote import Reply
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


def by_hand(found: Directories, word: str) -> Sequence[str]:
    """The commands that remove all of it on the login node."""
    names = (shlex.quote(name) for name in names_in_slurm(word))
    return [
        *(f"scancel -n {name}" for name in names),
        *_removal((found.state.own, found.scratch.own)),
    ]


def _removal(paths: Iterable[str]) -> list[str]:
    return [f"rm -rf {shlex.quote(path)}" for path in paths if path]


def clean(site: Site, found: Directories, word: str, jobs: list[str]) -> Sequence[str]:
    """Cancel the jobs, wait for their end, and remove all that was made in the directories.
    Returns the commands that remove what is left of it."""
    own = (found.state.own, found.scratch.own)
    made = (*found.state.made, *found.scratch.made)
    words = (word, *names_in_slurm(word), str(len(jobs)), *jobs, *own, *dict.fromkeys(made))
    done = site.script("clean", *words, timeout=60.0, purpose=Purpose.CANCEL)
    reply = Reply.read(done.stdout)
    if reply.value("cleaned") is None:
        return by_hand(found, word)
    left = [f"scancel {shlex.quote(job)}" for job in dict.fromkeys(reply.lines.get("job", ()))]
    return left + _removal(reply.lines.get("path", ()))
