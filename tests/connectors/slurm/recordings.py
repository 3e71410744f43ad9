"""What the three generations of Slurm really answered (``recorded/<generation>/``, made by
``tests.cluster.record``)."""

from pathlib import Path

HERE = Path(__file__).parent / "recorded"
GENERATIONS = sorted(path.name for path in HERE.iterdir())
HOSTILE_NAME = "jarvice_a|b\nCOMPLETED|Grüße $(touch x) 'q\""


def recorded(generation: str, name: str) -> str:
    """A recording as it is."""
    return (HERE / generation / name).read_text()


def answer(generation: str, name: str) -> tuple[int, str, str]:
    """A recording of a whole answer: exit code, stdout, stderr."""
    head, _, rest = recorded(generation, name).partition("--- stdout\n")
    stdout, _, stderr = rest.partition("--- stderr\n")
    return int(head.split()[1]), stdout, stderr


def squeue_rows(generation: str, name: str = "squeue.txt") -> list[dict[str, str]]:
    """The jobs that squeue listed, each field by its format letter (A T M l V r N u o, j, k)."""
    rows = []
    parts = recorded(generation, name).split("N0NCE")[1:]
    for columns, comment in zip(parts[0::2], parts[1::2], strict=True):
        fields = columns.lstrip("|").split("|", 9)
        row = dict(zip("ATMlVrNuoj", fields, strict=True))
        rows.append({**row, "k": comment.removesuffix("\n")})
    return rows
