"""The Slurm connector: sbatch and friends on a login node, reached over SSH.

What the bridge must still know after a crash is in the job's directory on the cluster, which
``shell/programs/common.sh`` describes, or in Slurm.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from connectors.shared import batch, directives, directories
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import login_nodes
from connectors.slurm.shell.accounts import Accounts, OwnerAccounts, ServiceAccount
from connectors.slurm.shell.cleaning import CLEANING, Cleaning
from connectors.slurm.shell.cluster_view import SharedView
from connectors.slurm.shell.election import elected_id
from connectors.slurm.shell.explanation import explanation
from connectors.slurm.shell.remote import (
    ANSWER_MARGIN,
    NotAsked,
    Remote,
    output_of,
    unknown_job,
)
from connectors.slurm.shell.results import Results
from connectors.slurm.shell.shared_answer import SharedAnswers
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from connectors.slurm.shell.user_connections import LogsInAsUsers, UserConnections
from connectors.slurm.words.batch_script import MAPPING, batch_script
from connectors.slurm.words.commands import TIMED_OUT, UNKNOWN_JOB
from connectors.slurm.words.options import sbatch_options
from connectors.slurm.words.refusals import refusal
from dssr.deadline import answer_due
from dssr.errors import (
    CommandTimeout,
    NotFinal,
    NotFound,
    OutcomeUnknown,
    SettingsError,
    Unavailable,
)
from dssr.job import (
    OUTPUT_BYTES,
    JobRef,
    JobResult,
    JobSpec,
    JobState,
    JobStatus,
    Output,
    Snapshot,
    Submitted,
)
from dssr.record import Why
from dssr.seams import (
    ClusterView,
    DirectoryEntry,
    Figure,
    PresentingHost,
    PresentsHostKeys,
    Reports,
    Transport,
    Users,
)

log = logging.getLogger(__name__)

_EXAMINING = 0.2  # of the time for an answer: with less it is not worth it to ask how a job ended
_EXPLAINED = 30.0  # seconds for which an explanation serves
_MOST_EXPLAINED = 1000  # jobs whose explanation is kept, some kilobytes each
_HARMLESS = (UNKNOWN_JOB, "already completing or completed")  # what scancel says of an ended job


class SlurmConnector:
    """See ``dssr.seams.Connector``."""

    settings_class = SlurmSettings

    def __init__(self, settings: SlurmSettings, transport: Transport | None = None) -> None:
        """Does not connect yet. Raises ``SettingsError`` for a key that cannot be used."""
        self._settings = settings
        self._transport = transport or login_nodes.transport(settings)
        self._remote = Remote(self._transport, settings)
        # Half the margin longer than a query may take, whose error says more.
        patience = settings.answer_timeout - ANSWER_MARGIN / 2
        self._snapshot = SharedSnapshot(self._query, settings.snapshot_age, patience)
        self._accounts: Accounts = ServiceAccount(self._remote, settings)
        self._results = Results(settings, self._snapshot)
        self._cleaning = Cleaning(self._remote, settings)
        self._view = SharedView(self._remote)
        self._explanations = SharedAnswers[Why](_EXPLAINED, _MOST_EXPLAINED)

    def act_for(self, users: Users) -> None:
        """See ``dssr.seams.ActsForUsers``. Raises ``SettingsError`` where no user can log in."""
        if not isinstance(self._transport, LogsInAsUsers):
            raise SettingsError([
                "With JARVICE_SLURM_CLUSTER_ADDR=local all jobs are those of the user that the "
                "bridge runs as: to act for users, reach the login node by SSH "
                "(JARVICE_SLURM_CLUSTER_ADDR=localhost)."
            ])  # fmt: skip
        settings = self._settings
        connections = UserConnections(users, self._transport, settings.user_connections)
        self._accounts = OwnerAccounts(self._remote, settings, users, connections, self._snapshot)

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``: one intent, one election, which all parties obey."""
        options = sbatch_options(spec, self._settings.sbatch_options)
        step = "" if spec.plain else batch.step_text(spec, launch, MAPPING)
        script = batch_script(spec, step)
        files = (spec.script, step, script, batch.secrets_text(spec))
        place = f"{datetime.now(UTC):%Y-%m-%d}/{spec.token}.{uuid4().hex[:12]}"
        call = self._accounts.for_owner(spec.owner, spec.ref)
        words = (spec.token, spec.name, str(spec.number), place, call.scratch_dir, *files, *options)
        try:
            reply = call.run_program("submit", spec.ref, *words)
        except NotAsked:  # nothing was sent, so the outcome is known
            raise
        except CommandTimeout as error:
            raise OutcomeUnknown(
                f"{error.message} Send the same request again: there will be one job."
            ) from error
        native_id = elected_id(reply, spec, self._settings.sbatch_options)
        ref = replace(spec.ref, native_id=native_id)
        self._accounts.submitted(ref, call.user)
        if reply.value("again") is None:
            self._snapshot.submitted(ref, call.user)
        else:  # it was there before: pending or long finished
            self._snapshot.changed()
        shown = f"{script}\n# ---- the job script ----\n{spec.script}"
        ignored = directives.elsewhere(directives.options_of(spec, self._settings.sbatch_options))
        if notice := batch.output_notice(ignored, reply.value("output") or "the scratch directory"):
            log.info("Job %s/%s: %s", spec.name, spec.number, notice)
            shown = f"{shown.rstrip()}\n# {notice}\n"
        return Submitted(native_id, shown)

    def snapshot(self) -> Snapshot:
        """See ``dssr.seams.Connector``. One query serves all callers for
        ``JARVICE_SNAPSHOT_AGE``."""
        return self._snapshot.get(answer_due() - ANSWER_MARGIN / 2)

    def result(self, ref: JobRef) -> JobResult | None:
        """See ``dssr.seams.Connector``."""
        share = (1 - CLEANING) * self._remote.share_left()
        return self._results.final(self._accounts, ref, share, "answer")

    def cancel(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        reply = self._accounts.for_job(ref).run_program("cancel", ref, ref.native_id)
        if reply.value("code") == "0":
            self._snapshot.cancelled(ref)
            return
        words = reply.text_without("code")
        if not any(phrase in words for phrase in _HARMLESS):
            raise refusal("scancel", words)
        # The job had ended before; a job that has its id by now is another one.
        self._snapshot.changed()

    def release(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        reply = self._accounts.for_job(ref).run_program("release", ref, ref.native_id)
        if reply.value("code") != "0":
            raise refusal("scontrol release", reply.text_without("code"))
        self._snapshot.changed()

    def output(self, ref: JobRef, lines: int) -> Output:
        """See ``dssr.seams.Connector``. At most 10 MiB."""
        words = (ref.native_id, str(OUTPUT_BYTES), str(lines))
        reply = self._accounts.for_job(ref).run_program("output", ref, *words)
        if reply.value("size") == "0":
            raise NotFound(f"Job {ref.native_id} has printed nothing yet.")
        return output_of(reply, OUTPUT_BYTES, lines)

    def describe(self, ref: JobRef) -> str:
        """See ``dssr.seams.Connector``: what ``scontrol show job`` says, or what is left when the
        controller has forgotten the job."""
        reply = self._accounts.for_job(ref).run_program("describe", ref, ref.native_id)
        if (silent := reply.value("silent")) is not None:
            raise Unavailable(f"Slurm's controller does not answer: {silent}")
        return reply.rest.decode("utf-8", "replace").strip()

    def why(self, ref: JobRef) -> Why:
        """See ``dssr.seams.ExplainsJobs``. As long as the job does not change, one explanation
        serves all callers for half a minute."""
        status = self.snapshot().find(ref)
        if status is not None and status.state.is_final:
            status = None  # evidence decides how it ended
        about = (ref, status and (status.state, status.reason))
        until = answer_due() - ANSWER_MARGIN / 2
        try:
            return self._explanations.get(about, lambda: self._explain(ref, status), until)
        except NotFinal:  # squeue lists the job no more, and its end is not known yet
            return explanation(self._accounts.for_job(ref), ref, JobState.UNKNOWN)

    def clean(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        self._cleaning.clean(ref, self._accounts)

    def ping(self) -> None:
        """See ``dssr.seams.Connector``. Unlisted jobs for which no time is left wait for the next
        call."""
        call = self._remote.call()
        self._snapshot.get(call.deadline)
        for nth, ref in enumerate(self._snapshot.unlisted()):
            share = self._remote.share_left(call.deadline)
            if share < _EXAMINING:
                return
            try:
                self._results.examine_unlisted(self._accounts, ref, min(share, 1 - CLEANING))
            except CommandTimeout:
                if nth == 0:
                    raise
                return  # the cluster has answered for the jobs before
        if self._remote.share_left(call.deadline) >= _EXAMINING:
            self._accounts.check_visibility(call)

    def close(self) -> None:
        """See ``dssr.seams.Connector``."""
        self._accounts.close()
        self._transport.close()

    def host_keys(self) -> Sequence[PresentingHost]:
        """See ``dssr.seams.PresentsHostKeys``; none when Slurm's commands run on this machine."""
        return self._transport.host_keys() if isinstance(self._transport, PresentsHostKeys) else ()

    def figures(self) -> Sequence[Figure]:
        """See ``dssr.seams.Reports``."""
        of_transport = self._transport.figures() if isinstance(self._transport, Reports) else ()
        return [*of_transport, *self._accounts.figures(), *self._snapshot.figures()]

    def cluster(self) -> ClusterView:
        """See ``dssr.seams.ShowsCluster``. One query serves all callers for 15 seconds."""
        return self._view.get()

    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """See ``dssr.seams.ListsDirectories``; read as the service user."""
        command = directories.command(path, directories.roots(self._settings))
        return directories.entries(path, self._remote.call().run(command))

    def _explain(self, ref: JobRef, status: JobStatus | None) -> Why:
        if status is not None:
            call = self._accounts.for_job(ref)
            return explanation(call, ref, status.state, status.reason)
        share = (1 - CLEANING) * self._remote.share_left()
        result = self._results.final(self._accounts, ref, share)
        if result is None:
            raise unknown_job(ref)
        call = self._accounts.for_job(ref)
        return explanation(call, ref, result.state, result.reason, result.output.data)

    def _query(self) -> Mapping[str, JobStatus]:
        command, call = self._accounts.squeue(), self._remote.call()
        # timeout(1) ends it on the login node too: a controller that hangs would collect commands.
        limit = str(max(1, int(call.deadline - time.monotonic())))
        done = call.run(["timeout", limit, *command.argv()])
        if done.returncode == TIMED_OUT:
            raise Unavailable(
                f"Slurm's controller does not answer: squeue had no answer within {limit} s."
            )
        return command.parse(done)


plugin = SlurmConnector
