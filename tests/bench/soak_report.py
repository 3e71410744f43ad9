"""What a soak has found, as lines of text."""

from dataclasses import dataclass

from tests.bench.soak_upstreams import Calls
from tests.bench.soak_verdict import Verdict

_SHOWN = 20  # jobs of each kind


@dataclass
class Report:
    """What a soak has found."""

    jobs: int
    seconds: float
    verdict: Verdict
    calls: Calls
    faults: list[str]
    recovery: float  # seconds from a fault's end to the first right response, at most
    connections: int
    commands: int
    rpcs: int
    memory: tuple[float, float]  # MB at start and end

    @property
    def is_good(self) -> bool:
        """Whether no job was lost, doubled or wrongly reported."""
        return not (self.verdict.lost or self.verdict.doubled or self.verdict.wrong)

    def __str__(self) -> str:
        return "\n".join([*self._jobs(), *self._costs(), *self._details()])

    def _jobs(self) -> list[str]:
        found, seconds = self.verdict, self.seconds
        faults = f"{len(self.faults)} faults: {', '.join(self.faults)}"
        return [
            f"{self.jobs} jobs, {seconds:.0f} s, {faults}",
            f"lost {len(found.lost)}, doubled {len(found.doubled)}, wrong {len(found.wrong)}",
            f"failed by Slurm itself {len(found.spoilt)}, run again by it {len(found.rerun)}",
            f"each end was reported after {found.latest:.0f} s at most",
            f"the first right response came {self.recovery:.1f} s after a fault's end at most",
        ]

    def _costs(self) -> list[str]:
        statuses, seconds = dict(sorted(self.calls.answers.items())), self.seconds
        rate = self.commands / seconds
        start, end = self.memory
        return [
            f"calls by status: {statuses}; slowest {self.calls.slowest:.1f} s",
            f"connections {self.connections}; commands on the login node {rate:.2f} a second",
            f"RPCs of the service user at the controller {self.rpcs / seconds:.2f} a second",
            f"memory of the bridge {start:.0f} MB at the start, {end:.0f} MB at the end",
        ]

    def _details(self) -> list[str]:
        kinds = {
            "lost": self.verdict.lost,
            "doubled": self.verdict.doubled,
            "wrong": self.verdict.wrong,
            "spoilt": self.verdict.spoilt,
            "unexpected": self.calls.unexpected,
        }
        return [f"  {kind}: {job}" for kind, jobs in kinds.items() for job in jobs[:_SHOWN]]
