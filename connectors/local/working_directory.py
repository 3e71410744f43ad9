"""The working directory of a job: one that it names, the user's home, or a new one of its own."""

from pathlib import Path

from connectors.local.options import Asked
from dssr.errors import BadRequest, RefusedRequest
from dssr.job import JobSpec


def named(spec: JobSpec, asked: Asked, start: Path) -> str:
    """The directory that exists before the job does; empty where the job gets one of its own.

    What the request names is made if it is missing, relative to ``start``; ``BadRequest`` with the
    reason where that fails. What ``--chdir`` names must be there, or ``RefusedRequest``.
    """
    if spec.working_directory:
        return _made(start / spec.working_directory)
    if not asked.chdir:
        return "" if spec.keeps_files else str(start)
    path = start / asked.chdir
    if not path.is_dir():
        raise RefusedRequest(
            f"The directory {str(path)[:200]!r} (--chdir) is not there: make it, or name another."
        )
    return str(path)


def own(scratch: Path, native_id: str) -> Path:
    """Make the directory of the job with that native id, and return it."""
    directories = scratch / ".jarvice" / "files"
    directories.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directories / native_id
    path.mkdir(mode=0o700)
    return path


def _made(path: Path) -> str:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadRequest(
            f"The working directory {str(path)[:200]!r} cannot be made ({reason}): name another."
        ) from error
    return str(path)
