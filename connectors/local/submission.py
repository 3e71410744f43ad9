"""From what a job asks for to files that a supervisor can run."""

import hashlib
import logging
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from connectors.local import environment, working_directory
from connectors.local.folder import Folder, LocalJob
from connectors.local.options import Asked
from connectors.local.store import Store
from connectors.shared import batch, directives
from dssr import request_id
from dssr.job import JobSpec
from dssr.record import About

_log = logging.getLogger(__name__)

# The step is a process group of its own. As a step of srun, it ends as a whole with its first
# process: nothing that it leaves in the background delays the end of the output.
_STEP = """set -m; bash "$DSSR_JOB_DIR/step" & step=$!; set +m
wait "$step" 2>/dev/null; code=$?
kill -TERM -- "-$step" 2>/dev/null &&
    for _ in {1..20}; do sleep 0.1; kill -0 -- "-$step" 2>/dev/null || break; done
kill -KILL -- "-$step" 2>/dev/null; (exit "$code")"""


@dataclass(frozen=True)
class Places:
    """The directories for the files of jobs."""

    scratch: Path
    home: Path

    @property
    def start(self) -> Path:
        """Where a job starts that asks for no other directory."""
        return self.home if self.home.is_dir() else self.scratch


def submit(
    store: Store, spec: JobSpec, asked: Asked, launch: str, places: Places, now: float
) -> Folder:
    """Make all files of the job, then let the job exist, and return its folder.

    After a failure (``OSError``, ``RefusedRequest``, ``BadRequest``) there is no job and no file is
    left. Needs the store's lock.
    """
    cwd = working_directory.named(spec, asked, places.start)
    folder, directory = _new_places(store, places.scratch / ".jarvice" / "jobs")
    output = own = None
    try:
        output = _new_output(directory.parents[1], spec, folder.native_id)
        if not cwd:
            own = working_directory.own(places.scratch, folder.native_id)
        names = environment.neutral_names(folder.native_id, cwd or str(own))
        texts = _texts(spec, launch, names)
        for name, text in texts.items():
            _write(directory / name, text)
        job = _job(spec, asked, directory, output, cwd, own, now)
        folder.write_job(job, _shown(spec, asked, texts, output), asked.held)
        store.enlist(folder, spec)
    except BaseException:
        _withdraw(folder, (directory, own), output)
        raise
    return folder


def preview(spec: JobSpec, asked: Asked, launch: str, places: Places) -> str:
    """What ``submit`` would answer; where the job's number would be, it is 0."""
    cwd = asked.chdir or str(places.start)
    texts = _texts(spec, launch, environment.neutral_names("0", cwd))
    return _shown(spec, asked, texts, places.scratch / ".jarvice" / f"{spec.name}.out")


def _job(
    spec: JobSpec,
    asked: Asked,
    directory: Path,
    output: Path,
    cwd: str,
    own: Path | None,
    now: float,
) -> LocalJob:
    return LocalJob(
        name=spec.name,
        number=spec.number,
        cores=asked.cores,
        walltime=asked.walltime,
        plain=spec.plain,
        argv=_argv(spec, directory),
        directory=str(directory),
        output=str(output),
        cwd=cwd or str(own),
        submitted=now,
        begin=asked.begin,
        export=asked.export,
        memory_mb=asked.memory_mb,
        own_directory=str(own or ""),
        idempotency=spec.idempotency,
        request_id=request_id.current(),
        about=About(
            executor=spec.executor,
            image=spec.image,
            script_sha256=hashlib.sha256(spec.submitted_script).hexdigest(),
            working_directory=(cwd or str(own)) if spec.keeps_files else "",
            labels=spec.labels,
            keeps_files=spec.keeps_files,
        ),
    )


def _withdraw(folder: Folder, directories: tuple[Path | None, ...], output: Path | None) -> None:
    for directory in filter(None, (folder.path, *directories)):
        shutil.rmtree(directory, ignore_errors=True)
    if output is not None:
        with suppress(OSError):
            output.unlink(missing_ok=True)


def _new_places(store: Store, jobs: Path) -> tuple[Folder, Path]:
    """A native id that is free in the state directory and in the scratch directory, which other
    schedulers may use too."""
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
    """An output file of the job's own: jobs of one name may run at the same time."""
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
    texts = {"script": spec.script}
    if spec.original:
        texts["submitted"] = spec.original
    if spec.plain and spec.by_exit_code:
        texts["environment"] = environment.file_text(spec.secrets)
    else:
        texts["secrets"] = batch.secrets_text(spec)
    if not spec.plain:
        texts["step"] = batch.step_text(spec, launch, environment.exports(names))
        run = _STEP if spec.by_exit_code else f'{batch.judged(_STEP)}\nexit "$rc"'
        texts["batch"] = f"#!/bin/bash\n{run}\n"
    return texts


def _shown(spec: JobSpec, asked: Asked, texts: dict[str, str], output: Path) -> str:
    """The answer to the submission: the texts that run, without the credentials, and where the
    output is if the job asked for another place."""
    parts = [f"# {name}\n{texts[name]}" for name in ("batch", "step", "script") if name in texts]
    shown = spec.script if spec.plain else "\n".join(parts)
    notice = directives.output_notice(asked.options, str(output))
    if not notice:
        return shown
    _log.info("Job %s/%s: %s", spec.name, spec.number, notice)
    return f"{shown.rstrip()}\n# {notice}\n"


def _argv(spec: JobSpec, directory: Path) -> tuple[str, ...]:
    """The command of the job. A plain script is run by the interpreter of its first line with its
    one argument, as the kernel reads it (execve(2)), or by bash. The kernel is not asked to, since
    the scratch directory may be mounted noexec."""
    if not spec.plain:
        return ("bash", str(directory / "batch"))
    first = spec.script.partition("\n")[0]
    words = first[2:].strip().split(None, 1) if first.startswith("#!") else []
    return (*(words or ["bash"]), str(directory / "script"), *spec.arguments)


def _write(path: Path, text: str) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(_bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
