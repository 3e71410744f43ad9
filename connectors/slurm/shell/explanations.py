"""Why jobs are in their states: one explanation serves all callers."""

from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.cleaning import CLEANING
from connectors.slurm.shell.explanation import explanation
from connectors.slurm.shell.remote import ANSWER_MARGIN, Remote, unknown_job
from connectors.slurm.shell.results import Results
from connectors.slurm.shell.shared_answer import SharedAnswers
from dssr.deadline import answer_due
from dssr.errors import NotFinal
from dssr.job import JobRef, JobState, JobStatus
from dssr.record import Why

_MAX_AGE = 30.0  # seconds
_MOST = 1000  # jobs whose explanation is kept, some kilobytes each


class Explanations:
    """The explanations of one connector's jobs. May be used from many threads."""

    def __init__(self, remote: Remote, results: Results) -> None:
        self._remote, self._results = remote, results
        self._shared = SharedAnswers[Why](_MAX_AGE, _MOST)

    def get(self, accounts: Accounts, ref: JobRef, listed: JobStatus | None) -> Why:
        """Why the job is in its state, half a minute old at most if the state is the same.

        ``listed``: as the controller lists it. Raises ``NotFound`` for a job that was never
        submitted here, and ``Unavailable``.
        """
        if listed is not None and listed.state.is_final:
            listed = None  # evidence decides how it ended
        about = (ref, listed and (listed.state, listed.reason))
        until = answer_due() - ANSWER_MARGIN / 2
        return self._shared.get(about, lambda: self._explain(accounts, ref, listed), until)

    def _explain(self, accounts: Accounts, ref: JobRef, listed: JobStatus | None) -> Why:
        if listed is not None:
            return explanation(accounts.for_job(ref), ref, listed.state, listed.reason)
        share = (1 - CLEANING) * self._remote.share_left()
        try:
            result = self._results.final(accounts, ref, share)
        except NotFinal:  # the controller lists the job no more, and its end is not known yet
            return explanation(accounts.for_job(ref), ref, JobState.UNKNOWN)
        if result is None:
            raise unknown_job(ref)
        call = accounts.for_job(ref)
        return explanation(call, ref, result.state, result.reason, result.output.data)
