"""How jobs ended: the evidence is collected, and the first final answer is recorded and
repeated."""

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.remote import output_of
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from connectors.slurm.words.evidence import AccountingSilent, Evidence, Settling
from connectors.slurm.words.journal import Ending
from connectors.slurm.words.visibility import cure
from dssr.errors import LoginRefused, NotFinal, NotFound, Unavailable
from dssr.job import OUTPUT_BYTES, OUTPUT_LINES, JobRef, JobResult

_QUERYING = 0.5  # of the time for a result: squeue and sacct may be silent, and the end is recorded
_SHORTEST_QUERY = 0.1  # seconds; 0 is no limit to timeout(1)


class Results:
    """The results of one connector's jobs. May be used from many threads."""

    def __init__(self, settings: SlurmSettings, snapshot: SharedSnapshot) -> None:
        self._settings, self._snapshot = settings, snapshot

    def final(
        self, accounts: Accounts, ref: JobRef, share: float, answer: str = ""
    ) -> JobResult | None:
        """How the job ended, within this share of the time for an answer; ``None``: no such job.

        ``answer``: "answer" where the upstream gets the result: 15 minutes later its name and
        number are free again. Raises ``NotFinal``, or ``Unavailable`` where the evidence cannot be
        had.
        """
        kept = (str(OUTPUT_BYTES), str(OUTPUT_LINES))
        try:
            call = accounts.for_job(ref, share)
            limit = f"{max(_SHORTEST_QUERY, _QUERYING * call.left()):.1f}"
            reply = call.run_program("evidence", ref, ref.native_id, *kept, limit, answer)
        except NotFound:
            return None
        if reply.value("final") is None:
            found = Evidence.read(reply.lines).ending(self._settings.settling_time)
            words = (ref.native_id, found.as_text(), *kept, answer)
            reply = call.run_program("record_final", ref, *words)
        ending = Ending.from_text(reply.value("final") or "")
        self._snapshot.ended(ref, ending.state)
        output = output_of(reply, OUTPUT_BYTES, OUTPUT_LINES)
        return JobResult(ending.state, ending.elapsed, output, ending.reason)

    def examine_unlisted(self, accounts: Accounts, ref: JobRef, share: float) -> None:
        """Find out whether a job that squeue has never listed has ended, or is hidden by Slurm.

        Raises ``Unavailable`` with the cure when Slurm hides it from the service user.
        """
        try:
            self.final(accounts, ref, share)
        # The owner's key is refused, or the job is over and not hidden: the cluster answers.
        except (LoginRefused, AccountingSilent, Settling):
            self._snapshot.postponed(ref)
            return
        except NotFinal as error:
            user = self._settings.ssh_user
            raise Unavailable(
                f"Job {ref.native_id} was submitted by this bridge, and Slurm shows it nowhere to "
                f"{user!r}. {cure(user)}"
            ) from error
        self._snapshot.explained(ref)
