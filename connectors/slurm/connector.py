"""The Slurm connector: sbatch and friends on a login node, reached over SSH.

What the bridge must still know after a crash lies in the job's directory on the cluster (``programs/common.sh`` draws it) or
in Slurm; nothing of it lies here.
"""

import contextlib
import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from connectors.shared import batch, directives, directories
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import login_nodes
from connectors.slurm.shell.accounts import JobOwners, ServiceUser, Work, Workers
from connectors.slurm.shell.explanation import explanation
from connectors.slurm.shell.remote import ANSWER_MARGIN, NotAsked, Remote, Said, output_of
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from connectors.slurm.shell.uncleaned import Uncleaned
from connectors.slurm.shell.user_connections import LogsInAsUsers, UserConnections
from connectors.slurm.words.batch_script import MAPPING, batch_script
from connectors.slurm.words.commands import TIMED_OUT, UNKNOWN_JOB
from connectors.slurm.words.evidence import AccountingSilent, Ending, Evidence, Settling
from connectors.slurm.words.options import contradiction, sbatch_options
from connectors.slurm.words.refusals import refusal
from connectors.slurm.words.visibility import cure
from dssr.deadline import answer_due
from dssr.errors import (
    CommandTimeout,
    Conflict,
    DssrError,
    LoginRefused,
    NotFinal,
    NotFound,
    OutcomeUnknown,
    RefusedRequest,
    SettingsError,
    Unavailable,
)
from dssr.job import (
    JobRef,
    JobResult,
    JobSpec,
    JobState,
    JobStatus,
    Output,
    Snapshot,
    Submitted,
    Why,
)
from dssr.seams import (
    DirectoryEntry,
    Figure,
    PresentingHost,
    PresentsHostKeys,
    Reports,
    Transport,
    Users,
)

log = logging.getLogger(__name__)

_KEPT_LINES = 10_000  # of the output, with the answer to /exitstatus: what upstream is used to
_KEPT_BYTES = 10 << 20  # and no more than this of them: a single line may be gigabytes long
_PURGE_EVERY = 3600.0  # seconds
_LOOKING = 0.5  # of the time for a result: squeue and sacct, which may be silent; the answer is then written down
_SHORTEST_LOOK = 0.1  # seconds; 0 is no limit to timeout(1)
_CLEANING = 0.2  # of the time for an answer: /exitstatus asks for a result and for cleaning up
_EXPLAINING = 0.2  # of the time for an answer: with less it is not worth it to ask how a job ended


class SlurmConnector:
    """See ``dssr.seams.Connector``."""

    settings_class = SlurmSettings

    def __init__(self, settings: SlurmSettings, transport: Transport | None = None) -> None:
        """Does not connect yet. Raises ``SettingsError`` for a key that cannot be used."""
        self._settings = settings
        self._transport = transport or login_nodes.transport(settings)
        self._remote = Remote(
            self._transport, settings.state_dir, settings.answer_timeout - ANSWER_MARGIN
        )
        # Half the margin longer than a look may take: it has the better words for what is wrong.
        self._snapshot = SharedSnapshot(
            self._look, settings.snapshot_age, settings.answer_timeout - ANSWER_MARGIN / 2
        )
        self._workers: Workers = ServiceUser(self._remote, settings)
        self._began = time.monotonic()
        self._purged: dict[str, float] = {}  # when, by whose jobs
        self._purging = threading.Lock()
        self._uncleaned = Uncleaned()

    def act_for(self, users: Users) -> None:
        """See ``dssr.seams.ActsForUsers``. Raises ``SettingsError`` where nobody can log in as them."""
        if not isinstance(self._transport, LogsInAsUsers):
            raise SettingsError([
                "With JARVICE_SLURM_CLUSTER_ADDR=local all jobs are those of the user that the bridge runs as: to act for "
                "users, reach the login node by SSH (JARVICE_SLURM_CLUSTER_ADDR=localhost)."
            ])  # fmt: skip
        connections = UserConnections(users, self._transport, self._settings.user_connections)
        self._workers = JobOwners(self._remote, self._settings, users, connections, self._snapshot)

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``; law: one intent, one election, everyone obeys it."""
        options = sbatch_options(spec, self._settings.sbatch_options)
        step = "" if spec.plain else batch.step_text(spec, launch, MAPPING)
        script = batch_script(spec, step)
        files = (spec.script, step, script, batch.secrets_text(spec))
        place = f"{datetime.now(UTC):%Y-%m-%d}/{spec.token}.{uuid4().hex[:12]}"
        work = self._workers.for_owner(spec.owner, spec.ref)
        words = (spec.token, spec.name, str(spec.number), place, work.scratch_dir, *files, *options)
        try:
            said = work.call.program("submit", spec.ref, *words)
        except NotAsked:  # there is no doubt then
            raise
        except CommandTimeout as error:
            raise OutcomeUnknown(
                f"{error.message} Send the same request again: there will be one job."
            ) from error
        native_id = self._elected(said, spec)
        self._note_submission(said, replace(spec.ref, native_id=native_id), work.user)
        shown = f"{script}\n# ---- the job script ----\n{spec.script}"
        ignored = directives.elsewhere(directives.options_of(spec, self._settings.sbatch_options))
        if notice := batch.output_notice(ignored, said.word("output") or "the scratch directory"):
            log.info("Job %s/%s: %s", spec.name, spec.number, notice)
            shown = f"{shown.rstrip()}\n# {notice}\n"
        return Submitted(native_id, shown)

    def snapshot(self) -> Snapshot:
        """See ``dssr.seams.Connector``. One look serves all callers for ``JARVICE_SNAPSHOT_AGE``."""
        return self._snapshot.get(answer_due() - ANSWER_MARGIN / 2)

    def result(self, ref: JobRef) -> JobResult | None:
        """See ``dssr.seams.Connector``."""
        return self._told(ref, (1 - _CLEANING) * self._remote.share_left(), "answer")

    def cancel(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        if self._order(
            "cancel", "scancel", ref, harmless=(UNKNOWN_JOB, "already completing or completed")
        ):
            self._snapshot.cancelled(ref)
        else:  # it had ended before, however it did; a job that has its id by now is another one
            self._snapshot.changed()

    def release(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        self._order("release", "scontrol release", ref)
        self._snapshot.changed()

    def output(self, ref: JobRef, lines: int) -> Output:
        """See ``dssr.seams.Connector``. At most 10 MiB."""
        said = self._workers.for_job(ref).call.program(
            "output", ref, ref.native_id, str(_KEPT_BYTES), str(lines)
        )
        if said.word("size") == "0":
            raise NotFound(f"Job {ref.native_id} has printed nothing yet.")
        return output_of(said, _KEPT_BYTES, lines)

    def describe(self, ref: JobRef) -> str:
        """See ``dssr.seams.Connector``: what ``scontrol show job`` says, or what is left when it has forgotten the job."""
        said = self._workers.for_job(ref).call.program("describe", ref, ref.native_id)
        if (silent := said.word("silent")) is not None:
            raise Unavailable(f"Slurm's controller does not answer: {silent}")
        return said.rest.decode("utf-8", "replace").strip()

    def why(self, ref: JobRef) -> Why:
        """See ``dssr.seams.ExplainsJobs``."""
        status = self.snapshot().find(ref)
        if status is not None and not status.state.is_final:
            call = self._workers.for_job(ref).call
            return explanation(call, ref, status.state, status.reason)
        try:
            result = self._told(ref, (1 - _CLEANING) * self._remote.share_left())
        except NotFinal:
            result = None
        call = self._workers.for_job(ref).call
        if result is None:
            return explanation(call, ref, JobState.UNKNOWN)
        return explanation(call, ref, result.state, result.reason, result.output.data)

    def clean(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``. Nobody comes again to clean up: what failed is caught up on, where there is time."""
        began = time.monotonic()
        left = self._uncleaned.begin(ref)
        work = self._clean(ref, _CLEANING)
        soon = time.monotonic() - began < _CLEANING / 2 * self._settings.answer_timeout
        if left and soon and self._remote.share_left() > _CLEANING / 2:
            with contextlib.suppress(DssrError):
                self._clean(left, _CLEANING / 2)
        if work is not None:
            self._purge(ref, work)

    def ping(self) -> None:
        """See ``dssr.seams.Connector``. Jobs for which there is no time any more are left for the next call."""
        call = self._remote.call()
        self._snapshot.get(call.deadline)
        for nth, ref in enumerate(self._snapshot.unseen()):
            share = self._remote.share_left(call.deadline)
            if share < _EXPLAINING:
                return
            try:
                self._explain(ref, min(share, 1 - _CLEANING))
            except CommandTimeout:
                if nth == 0:
                    raise
                return  # those before were told: the cluster answers
        if self._remote.share_left(call.deadline) >= _EXPLAINING:
            self._workers.check_sight(call)

    def close(self) -> None:
        """See ``dssr.seams.Connector``."""
        self._workers.close()
        self._transport.close()

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``; none when Slurm's commands run on this machine."""
        return self._transport.host_keys() if isinstance(self._transport, PresentsHostKeys) else ()

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        of_transport = self._transport.figures() if isinstance(self._transport, Reports) else ()
        return [*of_transport, *self._workers.figures(), *self._snapshot.figures()]

    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """See ``dssr.seams.ListsDirectories``; read as the service user."""
        command = directories.command(path, directories.roots(self._settings))
        return directories.entries(path, self._remote.call().command(command))

    def _look(self) -> Mapping[str, JobStatus]:
        command, call = self._workers.squeue(), self._remote.call()
        # Ended over there too: else each look at a controller that hangs leaves one behind, for as long as that goes on.
        limit = str(max(1, int(call.deadline - time.monotonic())))
        done = call.command(["timeout", limit, *command.argv()])
        if done.returncode == TIMED_OUT:
            raise Unavailable(
                f"Slurm's controller does not answer: squeue had no answer within {limit} s."
            )
        return command.parse(done)

    def _elected(self, said: Said, spec: JobSpec) -> str:
        """The id that stands for the submission, or the error that says why there is none."""
        if said.verdict == "elected":
            return said.word("elected") or ""
        words = "\n".join(
            f"{word} {line}"
            for word, rows in said.lines.items()
            for line in rows
            if word != said.verdict
        )
        if said.verdict == "conflict":
            raise Conflict(
                f"The name {spec.name!r} and number {spec.number} belong to a job with another script: use another number. "
                "They are free again 15 minutes after /exitstatus was answered."
            )
        if said.verdict == "refused":
            error = refusal("sbatch", words)
            if isinstance(error, RefusedRequest):
                hint = contradiction(spec, self._settings.sbatch_options)
                raise RefusedRequest(error.message + hint)
            raise error
        waiting = (
            "its submission is under way"
            if said.verdict == "pending"
            else f"sbatch's answer was lost ({words[:300]})"
        )
        raise OutcomeUnknown(
            f"Nobody knows yet whether the job exists: {waiting}. Send the same request again.",
            retry_after=10,
        )

    def _told(self, ref: JobRef, share: float, answer: str = "") -> JobResult | None:
        """How the job ended; to say so may take this share of the time for an answer. ``answer``: a word where the upstream is
        told, from which on the time of its name and number runs out."""
        kept = (str(_KEPT_BYTES), str(_KEPT_LINES))
        try:
            call = self._workers.for_job(ref, share).call
            looking = f"{max(_SHORTEST_LOOK, _LOOKING * call.left()):.1f}"
            said = call.program("evidence", ref, ref.native_id, *kept, looking, answer)
        except NotFound:
            return None
        if said.word("final") is None:
            found = Evidence.read(said.lines).ending(self._settings.settling_time)
            said = call.program("record_final", ref, ref.native_id, found.as_text(), *kept, answer)
        ending = Ending.from_text(said.word("final") or "")
        self._snapshot.ended(ref, ending.state)
        return JobResult(
            ending.state, ending.elapsed, output_of(said, _KEPT_BYTES, _KEPT_LINES), ending.reason
        )

    def _explain(self, ref: JobRef, share: float) -> None:
        """A job that squeue has never shown: it has ended, or Slurm hides it from the service user."""
        try:
            self._told(ref, share)
        # Its owner's key is no good any more: that is his trouble, and the cluster answers. Or the job is over, and not hidden.
        except (LoginRefused, AccountingSilent, Settling):
            self._snapshot.postponed(ref)
            return
        except NotFinal as error:
            user = self._settings.ssh_user
            raise Unavailable(
                f"Job {ref.native_id} was submitted by this bridge, and Slurm shows it nowhere to {user!r}. {cure(user)}"
            ) from error
        self._snapshot.explained(ref)

    def _clean(self, ref: JobRef, share: float) -> Work | None:
        work = None
        with contextlib.suppress(NotFound):
            work = self._workers.for_job(ref, share)
            work.call.program("clean", ref, ref.native_id)
        self._uncleaned.done(ref)
        return work

    def _note_submission(self, said: Said, ref: JobRef, owner: str) -> None:
        self._workers.submitted(ref, owner)
        if said.word("again") is None:
            self._snapshot.submitted(ref, owner)
        else:  # it was there before: pending or long finished
            self._snapshot.changed()

    def _order(self, program: str, command: str, ref: JobRef, harmless: Sequence[str] = ()) -> bool:
        """Whether it was carried out; if it was not, for a reason that is harmless."""
        said = self._workers.for_job(ref).call.program(program, ref, ref.native_id)
        words = " ".join(
            f"{word} {line}" for word, rows in said.lines.items() for line in rows if word != "code"
        )
        if said.word("code") == "0":
            return True
        if not any(phrase in words for phrase in harmless):
            raise refusal(command, words)
        return False

    def _purge(self, ref: JobRef, work: Work) -> None:
        """Forget the user's old jobs, once an hour at most: the login node is a guest house."""
        with self._purging:
            if time.monotonic() - self._purged.get(work.user, self._began) < _PURGE_EVERY:
                return
            self._purged[work.user] = time.monotonic()
        minutes = max(
            1440, round(self._settings.retention / 60)
        )  # a day at least: the name must be long out of use
        work.call.program("purge", ref, str(minutes))


plugin = SlurmConnector
