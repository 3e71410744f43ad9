"""The examination of this machine as a place for jobs."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

from connectors.local.settings import LocalSettings
from connectors.shared.canary import canary
from connectors.shared.checks import Check, examined, export, failure, ok, skipped, warning
from dssr.seams import Connector, Finding

CHECKS = ("state-directory", "scratch-directory", "container", "canary")
_TRIED = 1 << 20  # bytes
_LITTLE = 100 << 20  # bytes


def examine(
    settings: LocalSettings, make: Callable[[LocalSettings], Connector], with_jobs: bool
) -> Iterator[Finding]:
    """See ``dssr.seams.Examines``. ``make`` makes a connector with other settings."""
    state = Path(settings.state_dir or Path.home() / ".jarvice/state")
    scratch = Path(settings.scratch_dir or Path.home())
    places = ("state-directory", "scratch-directory")
    yield from examined(
        [
            Check(places[0], partial(_directory, state, "JARVICE_STATE_DIR")),
            Check(places[1], partial(_directory, scratch, "JARVICE_JOB_SCRATCH_DIR")),
            Check("container", lambda: _container(settings.executor)),
            Check("canary", lambda: _canary(settings, make, with_jobs), places),
        ]
    )


def _directory(path: Path, setting: str) -> Finding:
    there = next(place for place in (path, *path.parents) if place.exists())
    cure = f"Use a directory that can be written to:\n{export(setting, '/path/to/it/')}"
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(bytes(_TRIED))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return failure(f"Nothing can be written in {there}: {error.strerror}.", cure, setting)
    free = shutil.disk_usage(there).free
    if free < _LITTLE:
        return warning(f"{there} has {free >> 20} MB left.", f"Make room, or:\n{cure}", setting)
    return ok(f"{path} can be written to ({free / (1 << 30):.1f} GB free).")


def _container(executor: str) -> Finding:
    found = shutil.which("singularity") or shutil.which("apptainer")
    if found:
        return ok(f"{found} is there.")
    if "singularity" not in executor:
        return ok(f"The executor {executor!r} needs no container program.")
    return failure(
        "Neither singularity nor apptainer is on the PATH.",
        "Install it, or load it in ~/.jarvice_custom_env:\n"
        "apt-get install apptainer\n"
        "or, if jobs need no images, start them without:\n"
        f"{export('JARVICE_BAREMETAL_EXECUTOR', 'native')}",
        "JARVICE_BAREMETAL_EXECUTOR",
    )


def _canary(
    settings: LocalSettings, make: Callable[[LocalSettings], Connector], with_jobs: bool
) -> Finding:
    if not with_jobs:
        return skipped("Not examined, because it needs a job.")
    with ExitStack() as opened:
        own = opened.enter_context(tempfile.TemporaryDirectory(prefix="dssr-doctor."))
        connector = make(replace(settings, state_dir=f"{own}/state/", scratch_dir=f"{own}/"))
        opened.callback(connector.close)
        return canary(connector, 1, (), lambda native_id: None)
