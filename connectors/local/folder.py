"""What the state directory knows of one job: each fact is a file that is either whole or not there.

job.json        what the job asks for (LocalJob)
submitted       the text of the response to the submission
held            there while the job may not start
started         when a supervisor started the job
alive           locked while the supervisor is alive; its time is that of the last sign of life
cancel          there once a cancellation was ordered
record          how the job ended (Record): the evidence
serial          the job's place in the order of all final states
answer, tail    the size and the end of the output, as they are kept with the result
cleaned         when the job was cleaned
supervisor.log  the supervisor's messages
"""

import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from connectors.local import files, tail
from dssr.job import OUTPUT_BYTES, OUTPUT_LINES, JobRef, JobState, Output
from dssr.record import About

NOT_STARTED = "could not be started: "  # in the reason of a record, before the system's words


@dataclass(frozen=True)
class LocalJob:
    """What one job asks for and where its files lie; written once, before the job can start."""

    name: str
    number: int
    cores: int
    walltime: int | None  # seconds
    plain: bool  # ends by its exit code, has no step of its own
    argv: tuple[str, ...]
    directory: str  # the job directory, in the scratch directory
    output: str
    cwd: str
    submitted: float  # seconds since the epoch
    begin: float = 0.0  # the earliest start, in seconds since the epoch
    export: str = "ALL"  # sbatch(1), --export
    memory_mb: int = 0  # 0: not asked for
    own_directory: str = ""  # a working directory that was made for this job alone
    idempotency: str = ""  # JobSpec.idempotency
    request_id: str = ""  # of the request that submitted it
    about: About = field(default_factory=About)

    @property
    def ref(self) -> JobRef:
        """The job's name and number."""
        return JobRef(self.name, self.number)


@dataclass(frozen=True)
class Record:
    """How a job ended, and what it used. ``exit_code``, ``signal``: where it ended by itself."""

    state: JobState
    elapsed: int  # seconds
    ended: float  # seconds since the epoch
    reason: str = ""
    exit_code: int | None = None
    signal: int | None = None
    cpu_seconds: float | None = None
    memory_used_mb: int | None = None  # by its largest process


class Folder:
    """One job's place in the state directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.native_id = path.name

    @property
    def alive(self) -> Path:
        """The file that is locked as long as the job's supervisor lives."""
        return self.path / "alive"

    @property
    def log(self) -> Path:
        """The messages of the job's supervisor."""
        return self.path / "supervisor.log"

    def job(self) -> LocalJob | None:
        """What the job asks for; ``None`` where a submission has not come that far."""
        value = files.read_json(self.path / "job.json")
        if value is None:
            return None
        labels = tuple((name, text) for name, text in value["about"]["labels"])
        about = About(**(value["about"] | {"labels": labels}))
        return LocalJob(**(value | {"argv": tuple(value["argv"]), "about": about}))

    def write_job(self, job: LocalJob, submitted: str, held: bool) -> None:
        """Write down what the job asks for."""
        files.write(self.path / "submitted", submitted.encode("utf-8", "surrogateescape"))
        if held:
            files.create(self.path / "held")
        files.write_json(self.path / "job.json", asdict(job))

    def submitted(self) -> str:
        """The text of the response to the submission."""
        return (files.read(self.path / "submitted") or b"").decode("utf-8", "surrogateescape")

    def started(self) -> float | None:
        """When a supervisor started the job, in seconds since the epoch; ``None`` before."""
        value = files.read_json(self.path / "started")
        return None if value is None else float(value)

    def mark_started(self, now: float) -> None:
        """Write down that the job starts. Raises ``FileExistsError`` when it has started before: a
        job is started once."""
        files.create(self.path / "started", str(now).encode())

    def is_starting(self) -> bool:
        """Whether a supervisor was started for the job, which has not started it yet."""
        return (self.path / "starting").exists()

    def mark_starting(self) -> None:
        """Write down that a supervisor is being started."""
        files.write(self.path / "starting", b"")

    def mark_waiting(self) -> None:
        """Write down that the job has no supervisor."""
        (self.path / "starting").unlink(missing_ok=True)

    def show_life(self) -> None:
        """Put the time of the last sign of life to now."""
        os.utime(self.alive)

    def seconds_seen(self) -> int:
        """For how long the job was seen to run: up to the last sign of life."""
        started = self.started()
        return 0 if started is None else max(0, int(self.alive.stat().st_mtime - started))

    def record(self) -> Record | None:
        """How the job ended; ``None`` before."""
        value = files.read_json(self.path / "record")
        return None if value is None else Record(**(value | {"state": JobState(value["state"])}))

    def write_record(self, record: Record) -> None:
        """Write down how the job ended. Needs the lock ``alive``."""
        files.write_json(self.path / "record", asdict(record))

    def serial(self) -> int | None:
        """The job's place in the order of all final states; ``None`` before it has one."""
        value = files.read(self.path / "serial")
        return None if value is None else int(value)

    def write_serial(self, serial: int) -> None:
        """Write down that place. Needs the store's lock."""
        files.write(self.path / "serial", str(serial).encode())

    def is_held(self) -> bool:
        """Whether the job may not start before it is released."""
        return (self.path / "held").exists()

    def hold(self) -> None:
        """Keep the job from starting."""
        files.write(self.path / "held", b"")

    def release(self) -> None:
        """Let the job start."""
        (self.path / "held").unlink(missing_ok=True)

    def is_cancelled(self) -> bool:
        """Whether a cancellation was ordered."""
        return (self.path / "cancel").exists()

    def order_cancel(self) -> None:
        """Write down that the job is to be cancelled."""
        files.write(self.path / "cancel", b"")

    def cleaned(self) -> float | None:
        """When the job was cleaned, in seconds since the epoch; ``None`` before."""
        value = files.read_json(self.path / "cleaned")
        return None if value is None else float(value)

    def mark_cleaned(self, now: float) -> None:
        """Write down that the job was cleaned; the first time is kept."""
        if self.cleaned() is None:
            files.write_json(self.path / "cleaned", now)

    def kept_output(self, lines: int = OUTPUT_LINES) -> Output | None:
        """The last lines of the output as it was kept with the result; ``None`` before."""
        value = files.read_json(self.path / "answer")
        if value is None:
            return None
        return Output.end(
            value["size"], tail.last_lines(self.path / "tail", lines).data, lines, OUTPUT_BYTES
        )

    def keep_output(self, path: Path) -> Output:
        """Keep the end of the output, as every result of the job has it from now on."""
        try:
            output, size = tail.last_lines(path, OUTPUT_LINES), path.stat().st_size
        except FileNotFoundError:
            output, size = Output(b""), 0
        files.write(self.path / "tail", output.data)
        files.write_json(self.path / "answer", {"size": size})
        return output
