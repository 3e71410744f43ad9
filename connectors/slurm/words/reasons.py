"""Slurm's job reason codes in plain English: one sentence and one cure for each. Pure.

The words are those of Slurm 22.05 to 26.05: of its page "Job Reason Codes", of squeue(1), and of
the function in libslurm that prints them. Words about limits are built from parts: ``limits`` has
them. Where Slurm has more to say about a job than a word, it prints a phrase of its own instead,
with ``_`` for each blank in scontrol's output.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from connectors.slurm.words.limits import limit_of
from connectors.slurm.words.reason_phrases import PHRASES
from connectors.slurm.words.reason_words import HOLDING, WORDS

# Of these, only a change of the job or of the cluster's rules lets the job start.
_NEVER = re.compile(
    "DependencyNeverSatisfied|BadConstraints|ReservationInvalid|PartitionTimeLimit"
    "|(QOS|Assoc)Max[A-Za-z]*PerJob(Limit)?"
)


@dataclass(frozen=True)
class Reason:
    """What a reason says. ``head``: the word without what Slurm appends to it. ``known``: whether
    this version knows the word. ``holds``: whether the job waits for its release."""

    head: str
    sentence: str
    cure: str
    known: bool = True
    holds: bool = False


def head_of(reason: str) -> str:
    """The word alone: ``ReqNodeNotAvail`` of ``ReqNodeNotAvail,_UnavailableNodes:n1``."""
    text = reason.replace("_", " ").strip(" ()")
    return text.split(",")[0].split(":")[0].split(" ")[0]


def never_starts(reason: str) -> bool:
    """Whether a job that waits for this reason waits for ever."""
    return _NEVER.fullmatch(head_of(reason)) is not None


@lru_cache(1000)
def reason_of(reason: str) -> Reason:
    """The sentence and the cure for what squeue's ``%r`` or scontrol's ``Reason=`` shows.

    A word that this version does not know is shown as it is: it is never guessed.
    """
    text = reason.replace("_", " ").strip(" ()")
    head = head_of(text)
    for phrase in PHRASES:
        if phrase.matches(text):
            return Reason(head, phrase.sentence, phrase.cure, holds=phrase.holds)
    if head in WORDS:
        return Reason(head, *WORDS[head], holds=head in HOLDING)
    if limit := limit_of(head):
        return Reason(head, limit.sentence, limit.cure)
    return Reason(
        head,
        f"Slurm gives the reason {_shown(reason)}, which this version of the bridge does not know.",
        "Look the word up in Slurm's page 'Job Reason Codes', or ask the operator.",
        known=False,
    )


def _shown(reason: str) -> str:
    return repr("".join(c if c.isprintable() else "?" for c in reason[:200]))
