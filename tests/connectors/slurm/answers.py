"""What squeue prints about jobs of the bridge, made of recorded rows."""

from connectors.slurm.words.squeue import Squeue
from dssr.job import NAME
from dssr.seams import Completed

PLACE = f"jobs/2026-11-21/{'0123456789abcdef' * 2}.0123456789ab"
STATE = "/home/jarvice/.jarvice/state/"
ENDED = "1795244755"  # seconds since the epoch
# The columns that the recordings lack.
OTHERS = {
    "S": "1795244695", "P": "batch", "a": "research", "q": "normal", "D": "2", "C": "8", "b": "N/A",
    "m": "2G",
}  # fmt: skip


def done(stdout: str | bytes, returncode: int = 0, stderr: str = "") -> Completed:
    data = stdout.encode() if isinstance(stdout, str) else stdout
    return Completed(("squeue",), returncode, data, stderr.encode())


def printed(command: Squeue, row: dict[str, str]) -> str:
    """A recorded job as squeue prints it in the connector's format."""
    line = command.argv()[-1]
    for letter, value in ({"e": ENDED} | OTHERS | row).items():
        line = line.replace(f"%{letter}", value)
    return line + "\n"


def ours(row: dict[str, str], number: int = 7, name: str = "", top: str = STATE) -> dict[str, str]:
    """A recorded job as if this bridge had submitted it, under its own name or another one."""
    name = name or row["j"].removeprefix("jarvice_")
    place = f"{PLACE[:-8]}{int(row['A']):08}"
    return {**row, "o": f"{top}{place}/batch.{number}.{name}"}


def is_ours(row: dict[str, str]) -> bool:
    """Whether the recording says that a job was submitted under a name of the bridge's."""
    return row["u"] == "jarvice" and NAME.fullmatch(row["j"].removeprefix("jarvice_")) is not None
