"""How a job ended, by what was found: squeue, sacct, the job's record, the mark of a cancellation.
Pure.

A state needs evidence. Slurm's own final state takes precedence over the record, because a step
that was killed for its memory may still write exit code 0. While the controller is silent, a record
decides only if Slurm cannot contradict it later. Silence is no evidence: without evidence the
answer waits for the settling time, and then says that the job was lost, and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.slurm.words.commands import UNKNOWN_JOB, Row, sacct_row, squeue_row
from connectors.slurm.words.journal import Ending
from connectors.slurm.words.states import MAY_BE_REQUEUED
from connectors.slurm.words.usage import used_memory
from dssr.errors import NotFinal, Unavailable
from dssr.job import JobState

_NO_ACCOUNTING = "accounting storage is disabled"  # sacct's words where a cluster keeps none
_NO_COMMAND = (126, 127)  # exit codes of a shell that cannot run it
_WITHOUT_ACCOUNTING = 86_400  # seconds of waiting for an accounting that does not answer
# The states that the batch script of a job that does not end well learns from Slurm at its end.
_FROM_SLURM = frozenset(
    {"CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "PREEMPTED", "DEADLINE", "NODE_FAIL"}
)
_BY_RECORD = "by the job's own record"


class Settling(NotFinal):
    """The controller has forgotten the job, and evidence of its end may still appear."""


class AccountingSilent(Unavailable):
    """The controller answers and has forgotten the job; accounting, which may know, is silent."""


@dataclass(frozen=True)
class Evidence:
    """What one query found. Times are in seconds since the epoch, by the file server's clock."""

    listed: Row | None
    controller_answered: bool
    controller_words: str
    accounted: Row | None
    accounting_silent: str  # why accounting did not answer; empty where it did or there is none
    out_of_memory: bool  # a step of the job was killed for its memory
    record: Mapping[str, str]  # what the batch script wrote as its last act
    cancelled: int | None  # when the bridge cancelled the job
    missing: int | None  # since when the controller has not listed the job
    silent: int | None  # when accounting was last asked and did not answer
    now: int

    @classmethod
    def read(cls, lines: Mapping[str, Sequence[str]]) -> "Evidence":
        """From the lines of the program ``evidence``, by their first word. Raises ``Unavailable``
        when the job's record could not be read: that is not the same as no record."""
        if unreadable := lines.get("unreadable"):
            raise Unavailable(
                f"{unreadable[0]} on the cluster cannot be read at the moment: check its file "
                f"system."
            )
        squeue, sacct = list(lines.get("squeue", ())), lines.get("sacct", ())
        listed = next((row for line in squeue if (row := squeue_row(line))), None)
        is_unknown = not squeue or any(UNKNOWN_JOB in line for line in squeue)
        accounted, out_of_memory = _accounted(sacct, (lines.get("batch") or [""])[0])
        return cls(
            listed=listed,
            controller_answered=listed is not None or is_unknown,
            controller_words=" ".join(squeue)[:300],
            accounted=accounted,
            accounting_silent=_silence(_number(lines.get("accounting")) or 0, " ".join(sacct)),
            out_of_memory=out_of_memory,
            record=dict(line.split("=", 1) for line in lines.get("record", ()) if "=" in line),
            cancelled=_number(lines.get("cancelled")),
            missing=_number(lines.get("missing")),
            silent=_number(lines.get("silent")),
            now=_number(lines.get("now")) or 0,
        )

    def ending(self, settling: float) -> Ending:
        """The final state. Raises ``NotFinal`` while the job has not ended or nothing proves its
        end, and ``Unavailable`` when the controller is silent and nothing else is proof enough."""
        if self.listed and not self.listed.state.is_final:
            raise NotFinal(_not_ended(self.listed.state))
        if self.listed:
            return self._by_slurm(self.listed)
        if self.accounted and self.accounted.state.is_final:
            self._check_that_it_stays(self.accounted.state)
            return self._by_slurm(self.accounted)
        if self.record and (self.controller_answered or self._record_suffices()):
            ending = self._by_record()
            self._check_that_it_stays(ending.state)
            return ending
        if not self.controller_answered:
            code = self.record.get("exit", "")[:10]
            ran = (
                f"The job ran to its end, with exit code {code}; Slurm must say whether that is "
                "all. "
            )
            raise Unavailable(
                f"{ran if self.record else ''}Slurm's controller does not answer: "
                f"{self.controller_words}"
            )
        if self.cancelled is not None:
            reason = "cancelled through the bridge, Slurm keeps nothing of it"
            return Ending(JobState.CANCELLED, 0, reason)
        return self._lost(settling)

    def _check_that_it_stays(self, state: JobState) -> None:
        if state in MAY_BE_REQUEUED and not self.controller_answered:
            raise Unavailable(
                f"The job was {state}, and may run again; whether it does is known as soon as "
                f"Slurm's "
                f"controller answers, which it does not: {self.controller_words}"
            )

    def _record_suffices(self) -> bool:
        """Whether the record is enough without Slurm: it has Slurm's word, or all steps went well
        and said so, which leaves nothing that was killed for its memory. The end of a plain script
        does not show that, and a job that failed may be requeued (slurm.conf(5), RequeueExit). The
        record of a job that waits again is of an earlier run."""
        if self.accounted and self.accounted.state.is_queued:
            return False
        if self.record.get("exit") == "0":
            return self.record.get("step") == "0" and self.record.get("marker") == "success"
        return self.record.get("state") in _FROM_SLURM

    def _by_slurm(self, row: Row) -> Ending:
        """The batch script outlives a step that was killed for its memory, so Slurm calls the whole
        job FAILED."""
        killed = row.state is JobState.FAILED and self.out_of_memory
        state = JobState.OUT_OF_MEMORY if killed else row.state
        return Ending(state, row.elapsed or self._record_elapsed())

    def _by_record(self) -> Ending:
        if self.record.get("exit") == "0":
            return Ending(JobState.COMPLETED, self._record_elapsed(), _BY_RECORD)
        state = self.record.get("state", "")
        if state in _FROM_SLURM:
            return Ending(JobState(state), self._record_elapsed(), _BY_RECORD)
        if self._was_cancelled(state):
            reason = "cancelled through the bridge"
            return Ending(JobState.CANCELLED, self._record_elapsed(), reason)
        return Ending(JobState.FAILED, self._record_elapsed(), _BY_RECORD)

    def _was_cancelled(self, state: str) -> bool:
        """A job that scancel has reached is not RUNNING any more: a job that still was came to its
        end by itself."""
        ended = self.record.get("ended", "")
        if self.cancelled is None or state == "RUNNING" or not ended.isdecimal():
            return False
        return self.cancelled <= int(ended) + 1

    def _lost(self, settling: float) -> Ending:
        waited = -1 if self.missing is None else self.now - self.missing
        if settling <= waited < _WITHOUT_ACCOUNTING and self.accounting_silent:
            raise AccountingSilent(
                "Slurm no longer lists the job, no record shows how it ended, and Slurm's "
                "accounting "
                f"does not answer: {self.accounting_silent}", retry_after=30,
            )  # fmt: skip
        settled = waited
        if self.silent is not None and not self.accounting_silent:
            # An accounting that is back has old rows at first: the time begins at its return.
            settled = min(waited, self.now - self.silent)
        if settled < settling:
            raise Settling(
                "Slurm no longer lists the job and nothing shows yet how it ended: ask again. The "
                "job "
                f"is reported as lost when that has been so for {settling:g} s."
            )
        return Ending(
            JobState.UNKNOWN,
            0,
            "Slurm no longer lists the job, and neither accounting nor a record shows how it ended",
        )

    def _record_elapsed(self) -> int:
        began, ended = self.record.get("began", ""), self.record.get("ended", "")
        return max(0, int(ended) - int(began)) if began.isdecimal() and ended.isdecimal() else 0


def _not_ended(state: JobState) -> str:
    wait = "Ask again when it is no longer listed as running or queued."
    if state is JobState.COMPLETING:
        wait = (
            "Slurm is ending its processes: ask again in some seconds, or in some minutes where a "
            "node "
            "does not answer."
        )
    return f"The job has not ended: it is {state}. {wait}"


def _accounted(lines: Sequence[str], batch_script: str) -> tuple[Row | None, bool]:
    """The job's last row, with the most memory that one of its steps has used, and whether a step
    ran out of memory.

    sacct -D prints a row for each run of a requeued job; the rows of a run's steps follow it. Rows
    of another job that had the same id, known by another batch script, are left out.
    """
    found, out_of_memory, is_ours = None, False, False
    for line in lines:
        if row := sacct_row(line):
            submit_line = "|".join(line.split("|")[9:])
            is_ours = not submit_line or batch_script in submit_line
            if is_ours:
                found, out_of_memory = row, False
        elif found and is_ours:
            found = _with_memory(found, line)
            out_of_memory |= line.split("|")[1:2] == ["OUT_OF_MEMORY"]
    return found, out_of_memory


def _with_memory(job: Row, step: str) -> Row:
    """``step``: the row of one of its steps."""
    used = used_memory("".join(step.split("|")[8:9]))
    if used is None:
        return job
    return replace(job, memory_used_mb=max(job.memory_used_mb or 0, used))


def _silence(code: int, words: str) -> str:
    if code == 0 or code in _NO_COMMAND or _NO_ACCOUNTING in words:
        return ""
    return words[:300] or "sacct has no answer in time"


def _number(lines: Sequence[str] | None) -> int | None:
    return int(lines[0]) if lines and lines[0].isdecimal() else None
