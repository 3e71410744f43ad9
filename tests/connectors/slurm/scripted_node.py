"""A login node whose programs say what a test wants."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from connectors.slurm.connector import SlurmConnector
from dssr.errors import TransportError
from dssr.job import JobRef
from dssr.seams import Completed, Purpose, Sink
from dssr.testing.harness import LAUNCH
from tests.connectors.slurm.specs import spec


class Node:
    """A login node whose answers are set; it writes down what it was asked. Each submission is a
    new job."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []  # squeue's words, or a program and its native id
        self.listed: dict[JobRef, str] = {}  # and in which state
        self.squeue_code = 0
        self.cancelled = self.tried = "code 0"
        self.submitted = ""  # what the program submit prints instead of a new job's id
        self.ends: dict[str, str] = {}  # what the program evidence prints, by native id
        self.slow = 0.0  # seconds that the program evidence takes
        self.refusing: dict[str, type[TransportError]] = {}  # by native id
        self.times: dict[str, list[float]] = defaultdict(list)  # that programs were given
        self.looking = ""  # seconds for squeue and sacct within one of them
        self._ids = 0

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        if argv[0] == "/bin/sh":
            self._note_time(argv, timeout)
            printed = self._program(argv[2].split()[0].removeprefix("dssr_"), argv[6])
            return Completed(tuple(argv), 0, f"{printed}\n\n".encode(), b"")
        self.asked.append(tuple(argv))
        mark = argv[-1].partition("|")[0]
        rows = (_row(mark, ref, state) for ref, state in self.listed.items())
        return Completed(tuple(argv), self.squeue_code, "".join(rows).encode(), b"")

    def _note_time(self, argv: Sequence[str], timeout: float) -> None:
        name = argv[2].split()[0].removeprefix("dssr_")
        self.times[name].append(timeout)
        if name == "evidence":
            self.looking = argv[-2]

    def _program(self, name: str, native_id: str) -> str:
        if name == "submit" and self.submitted:
            return self.submitted
        if name == "submit":
            self._ids += 1
            place = f"directory jobs/2026-11-25/{'a' * 32}.{self._ids:012x}"
            return f"elected {self._ids}\n{place}\noutput /home/x/.jarvice/job.out"
        if name == "trial":
            return self.tried
        self.asked.append((name, native_id))
        if native_id in self.refusing:
            raise self.refusing[native_id](f"no {native_id}")
        if name == "cancel":
            return self.cancelled
        time.sleep(self.slow)
        return self.ends.get(native_id, "final COMPLETED|1|\nsize 0")

    def close(self) -> None:
        """Nothing."""

    @property
    def examined(self) -> list[str]:
        """The native ids whose ends were asked for."""
        return [words[1] for words in self.asked if words[0] == "evidence"]


def _row(mark: str, ref: JobRef, state: str) -> str:
    """A job as squeue prints it."""
    place = f"/home/x/.jarvice/state/jobs/day/{ref.key}.{ref.key[:12]}"
    columns = (ref.native_id, state, "1795600800", "0:01", "n1", "None", "jarvice")
    times = ("1795600700", "1795600790", "5:00")
    asked = (*times, "batch", "research", "normal", "1", "4", "N/A", "100M")
    return f"{mark}|{'|'.join((*columns, *asked))}|{place}/batch.{ref.number}.{ref.name}{mark}\n"


def submit(connector: SlurmConnector, jobs: int) -> list[JobRef]:
    """Submit so many."""
    specs = [spec(number=n) for n in range(jobs)]
    return [replace(each.ref, native_id=connector.submit(each, LAUNCH).native_id) for each in specs]
