"""``python -m tests.bench [FIGURE ...] [--short] [--against DIR]``: measure, and print the
table."""

import argparse
import sys
from pathlib import Path

from tests.bench.bench import Bench, booted
from tests.bench.figures import ALL
from tests.bench.figures.against import against
from tests.bench.table import Figure, table


def main() -> int:
    """The exit code is 0 even when a goal is missed: on a busy machine a figure proves nothing."""
    arguments = _arguments()
    with booted(short=arguments.short) as bench:
        print(table(_measure(bench, arguments.figure or list(ALL), arguments.against)))
    return 0


def _measure(bench: Bench, names: list[str], other: Path | None) -> list[Figure]:
    if other:
        return against(bench, other.absolute(), 6.0 if bench.short else 30.0)
    figures: list[Figure] = []
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        figures += ALL[name](bench)
    return figures


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "figure", nargs="*", help=f"any of {', '.join(ALL)}; all of them without one"
    )
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes a figure")
    parser.add_argument(
        "--against",
        type=Path,
        metavar="DIR",
        help="compare with the bridge of this other checkout, which has a .venv of its own",
    )
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.figure if name not in ALL]:
        parser.error(f"there is no figure {unknown[0]!r}: choose from {', '.join(ALL)}")
    if arguments.against and arguments.figure:
        parser.error("--against measures its own four figures: name none beside it")
    if arguments.against and not (arguments.against / ".venv/bin/python").exists():
        parser.error(f"{arguments.against} is not a checkout with a .venv of its own")
    return arguments


if __name__ == "__main__":
    sys.exit(main())
