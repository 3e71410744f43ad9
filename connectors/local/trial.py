"""Whether a job could be submitted: both directories can be written to."""

from pathlib import Path

from connectors.local import files
from dssr.errors import Unavailable

_SIZE = 8192  # bytes: a full file system takes a file without content


def write_in(state: Path, scratch: Path) -> None:
    """Write a file in each of them, and remove it. Raises ``Unavailable`` with the setting that
    names the directory."""
    for name, directory, setting in (
        ("state", state, "JARVICE_STATE_DIR"),
        ("scratch", scratch, "JARVICE_JOB_SCRATCH_DIR"),
    ):
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.write(directory / ".trial", b"." * _SIZE)
            (directory / ".trial").unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(
                f"The {name} directory {directory} cannot be written to ({error.strerror}), so no "
                f"job can be submitted: make room, or set {setting} to a directory that the bridge "
                "can write to.",
                retry_after=30,
            ) from error
