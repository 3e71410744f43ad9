"""``python -m tests.bench.trace [--checkout DIR] [--markdown]``: the path of a request through the
code.

A bridge on a real cluster records which files and functions a submission and a status request enter
(``tests.bench.traced_bridge``). The path ends where the transport's ``run`` is called; the counts
of the whole request, with the transport and the response, are printed beside it. DIR is another
checkout, with a ``.venv`` of its own.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.cluster import Cluster
from tests.end_to_end.service import Service, eventually, script

HERE = Path(__file__).parents[2]
TRANSPORTS = "connectors/transports/"
PLAIN = "#!/bin/sh\n#SBATCH --time=1\ntrue\n"
CONTAINER = script("true", JOBOBJ_REPO="/opt/images/box.sif")
CALLER = ("upstream", "password")  # callers of a real bridge have one
Step = tuple[str, str]  # a file and a function in it


@dataclass(frozen=True)
class Trace:
    """The functions that one request entered, in the order of their first calls."""

    request: str
    steps: Sequence[Step]

    @property
    def path(self) -> Sequence[Step]:
        """The steps up to the transport's ``run``, which is the last of them."""
        last = next(
            at
            for at, (file, function) in enumerate(self.steps)
            if file.startswith(TRANSPORTS) and function.endswith(".run")
        )
        return self.steps[: last + 1]

    @property
    def functions(self) -> dict[str, list[str]]:
        """The path as files, each with its functions; both in the order of the first calls."""
        found: dict[str, list[str]] = {}
        for file, function in self.path:
            found.setdefault(file, []).append(function.replace("<locals>.", ""))
        return found

    @property
    def title(self) -> str:
        """The request and how much of the code it enters."""
        return (
            f"{self.request}: {_counts(self.path)} to the transport, {_counts(self.steps)} in all"
        )

    @property
    def markdown(self) -> str:
        """The path as a numbered list with an item for each file."""
        items = (
            f"{number}. `{file}`: {', '.join(f'`{function}`' for function in functions)}"
            for number, (file, functions) in enumerate(self.functions.items(), 1)
        )
        return "\n".join([f"**{self.title}**", "", *items])

    def __str__(self) -> str:
        lines = (f"  {file}: {', '.join(names)}" for file, names in self.functions.items())
        return "\n".join([self.title, *lines])


def _counts(steps: Sequence[Step]) -> str:
    return f"{len({file for file, _ in steps})} files and {len(steps)} functions"


class _Bridge(Service):
    """A bridge that is traced. Its caller sends a password, as the callers of a real one do."""

    def __init__(self, cluster: Cluster, checkout: Path, record: Path) -> None:
        self._record = record
        settings = cluster.settings() | {
            "JARVICE_BAREMETAL_EXECUTOR": "singularity",
            "JARVICE_SCHED_SERVER_KEY": ":".join(CALLER),
        }
        program = Path(__file__).with_name("traced_bridge.py")
        super().__init__(settings, [checkout / ".venv/bin/python", "-P", program, record], checkout)

    def post(self, path: str, args: Any) -> requests.Response:
        """Returns when the request is recorded, too, which is a moment after its response."""
        before, form = len(self.records()), {"args": json.dumps(args)}
        response = requests.post(self.url + path, data=form, timeout=60, auth=CALLER)
        assert response.status_code == 200, response.text
        eventually(self.records, lambda records: len(records) > before)
        return response

    def records(self) -> list[str]:
        """One line for each request so far."""
        return self._record.read_text().splitlines() if self._record.exists() else []

    def last(self, request: str) -> Trace:
        """The trace of the last request."""
        return Trace(request, [(file, name) for file, name in json.loads(self.records()[-1])])


def trace(cluster: Cluster, checkout: Path = HERE) -> list[Trace]:
    """Submit a plain script and a container's, and ask for a status, with a bridge of that
    checkout.

    Each submission is sent once before it is traced, so that the trace shows nothing that happens
    only the first time.
    """
    with tempfile.TemporaryDirectory() as directory:
        bridge = _Bridge(cluster, checkout, Path(directory) / "record")
        try:
            return [*_submissions(bridge), _status(bridge)]
        finally:
            bridge.stop()


def _submissions(bridge: _Bridge) -> Iterator[Trace]:
    for name, text, executor in (
        ("a plain script", PLAIN, "native"),
        ("a container", CONTAINER, "singularity"),
    ):
        bridge.submit(text, executor=executor)
        bridge.submit(text, executor=executor)
        yield bridge.last(f"/submit, {name}")


def _status(bridge: _Bridge) -> Trace:
    job = bridge.submit(PLAIN, executor="native")

    def ask() -> Trace:
        bridge.post("/runstatus", job.args)
        return bridge.last("/runstatus")

    # A status request sends a command only when the last snapshot is too old.
    return eventually(ask, lambda trace: any(f.startswith(TRANSPORTS) for f, _ in trace.steps))


def main() -> None:
    """Print the paths."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.trace", description=__doc__)
    parser.add_argument("--checkout", type=Path, default=HERE, help="this one without it")
    parser.add_argument("--markdown", action="store_true", help="print lists for the handbook")
    arguments = parser.parse_args()
    cluster = Cluster.up()
    try:
        found = trace(cluster, arguments.checkout.absolute())
    finally:
        cluster.down()
    print("\n\n".join(path.markdown if arguments.markdown else str(path) for path in found))


if __name__ == "__main__":
    main()
