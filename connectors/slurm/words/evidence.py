"""How a job ended, from what was found: squeue, sacct, the record that the job left, the mark of a cancellation. Pure.

A state needs evidence. Slurm's own final state outranks the record: a step that was killed for its memory may still write
exit code 0. So while the controller is silent a record decides only if nothing that Slurm may say later can be at odds with
it. Silence is no evidence: while there is none, the answer waits for the settling time and then says that the job was lost,
and why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.slurm.words.commands import UNKNOWN_JOB, Row, sacct_row, squeue_row
from dssr.errors import NotFinal, Unavailable
from dssr.job import JobState

_NO_ACCOUNTING = "accounting storage is disabled"  # sacct's words where a cluster keeps none
_NO_COMMAND = (126, 127)  # exit codes of a shell that cannot run it
_WITHOUT_ACCOUNTING = 86_400  # seconds for which an accounting that does not answer is waited for, before a job counts as lost
# What the batch script has Slurm say at the end of a job that does not end well.
_TOLD = frozenset({"CANCELLED", "TIMEOUT", "OUT_OF_MEMORY", "PREEMPTED", "DEADLINE", "NODE_FAIL"})


class Settling(NotFinal):
    """The controller has forgotten the job, and it may yet turn out how it ended."""


class AccountingSilent(Unavailable):
    """The controller answers and has forgotten the job; only accounting may still know how it ended, and does not answer."""


@dataclass(frozen=True)
class Ending:
    """A final answer."""

    state: JobState
    elapsed: int  # seconds
    reason: str = ""

    def as_text(self) -> str:
        """One line for the link that keeps it."""
        return f"{self.state}|{self.elapsed}|{self.reason}"

    @classmethod
    def from_text(cls, text: str) -> "Ending":
        """The reverse of ``as_text``. Raises ``Unavailable`` for what it cannot have written."""
        try:
            state, elapsed, reason = text.split("|", 2)
            return cls(JobState(state), int(elapsed), reason)
        except ValueError as error:
            raise Unavailable(
                f"This version cannot read the final answer that is kept on the cluster: {text[:100]!r}."
            ) from error


@dataclass(frozen=True)
class Evidence:
    """What one look found. ``record``: the lines ``name=value`` that the batch script wrote as its last act."""

    listed: Row | None
    controller_answered: bool
    controller_words: str
    accounted: Row | None
    accounting_silent: (
        str  # why the accounting did not answer; empty where it did, and where there is none
    )
    out_of_memory: bool  # a step of the job was killed for its memory
    record: Mapping[str, str]
    cancelled: int | None  # when, in seconds since the epoch by the file server's clock
    missing: int | None  # since when the controller has not listed the job, by the same clock
    silent: int | None  # when the accounting was last asked and did not answer, by the same clock
    now: int

    @classmethod
    def read(cls, lines: Mapping[str, Sequence[str]]) -> "Evidence":
        """From the lines of the program ``gather``, sorted by their first word. Raises ``Unavailable`` when the job's own
        record could not be read: that is not the same as none."""
        if unreadable := lines.get("unreadable"):
            raise Unavailable(
                f"{unreadable[0]} on the cluster cannot be read at the moment: look at its file system."
            )
        said = list(lines.get("squeue", ()))
        listed = next((row for line in said if (row := squeue_row(line))), None)
        accounted, out_of_memory = _accounted(
            lines.get("sacct", ()), (lines.get("batch") or [""])[0]
        )
        unknown = not said or any(UNKNOWN_JOB in line for line in said)
        return cls(
            listed=listed,
            controller_answered=listed is not None or unknown,
            controller_words=" ".join(said)[:300],
            accounted=accounted,
            accounting_silent=_silence(
                _number(lines.get("accounting")) or 0, " ".join(lines.get("sacct", ()))
            ),
            out_of_memory=out_of_memory,
            record=dict(line.split("=", 1) for line in lines.get("record", ()) if "=" in line),
            cancelled=_number(lines.get("cancelled")),
            missing=_number(lines.get("missing")),
            silent=_number(lines.get("silent")),
            now=_number(lines.get("now")) or 0,
        )

    def ending(self, settling: float) -> Ending:
        """The final state. Raises ``NotFinal`` while the job has not ended or nothing proves its end, ``Unavailable``
        when the controller did not answer and nothing else is proof enough."""
        if self.listed and (self.listed.state.may_come_back or not self.listed.state.is_final):
            raise NotFinal(f"The job has not ended: it is {self.listed.state}.")
        if self.listed:
            return self._by_slurm(self.listed)
        if self.accounted and self.accounted.state.is_final:
            self._check_that_it_stays(self.accounted.state)
            return self._by_slurm(self.accounted)
        if self.record and (self.controller_answered or self._stands_alone()):
            ending = self._by_record()
            self._check_that_it_stays(ending.state)
            return ending
        if not self.controller_answered:
            raise Unavailable(
                f"{self._words_of_the_record()}Slurm's controller does not answer: {self.controller_words}"
            )
        if self.cancelled is not None:
            return Ending(
                JobState.CANCELLED, 0, "cancelled through the bridge, Slurm keeps nothing of it"
            )
        return self._lost(settling)

    def _check_that_it_stays(self, state: JobState) -> None:
        if state.may_come_back and not self.controller_answered:
            raise Unavailable(
                f"The job was {state}, and may run again; Slurm's controller does not answer: {self.controller_words}"
            )

    def _stands_alone(self) -> bool:
        """Whether the record needs no word of Slurm's: it holds one, or all steps went well and said so, which leaves nothing
        that was killed for its memory. A plain script's end does not show that, and one that failed may be requeued
        (slurm.conf(5), RequeueExit). One that waits again has left the record in an earlier run."""
        if self.accounted and self.accounted.state.is_queued:
            return False
        if self.record.get("exit") == "0":
            return self.record.get("step") == "0" and self.record.get("marker") == "success"
        return self.record.get("state") in _TOLD

    def _words_of_the_record(self) -> str:
        if not self.record:
            return ""
        code = self.record.get("exit", "")[:10]
        return (
            f"The job ran to its end, with exit code {code}; whether that is all, Slurm must say. "
        )

    def _by_slurm(self, row: Row) -> Ending:
        # The batch script outlives a step that was killed for its memory, so that Slurm calls the whole job FAILED.
        told = (
            JobState.OUT_OF_MEMORY
            if row.state is JobState.FAILED and self.out_of_memory
            else row.state
        )
        return Ending(told, row.elapsed or self._record_elapsed())

    def _by_record(self) -> Ending:
        if self.record.get("exit") == "0":
            return Ending(JobState.COMPLETED, self._record_elapsed(), "by the job's own record")
        told = self.record.get("state", "")
        if told in _TOLD:
            return Ending(JobState(told), self._record_elapsed(), "by the job's own record")
        ended = self.record.get("ended", "")
        # What scancel has reached is not RUNNING any more: such a job came to its end by itself.
        if (
            self.cancelled is not None
            and told != "RUNNING"
            and ended.isdecimal()
            and self.cancelled <= int(ended) + 1
        ):
            return Ending(
                JobState.CANCELLED, self._record_elapsed(), "cancelled through the bridge"
            )
        return Ending(JobState.FAILED, self._record_elapsed(), "by the job's own record")

    def _lost(self, settling: float) -> Ending:
        waited = -1 if self.missing is None else self.now - self.missing
        if settling <= waited < _WITHOUT_ACCOUNTING and self.accounting_silent:
            raise AccountingSilent(
                "Slurm lists the job no more, no record shows how it ended, and Slurm's accounting does not answer: "
                f"{self.accounting_silent}", retry_after=30,
            )  # fmt: skip
        # An accounting that comes back has old rows at first: its time, too, counts from its return.
        settled = (
            min(waited, self.now - self.silent)
            if self.silent is not None and not self.accounting_silent
            else waited
        )
        if settled < settling:
            raise Settling(
                "Slurm lists the job no more and nothing shows yet how it ended; ask again. It counts as lost when that has "
                f"been so for {settling:g} s."
            )
        return Ending(
            JobState.UNKNOWN,
            0,
            "Slurm lists the job no more, and neither accounting nor a record shows how it ended",
        )

    def _record_elapsed(self) -> int:
        began, ended = self.record.get("began", ""), self.record.get("ended", "")
        return max(0, int(ended) - int(began)) if began.isdecimal() and ended.isdecimal() else 0


def _accounted(lines: Sequence[str], batch_script: str) -> tuple[Row | None, bool]:
    """The job's last row (-D repeats a requeued job, a row for each of its runs), and whether a step of it ran out of memory.

    Rows of a job that had the same id before or after, known by another batch script, do not count; a job's steps stand
    behind it.
    """
    found, out_of_memory, ours = None, False, False
    for line in lines:
        if row := sacct_row(line):
            submit_line = "|".join(line.split("|")[4:])
            ours = not submit_line or batch_script in submit_line
            if ours:
                found, out_of_memory = row, False
        elif ours and line.split("|")[1:2] == ["OUT_OF_MEMORY"]:
            out_of_memory = True
    return found, out_of_memory


def _silence(code: int, words: str) -> str:
    if code == 0 or code in _NO_COMMAND or _NO_ACCOUNTING in words:
        return ""
    return words[:300] or "sacct has no answer in time"


def _number(lines: Sequence[str] | None) -> int | None:
    return int(lines[0]) if lines and lines[0].isdecimal() else None
