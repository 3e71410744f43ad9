"""A directory of this machine, copied to another one by ``rsync``, over a shell there."""

import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dssr.seams import CopyProgress

_PROGRAM = "rsync"
_HOST = "dssr"  # the shell leads to one host, whatever the name is
_NEW_ENOUGH = re.compile(
    rb"rsync +version [3-9]"
)  # older ones report no progress, and quote otherwise
_DONE = re.compile(rb"([\d,.]+) +(\d+)%")


def is_here() -> bool:
    """Whether this machine has the program, in a version that will do."""
    if shutil.which(_PROGRAM) is None:
        return False
    words = [_PROGRAM, "--version"]
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603
    return bool(_NEW_ENOUGH.match(done.stdout))


def copy(shell: Sequence[str], local: Path, to: str, progress: CopyProgress) -> bool:
    """Send what differs; whether that worked. ``shell``: the words of ssh before the host."""
    words = [
        *(_PROGRAM, "--archive", "--protect-args", "--no-owner", "--no-group", "--partial"),
        *("--info=progress2", "--no-inc-recursive", "--outbuf=N"),
        *("--rsh", shlex.join(shell), "--", f"{local}/", f"{_HOST}:{to}/"),
    ]
    with subprocess.Popen(  # noqa: S603
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        while part := process.stdout.read1(4096):  # type: ignore[attr-defined]
            for count, share in _DONE.findall(part)[-1:]:
                done = int(re.sub(rb"\D", b"", count))
                progress(done, done * 100 // max(1, int(share)))
    return process.returncode == 0
