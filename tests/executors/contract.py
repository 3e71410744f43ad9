"""The contract that every executor keeps, and the places where launch texts are run for it.

A test file subclasses ``ExecutorContract`` (and ``RunsByShebang`` where scripts are run by their ``#!`` line) and gives it
a fixture ``place``: a ``Place`` with the executor. Jobs come from the real reader of upstream scripts, and run as connectors
run them: ``bash step``, with the texts of ``connectors.shared.batch``.
"""

import os
import shlex
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pytest

from connectors.shared import batch
from dssr.job import JobSpec
from dssr.seams import Executor
from dssr.settings import Settings
from dssr.upstream.job_script import read
from tests.cluster import Cluster

_LINES = {
    "JOBOBJ_INTERACTIVE": "False",
    "JOBOBJ_APPDEFVERSION": "2",
    "JARVICE_CPU_CORES": "1",
    "JOBOBJ_REPO": "site/box",
}


def job(
    body: str, *, shebang: str = "#!/bin/bash", settings: Settings | None = None, **values: str
) -> JobSpec:
    """The job of a script with this body and these lines in front of it."""
    lines = [shebang, *(f"{key}={value}" for key, value in (_LINES | values).items())]
    return read(
        "job", 1, 1, "\n".join([*lines, body, ""]), False, settings or Settings(overlay_mb=0)
    )


@dataclass(frozen=True)
class Ran:
    """How a step ended."""

    code: int
    out: str
    err: str


class Place(Protocol):
    """Somewhere to run an executor's text. ``image``: what jobs name as theirs; ``front``: what their bodies begin with."""

    executor: Executor
    image: str
    front: str

    def run(self, spec: JobSpec, environ: Mapping[str, str] | None = None) -> Ran:
        """Run the job's step on one node, with more environment."""
        ...


def _step(spec: JobSpec, launch: str, mapping: str) -> dict[str, str]:
    """The files of a job directory."""
    return {
        "script": spec.script,
        "secrets": batch.secrets_text(spec),
        "step": batch.step_text(spec, launch, mapping),
    }


@dataclass
class ThisMachine:
    """A node that is this machine, with a home directory of the test's own."""

    executor: Executor
    base: Path
    image: str = "site/box"
    front: str = ""

    def run(self, spec: JobSpec, environ: Mapping[str, str] | None = None) -> Ran:
        """Run the step with bash, with nothing in its environment but what a connector exports."""
        directory, work = self.base / uuid.uuid4().hex, self.base / "work"
        directory.mkdir()
        work.mkdir(exist_ok=True)
        for name, text in _step(
            spec, self.executor.launch(spec, Settings()), "export PROCESS_PROCID=0 JOB_NNODES=1"
        ).items():
            (directory / name).write_bytes(text.encode())
        own = {"PATH": os.environ["PATH"], "HOME": str(self.base), "USER": "me"}
        own |= {"DSSR_JOB_DIR": str(directory), "DSSR_WORK_DIR": str(work)} | dict(environ or {})
        done = subprocess.run(
            ["/bin/bash", directory / "step"],
            env=own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass
class OnTheCluster:
    """Job steps on the nodes of the real cluster, as its service user."""

    executor: Executor
    cluster: Cluster
    image: str
    front: str = ""
    home: str = "/home/jarvice"
    base: str = field(default_factory=lambda: f"/home/jarvice/executors/{uuid.uuid4().hex}")

    def argv(
        self, spec: JobSpec, environ: Mapping[str, str] | None = None, nodes: int = 1
    ) -> list[str]:
        """Put the job's files where the cluster sees them; the words that run its step on so many nodes."""
        work = f"{self.base}/work"
        self.shell(f"mkdir -p {work}")
        launch = self.executor.launch(spec, Settings())
        for name, text in _step(
            spec, launch, "export PROCESS_PROCID=$SLURM_PROCID JOB_NNODES=$SLURM_NNODES"
        ).items():
            self.write(f"{self.base}/{name}", text)
        own = {"DSSR_JOB_DIR": self.base, "DSSR_WORK_DIR": work} | dict(environ or {})
        words = [
            "env",
            *(f"{name}={value}" for name, value in own.items()),
            "srun",
            f"-N{nodes}",
            "--ntasks-per-node=1",
        ]
        return [*words, "bash", f"{self.base}/step"]

    def run(self, spec: JobSpec, environ: Mapping[str, str] | None = None, nodes: int = 1) -> Ran:
        """Run the step and wait for it; the exit code is the highest of the nodes."""
        done = self.cluster.run(
            "login", self.argv(spec, environ, nodes), user="jarvice", timeout=120
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    def shell(self, command: str) -> str:
        """Run a shell command on the login node, as the service user."""
        done = self.cluster.run("login", ["sh", "-ec", command], user="jarvice")
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def write(self, path: str, text: str) -> None:
        """Write a file of the service user's."""
        command = ["sh", "-ec", f"umask 077; cat >{shlex.quote(path)}"]
        done = self.cluster.run("login", command, user="jarvice", input=text.encode())
        assert done.returncode == 0, done.stderr.decode()


# Both kinds of quotes, ${X}, heredoc, backslashes, umlauts, carriage returns, a line of 100 kB.
SURVIVOR = "\n".join([
    r"""X="it's"; printf '%s\n' 'a "b" $c \ `d` {{e}}' "${X}" "\$X" $'\t\\' äöü€""",
    "cat <<'END'",
    r"""$X `id` \n "q" 'q' {} {0} %s !! ä""" + "\r",
    "END",
    "echo " + "x" * 100_000,
])  # fmt: skip


class ExecutorContract:
    """What holds for every executor, however it starts the script."""

    def test_the_exit_code_is_the_scripts(self, place: Place) -> None:
        """0 and other codes come through, and so do both streams."""
        for code in (0, 7):
            ran = place.run(
                job(f"{place.front}\necho out; echo err >&2; exit {code}", JOBOBJ_REPO=place.image)
            )
            assert (ran.code, ran.out, "err\n" in ran.err) == (code, "out\n", True), ran

    def test_a_script_runs_as_it_is_written(self, place: Place) -> None:
        """Whatever characters it holds, it prints what bash prints when it is given the same text as a file."""
        wanted = subprocess.run(
            ["bash"], input=SURVIVOR.encode(), capture_output=True, check=True
        ).stdout.decode()
        assert wanted.count("\n") == 7
        assert place.run(job(f"{place.front}\n{SURVIVOR}", JOBOBJ_REPO=place.image)).out == wanted

    def test_the_script_finds_its_environment(self, place: Place) -> None:
        """The neutral names and the contract's exports, exported and not only set."""
        body = """sh -c 'echo "$PROCESS_PROCID|$JOB_NNODES|$SV|$JARVICE_CMD|$JOB_LOCAL_USER"'"""
        spec = job(f"{place.front}\n{body}", JOBOBJ_REPO=place.image, JARVICE_CMD="'a b'\\ c")
        ran = place.run(spec)
        assert (
            ran.out == f"0|1|false|a b c|{'jarvice' if isinstance(place, OnTheCluster) else 'me'}\n"
        ), ran

    def test_the_text_is_valid_bash(self, place: Place) -> None:
        """bash reads it to its end without a complaint, with all that a job can ask for."""
        spec = job(
            place.front, JOBOBJ_REPO=place.image, JOBOBJ_GPUS="1", JOBOBJ_DEVICES='["overlay=99"]'
        )
        checked = subprocess.run(
            ["bash", "-n"], input=place.executor.launch(spec, Settings(verbose=True)).encode()
        )
        assert checked.returncode == 0

    def test_credentials_are_not_in_the_text(self, place: Place) -> None:
        """They reach the node in a file of their own."""
        secret = '{"server": "docker.io", "username": "hush", "password": "hush-hush"}'
        spec = job(place.front, JOBOBJ_REPO="site/box", JOBOBJ_DOCKER_SECRET=secret)
        values = [value for _, value in spec.secrets if value]
        assert len(values) == 3
        assert not [
            value for value in (*values, "hush") if value in place.executor.launch(spec, Settings())
        ]


class RunsByShebang:
    """What holds for executors that run a script by its ``#!`` line."""

    @pytest.mark.parametrize(
        ("shebang", "body", "code", "out"),
        [
            ("#!/bin/sh", 'echo "$0" | sed "s,.*/,,"', 0, "script\n"),
            ("#! /bin/sh -e", "false; echo not reached", 1, ""),
            ("#!/bin/sh\r", "echo carriage return", 0, "carriage return\n"),
            ("#!/usr/bin/env bash", '[[ 1 == 1 ]] && echo "$((2 ** 5))"', 0, "32\n"),
            ("#!/bin/cat", "", 0, None),
        ],
        ids=["sh", "argument", "crlf", "env", "cat"],
    )
    def test_a_script_is_run_by_its_own_interpreter(
        self, place: Place, shebang: str, body: str, code: int, out: str | None
    ) -> None:
        """With the one argument that the line may have, blanks and carriage returns around it left out."""
        spec = job(body, shebang=shebang, JOBOBJ_REPO=place.image)
        ran = place.run(spec)
        assert (ran.code, ran.out) == (code, spec.script if out is None else out), ran

    def test_a_shebang_is_no_place_for_commands(self, place: Place) -> None:
        """The shell that starts the interpreter reads nothing into its name or argument."""
        ran = place.run(
            job("echo ran", shebang="#!/bin/echo $(id) ;exit 9", JOBOBJ_REPO=place.image)
        )
        assert (ran.code, ran.out.startswith("$(id) ;exit 9 /")) == (0, True), ran

    def test_a_script_without_a_shebang_runs(self, place: Place) -> None:
        """By the executor's default shell."""
        assert place.run(job("echo ran", shebang="# none", JOBOBJ_REPO=place.image)).out == "ran\n"

    def test_a_missing_interpreter_fails(self, place: Place) -> None:
        """The job fails, and what was missing is said."""
        ran = place.run(job("", shebang="#!/no/such/shell", JOBOBJ_REPO=place.image))
        assert (ran.code != 0, "/no/such/shell" in ran.err) == (True, True), ran
