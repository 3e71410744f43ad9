"""The environment of local jobs: the bridge's own, without its settings, some of which are
secrets."""

import os
import pwd
import shlex
import socket
from collections.abc import Sequence
from pathlib import Path

from connectors.local import files, options
from connectors.local.folder import Folder, LocalJob

_SETTINGS = ("JARVICE_", "WAITRESS_")


def inherited() -> dict[str, str]:
    """This process's environment without the bridge's settings, and what a login sets."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
    return _login() | kept


def of_job(folder: Folder, job: LocalJob) -> dict[str, str]:
    """The environment in which the batch script of a job starts: what its ``--export`` lets through
    and sets, and what the bridge itself passes."""
    exported, ours = options.exported(job.export), inherited()
    kept = {name: ours[name] for name in exported.kept if name in ours}
    passed = {"DSSR_JOB_DIR": job.directory, "DSSR_WORK_DIR": f"{job.directory}/work"}
    base = ours if exported.whole else _login() | kept
    neutral = neutral_names(folder.native_id, job.cwd)
    return base | exported.added | neutral | _of_request(job) | passed


def file_text(variables: Sequence[tuple[str, str]]) -> str:
    """The file ``environment`` of the job's directory: no shell reads it."""
    return "".join(f"{name}={value}\0" for name, value in variables)


def _of_request(job: LocalJob) -> dict[str, str]:
    """What the request for a batch script sets, from the file ``environment``."""
    entries = (files.read(Path(job.directory) / "environment") or b"").split(b"\0")
    pairs = (os.fsdecode(entry).partition("=") for entry in entries if entry)
    return {name: value for name, _, value in pairs}


def neutral_names(native_id: str, cwd: str) -> dict[str, str]:
    """The names that know no scheduler, for a job that has one task on this machine."""
    host = socket.gethostname()
    return {
        "PROCESS_PROCID": "0",
        "PROCESS_NODENAME": host,
        "JOB_JOBID": native_id,
        "JOB_JOB_NODELIST": host,
        "JOB_JOB_FORMATED_NODELIST": host,
        "JOB_NNODES": "1",
        "JOB_NTASKS": "1",
        "JOB_SUBMIT_DIR": cwd,
        "JOB_GPUS_PER_NODE": "",
    }


def exports(names: dict[str, str]) -> str:
    """Shell lines that export these."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in names.items())


def _login() -> dict[str, str]:
    login = {"PATH": os.defpath}
    try:
        user = pwd.getpwuid(os.getuid())
    except KeyError:  # a container may run under a user id that has no name
        return login
    return login | {
        "HOME": user.pw_dir,
        "USER": user.pw_name,
        "LOGNAME": user.pw_name,
        "SHELL": user.pw_shell,
    }
