"""A bridge as an operator runs it, in a process of its own, and an upstream that talks to it over
HTTP."""

import base64
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests

T = TypeVar("T")

numbers = itertools.count(int(time.time()))
PATIENCE = 90.0  # seconds; the machine may be busy


def eventually(
    look: Callable[[], T], wanted: Callable[[T], bool] = bool, patience: float = PATIENCE
) -> T:
    """Look again until the result is as wanted; a failure shows the last result."""
    until = time.monotonic() + patience
    while not wanted(seen := look()):
        assert time.monotonic() < until, f"not in {patience} s; last seen: {seen!r}"
        time.sleep(0.2)
    return seen


def script(body: str, **lines: str | int) -> str:
    """A job script as an upstream sends it: JOBOBJ_ lines, then the body."""
    keys = {
        "JOBOBJ_INTERACTIVE": "False",
        "JOBOBJ_APPDEFVERSION": 2,
        "JARVICE_CPU_CORES": 1,
        "JOBOBJ_DEVICES": '["exclusive=False"]',
        **lines,
    }
    return "".join(f"{key}={value}\n" for key, value in keys.items()) + body + "\n"


@dataclass(frozen=True)
class Job:
    """A job that the bridge has accepted."""

    name: str
    number: int
    jobid: str
    script: str

    @property
    def args(self) -> dict[str, Any]:
        """The arguments of every later call about the job."""
        return {"name": self.name, "number": self.number, "jobid": self.jobid}


class Service:
    """``dssr serve`` with these settings on a free port of the loopback interface."""

    def __init__(
        self,
        settings: Mapping[str, str],
        command: Sequence[str | Path] = (sys.executable, "-m", "dssr", "serve"),
        checkout: Path | None = None,
    ) -> None:
        """Start a bridge. ``command`` runs in ``checkout``, or in this process's directory."""
        self._settings, self._command, self._checkout = settings, command, checkout
        self.log: list[str] = []
        self.start()

    def start(self) -> None:
        """Start it, or start it again; returns when it listens."""
        environ = {k: v for k, v in os.environ.items() if not k.startswith("JARVICE_")}
        environ |= {"WAITRESS_PORT": "0", "JARVICE_SNAPSHOT_AGE": "0.2", **self._settings}
        self._process = subprocess.Popen(
            self._command,
            cwd=self._checkout,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        listens = threading.Event()
        threading.Thread(target=self._read, args=(self._process, listens), daemon=True).start()
        assert listens.wait(PATIENCE), "".join(self.log)
        assert self._process.poll() is None, "".join(self.log)

    def _read(self, process: "subprocess.Popen[str]", listens: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.log.append(line)
            if found := re.search(r"listening on (http://\S+)", line):
                self.url = found[1]
                listens.set()
        listens.set()  # the process has ended, so waiting for it is over

    def logs(self, *words: str) -> None:
        """Wait until one line of the log holds all these words, because a response may be here
        before the line is read."""
        eventually(
            lambda: any(all(word in line for word in words) for line in [*self.log]), patience=30
        )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut would do it."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """End it as systemd would do it; returns its exit code."""
        self._process.terminate()
        return self._process.wait(30)

    def post(self, path: str, args: Any) -> requests.Response:
        """A call as the upstream makes it: one form field, ``args``."""
        return requests.post(self.url + path, data={"args": json.dumps(args)}, timeout=60)

    def submit(
        self,
        text: str,
        name: str = "job",
        number: int | None = None,
        nodes: int = 1,
        executor: str = "",
        **more: Any,
    ) -> Job:
        """Submit a script; the bridge must accept it."""
        number = next(numbers) if number is None else number
        answer = self.try_submit(text, name, number, nodes, executor, **more)
        assert answer.status_code == 200, answer.text
        return Job(name, number, *answer.json())

    def try_submit(
        self,
        text: str,
        name: str = "job",
        number: int | None = None,
        nodes: int = 1,
        executor: str = "",
        **more: Any,
    ) -> requests.Response:
        """Submit a script; any response will do."""
        executor = executor or self._settings.get("JARVICE_BAREMETAL_EXECUTOR", "native")
        encoded = base64.b64encode(text.encode()).decode()
        args = {
            "name": name,
            "number": next(numbers) if number is None else number,
            "nodes": nodes,
            **more,
        }
        return self.post("/submit", args | {"hpc_script": {executor: encoded}})

    def jobids(self, which: str) -> list[str]:
        """The native ids in ``/running`` or ``/queued``."""
        answer = requests.get(f"{self.url}/{which}", timeout=60)
        assert answer.status_code == 200, answer.text
        return [jobid for _, jobid in answer.json()]

    def runs(self, job: Job) -> None:
        """Wait until the job runs."""
        eventually(lambda: self.jobids("running"), lambda ids: job.jobid in ids)

    def prints(self, job: Job, word: str) -> None:
        """Wait until the word is in the job's output."""
        tail = f"/request/{job.name}/{job.number}/{job.jobid}/tail"
        eventually(lambda: self.post(tail, {"qs": {}}).text, lambda shown: word in shown)

    def end_of(self, job: Job) -> tuple[int, str, str, str]:
        """Wait as an upstream does, until the job has left both lists; returns rc, elapsed time,
        output and termination line."""
        eventually(
            lambda: [*self.jobids("running"), *self.jobids("queued")],
            lambda ids: job.jobid not in ids,
        )
        answer = eventually(
            lambda: self.post("/exitstatus", job.args), lambda a: a.status_code != 503
        )
        assert answer.status_code == 200, answer.text
        rc, elapsed, (output, termination) = answer.json()
        assert re.fullmatch(r"\d\d+:\d\d:\d\d", elapsed)
        return rc, elapsed, output, termination

    def run(self, text: str, **how: Any) -> tuple[int, str]:
        """Submit a script and wait for its end; returns rc and output."""
        rc, _, output, _ = self.end_of(self.submit(text, **how))
        return rc, output
