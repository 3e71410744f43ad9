"""What goes into a cluster's root file system: the generations of Slurm, their packages, and the
scripts that install them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = Path(__file__).parent / "scripts"

COMMON_PACKAGES = [
    *("slurm-wlm", "slurmdbd", "slurmrestd", "slurm-wlm-jwt-plugin", "slurm-wlm-mysql-plugin"),
    *("munge", "mariadb-server", "openssh-server", "iproute2", "procps", "socat", "rsync"),
    *("tini", "tcsh", "e2fsprogs", "fuse2fs", "squashfuse", "fuse-overlayfs", "busybox-static"),
    *("docker-registry", "apache2-utils", "python3-minimal"),
]


@dataclass(frozen=True)
class Generation:
    """One generation of Slurm, and the Debian suite that carries it.

    :ivar apptainer_suite: the suite that Apptainer comes from; empty when its libc is too new for
    this one.
    :ivar has_venv: its Python is whole and can make virtual environments; others have Debian's
    minimal one, which lacks ``http``, ``hmac``, ``asyncio`` and more.
    """

    name: str
    suite: str
    apptainer_suite: str
    has_venv: bool = False

    @property
    def has_apptainer(self) -> bool:
        return bool(self.apptainer_suite)

    @property
    def packages(self) -> list[str]:
        more = (["apptainer"] * self.has_apptainer) + (["python3-venv"] * self.has_venv)
        return COMMON_PACKAGES + more

    @property
    def fingerprint(self) -> str:
        """A short hash of everything that decides what the root holds."""
        scripts = [_code(SCRIPTS / name) for name in ("install.sh", "populate.sh", "enter.sh")]
        parts = [self.suite, self.apptainer_suite, *sorted(self.packages), *scripts]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _code(script: Path) -> str:
    """The lines that are no comments: another comment needs no new root."""
    lines = script.read_text().splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


GENERATIONS = {
    generation.name: generation
    for generation in (
        Generation("24.11", suite="trixie", apptainer_suite="sid", has_venv=True),
        Generation("22.05", suite="bookworm", apptainer_suite=""),
        Generation("26.05", suite="sid", apptainer_suite="sid"),
    )
}
DEFAULT_GENERATION = "24.11"
