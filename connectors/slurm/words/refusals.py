"""What sbatch, scontrol and scancel print when they refuse -> the error that says whether the
request, the site or the moment is the cause. Pure."""

import re

from dssr.errors import DssrError, Refused, RefusedRequest, Unavailable

# Slurm's own sentences (slurm_strerror(3)). It prints these only when it has submitted nothing.
_CONTROLLER = (
    "Unable to contact slurm controller",
    "Slurm backup controller in standby",
    "Slurm temporarily unable to accept job",
    "Unable to resolve",
    "Zero Bytes were transmitted",
    "timed out",
    "Connection refused",
    "Connection reset",
    "Transport endpoint is not connected",
    "Protocol authentication error",
)
_OF_THE_REQUEST = (
    "Job violates accounting/QOS policy",
    # Invalid partition name, Invalid license, invalid time specification, invalid option ...
    "nvalid",
    "unrecognized option",
    "Requested node configuration is not available",
    "Requested partition configuration not available",
    "More processors requested than permitted",
    "Node count specification",
    "Memory specification",
    "Memory required by task is not available",
    "Requested time limit",
    "time limit exceeds",
    "Access/permission denied",
    "User's group not permitted",
    "Requested GRES",
    "Batch job submission failed: Unspecified error",
    "atch script",  # is empty, has DOS line breaks, does not begin with #!
    "not available",
    "not permitted",
    "exceed",
    "limit",
)


_PREFIX = re.compile(r"^(sbatch|scancel|scontrol): error: ")
# How a shell, env(1) and timeout(1) say that there is no such command.
_NO_COMMAND = (
    r"\b{0}\W*: (command )?not found|No such file or directory.*\b{0}$"
    r"|failed to run command \W{0}\W"
)


def words_in(printed: str) -> str:
    """What a command printed, on one line, without the command's own name."""
    lines = (_PREFIX.sub("", " ".join(line.split())) for line in printed.splitlines())
    return "; ".join(line for line in lines if line)[-500:]  # its end: site banners come first


def refusal(command: str, words: str) -> DssrError:
    """The error for what ``command`` said: wait (controller away), change the request, or ask the
    operator."""
    message = words_in(words)
    program = command.split()[0]
    if re.search(_NO_COMMAND.format(re.escape(program)), message):
        return Refused(
            f"{program} was not found on the login node: put Slurm's commands on the PATH of the "
            f"service user's non-interactive shells. It said: {message}"
        )
    if any(sentence in message for sentence in _CONTROLLER):
        return Unavailable(f"Slurm cannot accept the request now: {message}", retry_after=10)
    if any(sentence in message for sentence in _OF_THE_REQUEST):
        return RefusedRequest(f"Slurm refused the job: {message}")
    return Refused(f"{program} refused: {message or 'it said nothing'}")
