"""Whether a job could be submitted: tried once after the bridge's start, and after failures."""

from connectors.shared.proof import Proof
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.remote import NO_JOB, Call, Reply
from connectors.slurm.words.commands import TIMED_OUT
from connectors.slurm.words.cures import cure
from connectors.slurm.words.refusals import refusal
from dssr.errors import RefusedRequest, Unavailable

_SETTINGS = {"state": "JARVICE_STATE_DIR", "scratch": "JARVICE_JOB_SCRATCH_DIR"}


class Trial:
    """Tries whether the service user could submit a job. May be used from many threads."""

    def __init__(self, settings: SlurmSettings) -> None:
        self._user = settings.ssh_user
        self._options = [f"--{option}" for option in settings.check_options]
        self._proof = Proof()

    def check(self, call: Call) -> None:
        """Return when both directories can be written to and sbatch accepts a job that does
        nothing. Raises ``Unavailable``, with the cure.

        While a success holds, no command is sent.
        """
        self._proof.hold(lambda: self._try(call), call.left())

    def doubt(self) -> None:
        """A submission or a check has failed: a success holds no more, and the next check tries
        again."""
        self._proof.doubt()

    def _try(self, call: Call) -> None:
        limit = str(max(1, int(call.left())))
        words = (call.scratch_dir, limit, *self._options)
        reply = call.run_program("trial", NO_JOB, *words)
        if reply.verdict in _SETTINGS:
            raise _unwritable(reply, self._user)
        if reply.value("code") != "0":
            raise self._refused(reply, limit)

    def _refused(self, reply: Reply, limit: str) -> Unavailable:
        if reply.value("code") == str(TIMED_OUT):
            return Unavailable(f"sbatch --test-only had no answer from Slurm within {limit} s.")
        said = reply.text_without("code")
        error = refusal("sbatch --test-only", said)
        if not isinstance(error, RefusedRequest):
            return Unavailable(error.message, retry_after=30)
        words = " ".join(said.split())[-500:]
        return Unavailable(
            f"Slurm would refuse even a job that does nothing ({words}). {cure(said, self._user)}",
            retry_after=30,
        )


def _unwritable(reply: Reply, user: str) -> Unavailable:
    which = reply.verdict
    return Unavailable(
        f"The {which} directory {reply.value(which)} on the cluster cannot be written to as "
        f"{user} ({reply.value('why')}), so no job can be submitted: make room, or set "
        f"{_SETTINGS[which]} to a directory that {user} can write to.",
        retry_after=30,
    )
