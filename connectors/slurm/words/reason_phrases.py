"""The phrases that slurmctld prints in place of a reason word. Pure."""

import re
from dataclasses import dataclass

_RELEASE = "Release the job once the cause is gone (scontrol release), or cancel it."
_REPORT = "Report it to the operator, then release the job (scontrol release)."
_OTHER_PARTITION = "Submit it again in another partition, or with another account or QOS."


@dataclass(frozen=True)
class Phrase:
    """``begins``: how the phrase begins, a regular expression, blanks for underscores. ``holds``:
    whether Slurm holds the job then."""

    begins: str
    sentence: str
    cure: str
    holds: bool = False

    def matches(self, text: str) -> bool:
        """Whether the text begins so, in large or small letters."""
        return re.match(self.begins, text, re.IGNORECASE) is not None


PHRASES = (
    Phrase(
        "ReqNodeNotAvail, Reserved for maintenance",
        "The nodes that the job needs are reserved for maintenance, and the job's time limit "
        "reaches into it.",
        "Ask for a time limit that ends before the maintenance begins, or wait until it is over.",
    ),
    Phrase(
        "ReqNodeNotAvail, May be reserved",
        "A node that it needs is not available: kept for another job or reservation, or (Slurm "
        "says the same of these) down or drained.",
        "Do without naming nodes (--nodelist), ask for a shorter time limit, or wait.",
    ),
    Phrase(
        "ReqNodeNotAvail, Reserved for other",
        "The nodes that the job needs are inside reservations that are not the job's.",
        "Ask for a time limit that ends before they begin, name the reservation (--reservation) if "
        "you may use it, or wait.",
    ),
    Phrase(
        "Nodes required for job are DOWN, DRAINED",
        "Nodes that the job needs are down, drained, or kept for jobs of a partition with a higher "
        "priority.",
        "Wait until the operator has repaired or released the nodes, or do without naming nodes "
        "(--nodelist) or with fewer of them.",
    ),
    Phrase(
        "Job's account not (permitted|known)",
        "The job's account may not use the job's partition.",
        _OTHER_PARTITION,
    ),
    Phrase(
        "Job's QOS not (permitted|known)",
        "The job's QOS may not be used in the job's partition.",
        _OTHER_PARTITION,
    ),
    Phrase(
        r"Reservation \S+ was deleted",
        "The reservation that the job asks for was deleted, and Slurm holds the job.",
        "Submit it again without --reservation, or with another one.",
        holds=True,
    ),
    Phrase(
        "Job's requested licenses are invalid|License request .* no longer valid",
        "The cluster no longer has the licences that the job asks for.",
        "Submit it again with licences that scontrol show licenses lists.",
        holds=True,
    ),
    Phrase(
        "job requeued in held state",
        "The job was put back into the queue and is held there: an operator, or a rule of the "
        "site, did it.",
        _RELEASE,
        holds=True,
    ),
    Phrase(
        "job requeued in special exit state",
        "The job was put back into the queue and is held there, in Slurm's state SPECIAL_EXIT: an "
        "operator, or a rule of the site for its exit code, did it.",
        _RELEASE,
        holds=True,
    ),
    Phrase(
        "launch failed requeued held",
        "The job could not be started on its node (for example, the site's prolog failed there), "
        "so Slurm put it back into the queue and holds it.",
        _REPORT,
        holds=True,
    ),
    Phrase(
        "launch failure limit exceeded requeued held",
        "The job could not be started on its nodes more often than the site allows, so Slurm put "
        "it back into the queue and holds it.",
        _REPORT,
        holds=True,
    ),
    Phrase(
        "user env retrieval failed requeued held",
        "Slurm could not read the user's login environment on the node in time, so it put the job "
        "back into the queue and holds it.",
        "Make the shell's start-up files faster, or submit without --get-user-env; then release "
        "the job.",
        holds=True,
    ),
    Phrase(
        "Burst buffer stage-in timeout",
        "Copying the job's data into the burst buffer took too long, so Slurm holds the job.",
        "Look at the data and the burst buffer with the operator, then release the job.",
        holds=True,
    ),
    Phrase(
        "burst buffer",
        "The burst buffer's plugin reports a failure for the job.",
        "Check the job's burst buffer lines (#BB, #DW), or report it to the operator.",
    ),
    Phrase(
        "Job is at or exceeds (QOS|association)",
        "The job used up a budget of its account or QOS, so Slurm ended it.",
        "Wait until the recorded usage decays, or ask the operator to raise the limit (sacctmgr).",
    ),
)
