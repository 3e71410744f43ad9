"""A login node for the connector without a cluster: its programs run in a real shell, and Slurm is
what a test says it is."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import programs
from connectors.transports.framing import command
from dssr.errors import ConnectFailed
from dssr.seams import Completed, Purpose, Sink

_SBATCH = """#!/bin/sh
for word; do case $word in */batch.*) batch=$word ;; esac; done
[ ! -f "$HOME/refusal" ] || { cat "$HOME/refusal" >&2; exit 1; }
echo run >>"$HOME/runs"
id=$(($(cat "$HOME/first") + $(wc -l <"$HOME/runs")))
echo "$id|RUNNING|0:05|1795600800|None|1795600790|$batch" >>"$HOME/listed"
echo "$id"
"""
_SQUEUE = """#!/bin/sh
[ ! -f "$HOME/silent" ] || { echo "squeue: error: Unable to contact slurm controller" >&2; exit 1; }
case $* in
    *'|%A|%o'*) sed 's/^\\([^|]*\\)|.*|/|\\1|/' "$HOME/listed" ;;
    *) cat "$HOME/listed" ;;
esac
"""
_SACCT = '#!/bin/sh\n. "$HOME/accounting"\n'
_TOOLS = {"sbatch": _SBATCH, "squeue": _SQUEUE, "sacct": _SACCT, "scancel": "#!/bin/sh\n"}


class ShellNode:
    """A home directory, a shell, and a controller whose list of jobs is a file.

    :ivar asked: the programs that were run, in their order; "squeue" is the snapshot's query.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.asked = home, list[str]()
        self._breaks_before = ""
        tools = home / "bin"
        tools.mkdir()
        for name, text in _TOOLS.items():
            (tools / name).write_text(text)
            (tools / name).chmod(0o700)
        (home / "listed").touch()
        (home / "first").write_text("100\n")
        self.account("exit 0")

    def connector(self, snapshot_age: float = 0.0) -> SlurmConnector:
        """A bridge's connector, which asks the cluster for each list where that may have no age;
        another one is a bridge that was started anew."""
        settings = SlurmSettings(snapshot_age=snapshot_age, settling_time=20.0, ssh_user="jarvice")
        return SlurmConnector(settings, self)

    @property
    def state(self) -> Path:
        """The state directory."""
        return self.home / ".jarvice/state"

    def account(self, script: str) -> None:
        """What sacct does."""
        (self.home / "accounting").write_text(f"{script}\n")

    def list(self, native_id: str, state: str) -> None:
        """squeue lists that job in another state; empty: not any more."""
        file, kept = self.home / "listed", list[str]()
        for line in file.read_text().splitlines():
            columns = line.split("|")
            if columns[0] == native_id:
                columns[1] = state
            kept += ["|".join(columns)] if columns[1] else []
        file.write_text("".join(f"{line}\n" for line in kept))

    @contextmanager
    def silent(self) -> Iterator[None]:
        """squeue fails within the programs, as when the controller has just gone away."""
        (self.home / "silent").touch()
        yield
        (self.home / "silent").unlink()

    @contextmanager
    def breaking(self, before: str) -> Iterator[None]:
        """The connection breaks before each program of that name."""
        self._breaks_before = before
        yield
        self._breaks_before = ""

    def directory(self, native_id: str) -> Path:
        """The job's directory."""
        made = [job for job in self.state.glob("jobs/*/*") if (job / "elected").is_symlink()]
        return next(job for job in made if str((job / "elected").readlink()) == native_id)

    def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,
        timeout: float,
        purpose: Purpose = Purpose.SUBMIT,
        sink: Sink | None = None,
    ) -> Completed:
        if argv[0] == "env":
            self.asked.append("squeue")
            return Completed(tuple(argv), 0, self._snapshot(argv[-1].partition("|")[0]), b"")
        name = argv[2].split()[0].removeprefix("dssr_")
        self.asked.append(name)
        if name == self._breaks_before:
            raise ConnectFailed("The connection is broken.")
        text = f"{programs.prelude()}\n{command(argv, input, 'mark')}"
        environ = {"HOME": str(self.home), "PATH": f"{self.home}/bin:{os.environ['PATH']}"}
        done = subprocess.run(
            ["dash"], input=text.encode(), capture_output=True, env=environ, timeout=60, check=False
        )
        return Completed(tuple(argv), done.returncode, done.stdout, done.stderr)

    def close(self) -> None:
        """Nothing."""

    def _snapshot(self, mark: str) -> bytes:
        rows = []
        for line in (self.home / "listed").read_text().splitlines():
            native_id, state, used, end, reason, start, batch = line.split("|")
            about = (native_id, state, end, used, "n1", reason, "jarvice", "1795600780", start)
            asked = ("5:00", "batch", "research", "normal", "1", "4", "N/A", "100M")
            rows.append(f"{mark}|{'|'.join((*about, *asked))}|{batch}{mark}\n")
        return "".join(rows).encode()
