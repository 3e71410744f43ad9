"""A login node for the programs: a real shell, and sbatch and its like as a test wants them."""

import os
import subprocess
import time
from pathlib import Path
from uuid import uuid4

from connectors.slurm.shell import programs
from connectors.slurm.shell.remote import program
from connectors.transports.framing import command

ABOUT = '{"name": "job", "number": 1, "submitted": 1.5}'
TOKEN, KEY = "a" * 32, "ab/" + "b" * 30


class LoginNode:
    """A home directory, and tools that are scripts of the test's own."""

    def __init__(self, shell: str, home: Path) -> None:
        """``shell``: the words that start it."""
        self.home, self._shell, self._tools = home, shell.split(), home / "bin"
        self._tools.mkdir()
        self.output = ""  # where the last submission said that the job's output is

    def run(self, name: str, *words: str, gone: bool = False, **tools: str) -> str:
        """What a program prints where ``sbatch="..."`` is that script, without the lines about
        where the job is (see ``output``). ``gone``: the reader has gone away."""
        for tool in ("sbatch", "squeue", "sacct", "scancel"):
            (self._tools / tool).write_text(f"#!/bin/sh\n{tools.get(tool, 'exit 0')}\n")
            (self._tools / tool).chmod(0o700)
        line = command(program(name, ("", KEY, *words)), None, "mark")
        text = f"{programs.shell_prelude()}\n{line}"
        environ = {"HOME": str(self.home), "PATH": f"{self._tools}:{os.environ['PATH']}"}
        process = subprocess.Popen(
            self._shell,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environ,
            cwd=self.home,
        )
        if not gone:
            printed = process.communicate(text, timeout=60)[0].splitlines(keepends=True)
            about_job = ("output ", "directory ", "serial ")
            reported = [line for line in printed if name == "submit" and line.startswith(about_job)]
            outputs = [line for line in reported if line.startswith("output ")]
            if name == "submit":
                self.output = "".join(outputs).removeprefix("output ").rstrip()
            return "".join(line for line in printed if line not in reported)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        process.stdin.write(text)
        process.stdin.close()
        process.wait(60)
        return ""

    @property
    def job(self) -> Path:
        """The directory of the one job."""
        return next((self.home / ".jarvice/state/jobs/day").iterdir())

    @property
    def names(self) -> Path:
        """Where its links stand."""
        return self.home / ".jarvice/state/names" / KEY

    def counted(self, then: str) -> str:
        """An sbatch that counts how often it was run, and then does this with ``$n``."""
        return f'echo run >>"{self.home}/runs"; n=$(grep -c run "{self.home}/runs"); {then}'

    @property
    def runs(self) -> int:
        """How often sbatch was run."""
        counter = self.home / "runs"
        return len(counter.read_text().splitlines()) if counter.exists() else 0

    def grow_old(self, seconds: int) -> None:
        """Everything in the state directory happened that much earlier."""
        for path in (self.home / ".jarvice").rglob("*"):
            moment = time.time() - seconds
            os.utime(path, (moment, moment), follow_symlinks=False)


def words(token: str = TOKEN) -> tuple[str, ...]:
    """Those of a submission: always another place for its directory."""
    return (
        token,
        "job",
        "1",
        f"day/{token}.{uuid4().hex[:12]}",
        "",
        "echo hello",
        "",
        "#!/bin/bash\n",
        "",
        ABOUT,
        "",  # no Idempotency-Key
        "",
        "",
        "0",
        "",  # no request's id
        "",  # the script as it was submitted is the one above
        "-N",
        "1",
    )
