"""From what a job asks for to files that a supervisor can run."""

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from connectors.local import directives, environment
from connectors.local.folder import Folder, LocalJob
from connectors.local.store import Store
from connectors.shared import batch
from dssr.errors import RefusedRequest
from dssr.job import JobSpec

# The step is in a process group of its own: with its first process it ends as a whole, as a step of srun does, and what it has
# left in the background keeps nobody waiting for the end of the output.
_STEP = """set -m; bash "$DSSR_JOB_DIR/step" & step=$!; set +m
wait "$step" 2>/dev/null; code=$?
kill -TERM -- "-$step" 2>/dev/null && for _ in {1..20}; do sleep 0.1; kill -0 -- "-$step" 2>/dev/null || break; done
kill -KILL -- "-$step" 2>/dev/null; (exit "$code")"""


@dataclass(frozen=True)
class Places:
    """Where the files of jobs go."""

    scratch: Path
    home: Path


def refuse(spec: JobSpec, cores: int) -> None:
    """Raise ``RefusedRequest`` for what one machine with that many cores can never give."""
    if spec.nodes > 1:
        raise RefusedRequest(f"The job asks for {spec.nodes} nodes, and this machine is one node.")
    if spec.cores > cores:
        raise RefusedRequest(
            f"The job asks for {spec.cores} cores, and this machine has {cores} for jobs."
        )
    if spec.gpus:
        raise RefusedRequest(
            f"The job asks for {spec.gpus} GPUs, and the local connector has none to give."
        )


def submit(store: Store, spec: JobSpec, launch: str, places: Places, now: float) -> Folder:
    """Make all that the job needs, let it exist, and return its folder.

    After a failure (``OSError``, ``RefusedRequest``) there is no job and nothing is left. Needs the store's lock.
    """
    walltime = (
        spec.walltime
        if spec.walltime is not None or not spec.plain
        else directives.walltime(spec.script)
    )
    folder, directory = _new_places(store, places.scratch / ".jarvice" / "jobs")
    output = None
    try:
        output = _new_output(directory.parents[1], spec, folder.native_id)
        cwd = str(places.home if places.home.is_dir() else places.scratch)
        texts = _texts(spec, launch, environment.neutral_names(folder.native_id, cwd))
        for name, text in texts.items():
            _write(directory / name, text)
        argv = (
            _plain_words(spec.script, directory)
            if spec.plain
            else ("bash", str(directory / "batch"))
        )
        job = LocalJob(
            spec.name,
            spec.number,
            max(1, spec.cores),
            walltime,
            spec.plain,
            argv,
            str(directory),
            str(output),
            cwd,
            now,
        )
        folder.write_job(job, _shown(spec, texts), spec.held)
        store.enlist(folder, spec)
    except BaseException:
        _withdraw(folder, directory, output)
        raise
    return folder


def _withdraw(folder: Folder, directory: Path, output: Path | None) -> None:
    shutil.rmtree(folder.path, ignore_errors=True)
    shutil.rmtree(directory, ignore_errors=True)
    if output is not None:
        with suppress(OSError):
            output.unlink(missing_ok=True)


def _new_places(store: Store, jobs: Path) -> tuple[Folder, Path]:
    """A native id that is free in the state directory and in the scratch directory, which others may use too."""
    jobs.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        folder = store.new_folder()
        directory = jobs / folder.native_id
        try:
            directory.mkdir(mode=0o700)
            (directory / "work").mkdir(mode=0o700)
        except FileExistsError:
            shutil.rmtree(folder.path)
            continue
        except BaseException:
            shutil.rmtree(folder.path, ignore_errors=True)
            raise
        return folder, directory


def _new_output(directory: Path, spec: JobSpec, native_id: str) -> Path:
    """An output file that no other job has: the upstream's names are not unique among jobs that run at the same time."""
    for stem in (spec.name, f"{spec.name}.{spec.number}", f"{spec.name}.{spec.number}.{native_id}"):
        path = directory / f"{stem}.out"
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644))
        except FileExistsError:
            continue
        return path
    raise FileExistsError(
        f"{path} exists already, and so do all other names for the output of this job"
    )


def _texts(spec: JobSpec, launch: str, names: dict[str, str]) -> dict[str, str]:
    if spec.plain:
        return {"script": spec.script, "secrets": batch.secrets_text(spec)}
    return {
        "script": spec.script,
        "secrets": batch.secrets_text(spec),
        "step": batch.step_text(spec, launch, environment.exports(names)),
        "batch": f'#!/bin/bash\n{batch.judged(_STEP)}\nexit "$rc"\n',
    }


def _shown(spec: JobSpec, texts: dict[str, str]) -> str:
    """What the upstream is told: the texts that run, but for the credentials."""
    if spec.plain:
        return spec.script
    return "\n".join(f"# {name}\n{texts[name]}" for name in ("batch", "step", "script"))


def _plain_words(script: str, directory: Path) -> tuple[str, ...]:
    """The interpreter of the script's first line and its one argument, as the kernel reads it (execve(2)), or bash. Not left
    to the kernel, since the scratch directory may be mounted noexec."""
    first = script.partition("\n")[0]
    words = first[2:].strip().split(None, 1) if first.startswith("#!") else []
    return (*(words or ["bash"]), str(directory / "script"))


def _write(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
