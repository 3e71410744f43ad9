"""``python -m tests.bench [FIGURE ...] [--short]``: measure and print the table."""

import argparse
import sys

from tests.bench.figures import ALL
from tests.bench.rig import rig
from tests.bench.table import Figure, table


def main() -> int:
    """The exit code is 0 also when a goal is missed: a figure is no verdict on a busy machine."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "figure", nargs="*", help=f"any of {', '.join(ALL)}; all of them without one"
    )
    parser.add_argument("--short", action="store_true", help="seconds instead of minutes for each")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.figure if name not in ALL]:
        parser.error(f"there is no figure {unknown[0]!r}: choose from {', '.join(ALL)}")
    found: list[Figure] = []
    with rig(short=arguments.short) as machine:
        for name in arguments.figure or ALL:
            print(f"measuring {name} ...", file=sys.stderr, flush=True)
            found += ALL[name](machine)
    print(table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
