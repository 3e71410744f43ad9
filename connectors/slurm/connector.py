"""The Slurm connector: sbatch and friends on a login node, reached over SSH.

What the bridge must still know after a crash is in the job's directory on the cluster, which
``shell/programs/common.sh`` describes, or in Slurm.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from connectors.shared import directories
from connectors.shared.job_files import JobDirectory, ServesJobFiles
from connectors.shared.summaries import summary
from connectors.slurm.examination.examination import Examination
from connectors.slurm.services.ability import HasServices
from connectors.slurm.services.interactive import ServesInteractiveJobs
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import job_directories, kept_scripts, login_nodes
from connectors.slurm.shell.accounts import Accounts, OwnerAccounts, ServiceAccount
from connectors.slurm.shell.cleaning import CLEANING, Cleaning
from connectors.slurm.shell.cluster_view import SharedView
from connectors.slurm.shell.explanations import Explanations
from connectors.slurm.shell.outputs import Outputs
from connectors.slurm.shell.records import JobRecords
from connectors.slurm.shell.remote import ANSWER_MARGIN, Remote, output_of
from connectors.slurm.shell.results import Results
from connectors.slurm.shell.shared_snapshot import SharedSnapshot, listed_jobs
from connectors.slurm.shell.submission import Prepared, send, tried
from connectors.slurm.shell.trial import Trial
from connectors.slurm.shell.user_connections import LogsInAsUsers, UserConnections
from connectors.slurm.words.commands import UNKNOWN_JOB
from connectors.slurm.words.reasons import reason_of
from connectors.slurm.words.refusals import refusal
from dssr.deadline import answer_due
from dssr.errors import CommandTimeout, NotFound, Refused, SettingsError, Unavailable, waits_no_more
from dssr.job import (
    OUTPUT_BYTES,
    JobRef,
    JobResult,
    JobSpec,
    JobStatus,
    Output,
    Snapshot,
    Submitted,
)
from dssr.record import Checked, End, JobRecord, OutputPart, Records, Why
from dssr.seams import (
    CHECKS,
    AsksAtTerminal,
    ClusterView,
    DirectoryEntry,
    Figure,
    Finding,
    PresentingHost,
    PresentsHostKeys,
    Reports,
    Transport,
    Users,
)

_EXAMINING = 0.2  # of the time for an answer: with less it is not worth it to ask how a job ended
_HARMLESS = (UNKNOWN_JOB, "already completing or completed")  # what scancel says of an ended job


class SlurmConnector(ServesJobFiles, ServesInteractiveJobs, HasServices):
    """See ``dssr.seams.Connector``."""

    settings_class = SlurmSettings
    checks = CHECKS

    def __init__(self, settings: SlurmSettings, transport: Transport | None = None) -> None:
        """Does not connect yet. Raises ``SettingsError`` for a key that cannot be used."""
        super().__init__()
        self._settings = settings
        self._transport = transport or login_nodes.transport(settings)
        self._remote = Remote(self._transport, settings)
        # Half the margin longer than a query may take, whose error says more.
        patience = settings.answer_timeout - ANSWER_MARGIN / 2
        self._snapshot = SharedSnapshot(self._query, settings.snapshot_age, patience)
        self._trial = Trial(settings)
        self._accounts: Accounts = ServiceAccount(self._remote, settings, self._trial)
        self._records = JobRecords(self._remote, self.snapshot, settings)
        self._results = Results(settings, self._snapshot)
        self._cleaning = Cleaning(self._remote, settings)
        self._view = SharedView(self._remote)
        self._explanations = Explanations(self._remote, self._results)
        self._outputs = Outputs(self._records, self._snapshot)

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

    def ask_at_terminal(self) -> None:
        """See ``dssr.seams.AsksAtTerminal``: only OpenSSH's program can ask."""
        if isinstance(self._transport, AsksAtTerminal):
            self._transport.ask_at_terminal()

    def submit(self, spec: JobSpec, launch: str) -> Submitted:
        """See ``dssr.seams.Connector``: one intent, one election, which all parties obey."""
        prepared = Prepared.of(spec, launch, self._settings)
        call = self._accounts.for_owner(spec.owner, spec.ref)
        service = self._remote.call()
        is_own = call.user in ("", self._settings.ssh_user)
        number = str(self._records.taken) if is_own else "-"
        try:
            sent = send(prepared, call, number)
        except (Refused, Unavailable):
            self._trial.doubt()
            raise
        ref = sent.entry.ref
        self._accounts.submitted(ref, call.user)
        if sent.submitted.again:  # it was there before: pending or long finished
            self._snapshot.changed()
            self._records.outdated()
        else:
            self._snapshot.submitted(ref, call.user)
            self._records.submitted.append((sent.entry, sent.serial))
            self._records.taken = max(self._records.taken, sent.serial)
        if not is_own:
            self._records.journal.enter_other(service, sent.entry, sent.about)
        return sent.submitted

    def check(self, spec: JobSpec, launch: str) -> Checked:
        """See ``dssr.seams.ChecksJobs``."""
        call = self._accounts.for_owner(spec.owner, spec.ref)
        return tried(Prepared.of(spec, launch, self._settings), call)

    def snapshot(self) -> Snapshot:
        """See ``dssr.seams.Connector``. One query serves all for ``JARVICE_SNAPSHOT_AGE``."""
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
            self._records.changed()
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
        self._records.changed()

    def hold(self, ref: JobRef) -> None:
        """See ``dssr.seams.HoldsJobs``."""
        call = self._accounts.for_job(ref)
        status = self.snapshot().find(ref)
        if status is not None and not status.state.is_queued:
            raise waits_no_more(ref.native_id)
        reply = call.run_program("hold", ref, ref.native_id)
        if reply.value("code") != "0":
            words = reply.text_without("code")
            if any(phrase in words for phrase in (*_HARMLESS, "no longer pending")):
                raise waits_no_more(ref.native_id)
            raise refusal("scontrol hold", words)
        self._snapshot.changed()
        self._records.changed()

    def records(self) -> Records:
        """See ``dssr.seams.KeepsRecords``."""
        records = self._records.get(self._accounts)
        self._cleaning.purge(self._accounts, self._records.owners)
        return records

    def record(self, id: str) -> JobRecord:
        """See ``dssr.seams.KeepsRecords``."""
        return self._records.find(id, self._accounts)

    def located(self, id: str) -> JobRecord:
        """See ``dssr.seams.LocatesJobs``: the job's directory is known from the journal."""
        return self._records.located(id, self._accounts)

    def ends(self, after: int) -> Sequence[End]:
        """See ``dssr.seams.KeepsRecords``."""
        return self._records.ends(after)

    def script(self, id: str) -> bytes:
        """See ``dssr.seams.KeepsRecords``."""
        return kept_scripts.read(self._accounts, self.located(id))

    def batch_script(self, id: str) -> bytes:
        """See ``dssr.seams.WrapsScripts``."""
        return kept_scripts.read(self._accounts, self.located(id), "batch")

    def read_outputs(
        self, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``."""
        return self._outputs.read(self._accounts, offsets, limit)

    def output(self, ref: JobRef, lines: int) -> Output:
        """See ``dssr.seams.Connector``. At most 10 MiB."""
        words = (ref.native_id, str(OUTPUT_BYTES), str(lines))
        reply = self._accounts.for_job(ref).run_program("output", ref, *words)
        if reply.value("size") == "0":
            raise NotFound(f"Job {ref.native_id} has printed nothing yet.")
        return output_of(reply, OUTPUT_BYTES, lines)

    def describe(self, ref: JobRef) -> str:
        """See ``dssr.seams.Connector``: what ``scontrol show job`` says, or what is left of it."""
        reply = self._accounts.for_job(ref).run_program("describe", ref, ref.native_id)
        if (silent := reply.value("silent")) is not None:
            raise Unavailable(f"Slurm's controller does not answer: {silent}")
        return reply.rest.decode("utf-8", "replace").strip()

    def why(self, ref: JobRef) -> Why:
        """See ``dssr.seams.ExplainsJobs``."""
        return self._explanations.get(self._accounts, ref, self.snapshot().find(ref))

    def summary(self, job: JobRecord) -> str:
        """See ``dssr.seams.SummarizesJobs``."""
        return summary(job, lambda reason: reason_of(reason or "None").sentence)

    def clean(self, ref: JobRef) -> None:
        """See ``dssr.seams.Connector``."""
        self._cleaning.clean(ref, self._accounts)

    def ping(self) -> None:
        """See ``dssr.seams.Connector``. Unlisted jobs for which no time is left wait for the next
        call."""
        call = self._remote.call()
        try:
            self._snapshot.get(call.deadline)
            self._accounts.check_submission(call)
        except Unavailable:
            self._trial.doubt()
            raise
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
        own = (self._accounts, self._snapshot, self._remote.queries)
        return [*of_transport, *(figure for part in own for figure in part.figures())]

    def cluster(self) -> ClusterView:
        """See ``dssr.seams.ShowsCluster``. One query serves all callers for 15 seconds."""
        return self._view.get()

    def list_directory(self, path: str) -> Sequence[DirectoryEntry]:
        """See ``dssr.seams.ListsDirectories``; read as the service user."""
        command = directories.command(path, directories.roots(self._settings))
        return directories.entries(path, self._remote.call().run("files", command))

    def directory_of(self, ref: JobRef) -> JobDirectory:
        """See ``ServesJobFiles``."""
        return job_directories.directory_of(ref, self._accounts, self._records, self._settings)

    def examine(self, with_jobs: bool, left: list[str]) -> Iterator[Finding]:
        """See ``dssr.seams.Examines``."""
        with login_nodes.apart(self._transport) as transport:
            make = partial(SlurmConnector, transport=transport)
            yield from Examination(self._settings, transport, make, with_jobs, left).run()

    def _query(self) -> Mapping[str, JobStatus]:
        return listed_jobs(self._accounts.squeue(), self._remote.call())


plugin = SlurmConnector
