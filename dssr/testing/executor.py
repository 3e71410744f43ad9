"""The rules for executors, and a node to run their text on. ``dssr.testing`` says how to run them.

A test file inherits ``ExecutorContract`` (and ``ShebangContract`` where the executor obeys a
script's ``#!`` line), and its fixture ``place`` gives a ``Place``, such as::

    @pytest.fixture
    def place(tmp_path):
        return ThisMachine(MyExecutor(), tmp_path)

Jobs come from the reader of upstream scripts. They run as connectors run them: ``bash step``, with
the texts of ``connectors.shared.batch``.
"""

import importlib
import os
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import pytest

from dssr.job import JobSpec
from dssr.seams import Executor
from dssr.settings import Settings
from dssr.upstream.job_script import read
from dssr.upstream.syntax import parse

_LINES = {
    "JOBOBJ_INTERACTIVE": "False",
    "JOBOBJ_APPDEFVERSION": "2",
    "JARVICE_CPU_CORES": "1",
    "JOBOBJ_REPO": "site/box",
}


def job(
    body: str, *, shebang: str = "#!/bin/bash", settings: Settings | None = None, **values: str
) -> JobSpec:
    """The job of a script with this body, after these lines ``name=value``."""
    lines = [shebang, *(f"{key}={value}" for key, value in (_LINES | values).items())]
    script = "\n".join([*lines, body, ""])
    return read("job", 1, 1, parse(script), False, settings or Settings(overlay_mb=0))


@dataclass(frozen=True)
class Ran:
    """How a step ended."""

    code: int
    out: str
    err: str


class Place(Protocol):
    """A node on which an executor's text runs.

    ``image``: the image of the jobs; ``front``: the line that their bodies begin with; ``user``:
    the name of the user who runs them.
    """

    executor: Executor
    image: str
    front: str
    user: str

    def run(self, spec: JobSpec, environ: Mapping[str, str] | None = None) -> Ran:
        """Run the job's step, with these variables too."""
        ...


def step_files(spec: JobSpec, launch: str, mapping: str) -> dict[str, str]:
    """The files of a job's directory, by name."""
    batch = importlib.import_module("connectors.shared.batch")
    return {
        "script": spec.script,
        "secrets": batch.secrets_text(spec),
        "step": batch.step_text(spec, launch, mapping),
    }


@dataclass
class ThisMachine:
    """This machine as a node; ``base`` is the user's home directory."""

    executor: Executor
    base: Path
    image: str = "site/box"
    front: str = ""
    user: str = "me"

    def run(self, spec: JobSpec, environ: Mapping[str, str] | None = None) -> Ran:
        """See ``Place``. The step's environment has only what connectors export."""
        directory, work = self.base / uuid.uuid4().hex, self.base / "work"
        directory.mkdir()
        work.mkdir(exist_ok=True)
        launch = self.executor.launch(spec, Settings())
        files = step_files(spec, launch, "export PROCESS_PROCID=0 JOB_NNODES=1")
        for name, text in files.items():
            (directory / name).write_bytes(text.encode())
        own = {"PATH": os.environ["PATH"], "HOME": str(self.base), "USER": self.user}
        own |= {"DSSR_JOB_DIR": str(directory), "DSSR_WORK_DIR": str(work)} | dict(environ or {})
        done = subprocess.run(
            ["/bin/bash", directory / "step"],
            env=own,
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())


# Quotes, ${X}, a here-document, backslashes, umlauts, carriage returns, a line of 100 kB.
SURVIVOR = "\n".join([
    r"""X="it's"; printf '%s\n' 'a "b" $c \ `d` {{e}}' "${X}" "\$X" $'\t\\' äöü€""",
    "cat <<'END'",
    r"""$X `id` \n "q" 'q' {} {0} %s !! ä""" + "\r",
    "END",
    "echo " + "x" * 100_000,
])  # fmt: skip


class ExecutorContract:
    """The rules for every executor."""

    def test_the_exit_code_is_the_scripts(self, place: Place) -> None:
        """The exit code is the script's, and both streams are passed on."""
        for code in (0, 7):
            ran = place.run(
                job(f"{place.front}\necho out; echo err >&2; exit {code}", JOBOBJ_REPO=place.image)
            )
            assert (ran.code, ran.out, "err\n" in ran.err) == (code, "out\n", True), ran

    def test_a_script_runs_as_it_is_written(self, place: Place) -> None:
        """A script prints what bash prints for the same text, whatever its characters."""
        wanted = subprocess.run(
            ["bash"], input=SURVIVOR.encode(), capture_output=True, check=True
        ).stdout.decode()
        assert wanted.count("\n") == 7
        assert place.run(job(f"{place.front}\n{SURVIVOR}", JOBOBJ_REPO=place.image)).out == wanted

    def test_the_script_finds_its_environment(self, place: Place) -> None:
        """The neutral names and the upstream's variables are exported to the script."""
        body = """sh -c 'echo "$PROCESS_PROCID|$JOB_NNODES|$SV|$JARVICE_CMD|$JOB_LOCAL_USER"'"""
        spec = job(f"{place.front}\n{body}", JOBOBJ_REPO=place.image, JARVICE_CMD="'a b'\\ c")
        ran = place.run(spec)
        assert ran.out == f"0|1|false|a b c|{place.user}\n", ran

    def test_the_text_is_valid_bash(self, place: Place) -> None:
        """The text is valid bash, for a job that asks for all there is."""
        spec = job(
            place.front, JOBOBJ_REPO=place.image, JOBOBJ_GPUS="1", JOBOBJ_DEVICES='["overlay=99"]'
        )
        checked = subprocess.run(
            ["bash", "-n"], input=place.executor.launch(spec, Settings(verbose=True)).encode()
        )
        assert checked.returncode == 0

    def test_credentials_are_not_in_the_text(self, place: Place) -> None:
        """The text contains no credentials: the file ``secrets`` has them."""
        secret = '{"server": "docker.io", "username": "hush", "password": "hush-hush"}'
        spec = job(place.front, JOBOBJ_REPO="site/box", JOBOBJ_DOCKER_SECRET=secret)
        values = [value for _, value in spec.secrets if value]
        assert len(values) == 3
        assert not [
            value for value in (*values, "hush") if value in place.executor.launch(spec, Settings())
        ]


class RequestContract:
    """The rules for executors that run jobs of the API for people, beside those for all."""

    def test_the_script_gets_its_arguments(self, place: Place) -> None:
        """The script gets the request's arguments as they are."""
        words = ("--steps", "3", "", "it's", 'a "b" $(id) *', "two\nlines", "äöü")
        body = f"""{place.front}\nprintf '<%s>' "$@\""""
        spec = replace(job(body, JOBOBJ_REPO=place.image), by_exit_code=True, arguments=words)
        assert place.run(spec).out == "".join(f"<{word}>" for word in words)

    def test_the_environment_of_a_request_arrives(self, place: Place) -> None:
        """The script finds each variable of the request, byte for byte, and PATH among them."""
        path = "/opt/it's mine"
        values = {"PATH": path, "MINE": "a 'b' \"c\" $(id) `id` \\ \n\n", "EMPTY": ""}
        body = f"""{place.front}\nprintf '<%s>' "$PATH" "$MINE" "${{EMPTY-unset}}\""""
        spec = replace(
            job(body, JOBOBJ_REPO=place.image), by_exit_code=True, secrets=tuple(values.items())
        )
        ran = place.run(spec)
        assert ran.out == "".join(f"<{value}>" for value in values.values()), ran


class ShebangContract:
    """The rules for executors that run a script by its ``#!`` line."""

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
        """The script runs by its interpreter, with the one argument that the line may have."""
        spec = job(body, shebang=shebang, JOBOBJ_REPO=place.image)
        ran = place.run(spec)
        assert (ran.code, ran.out) == (code, spec.script if out is None else out), ran

    def test_a_shebang_is_no_place_for_commands(self, place: Place) -> None:
        """No shell expands the interpreter's name or argument."""
        ran = place.run(
            job("echo ran", shebang="#!/bin/echo $(id) ;exit 9", JOBOBJ_REPO=place.image)
        )
        assert (ran.code, ran.out.startswith("$(id) ;exit 9 /")) == (0, True), ran

    def test_a_script_without_a_shebang_runs(self, place: Place) -> None:
        """A script without a ``#!`` line runs by the executor's default shell."""
        assert place.run(job("echo ran", shebang="# none", JOBOBJ_REPO=place.image)).out == "ran\n"

    def test_a_missing_interpreter_fails(self, place: Place) -> None:
        """A job whose interpreter is missing fails, and its output names the interpreter."""
        ran = place.run(job("", shebang="#!/no/such/shell", JOBOBJ_REPO=place.image))
        assert (ran.code != 0, "/no/such/shell" in ran.err) == (True, True), ran
