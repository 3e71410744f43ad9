"""The program that submits, in a real shell, where the bridge goes away and sbatch does what a healthy one never does."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from connectors.slurm import programs
from connectors.transports.framing import command

TOKEN, KEY = "a" * 32, "ab/" + "b" * 30
Site = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(params=["dash", "bash --posix"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Site:
    """``site("submit", sbatch="...")``: run a program where sbatch is this script; ``gone``: nobody reads its answer."""
    tools = tmp_path / "bin"
    tools.mkdir()

    def tool(name: str, text: str) -> None:
        (tools / name).write_text(f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o700)

    def run(name: str, *words: str, gone: bool = False, **tools_texts: str) -> "subprocess.CompletedProcess[str]":
        for other in ("sbatch", "squeue", "sacct", "scancel"):
            tool(other, tools_texts.get(other, "exit 0"))
        text = f"{programs.shell_prelude()}\n{command(programs.argv(name, ('', KEY, *words)), None, 'mark')}"
        environ = {"HOME": str(tmp_path), "PATH": f"{tools}:{os.environ['PATH']}", "PLACE": str(tmp_path)}
        process = subprocess.Popen(
            request.param.split(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ, cwd=tmp_path
        )
        assert process.stdout is not None
        if gone:
            process.stdout.close()
            assert process.stdin is not None
            process.stdin.write(text)
            process.stdin.close()
            process.wait(60)
            return subprocess.CompletedProcess((), process.returncode, "", "")
        out, _ = process.communicate(text, timeout=60)
        return subprocess.CompletedProcess((), process.returncode, out, "")

    return run


def words(token: str = TOKEN) -> tuple[str, ...]:
    """Those of a submission: always another place for its directory."""
    return (token, "job", "1", f"day/{token}.{uuid4().hex[:12]}", "", "echo hello", "", "#!/bin/bash\n", "", "-N", "1")


def counted(tmp_path: Path, then: str) -> str:
    """An sbatch that counts how often it was run, and then does this with ``$n``."""
    return f'echo run >>"{tmp_path}/runs"; n=$(grep -c run "{tmp_path}/runs"); {then}'


def runs(tmp_path: Path) -> int:
    """How often sbatch was run."""
    return len((tmp_path / "runs").read_text().splitlines())


def grow_old(tmp_path: Path, seconds: int) -> None:
    """Everything in the state directory happened that much earlier."""
    for path in [*(tmp_path / ".jarvice").rglob("*")]:
        moment = time.time() - seconds
        os.utime(path, (moment, moment), follow_symlinks=False)


def test_a_submission_and_the_same_again(site: Site, tmp_path: Path) -> None:
    """One run of sbatch, one answer."""
    sbatch = counted(tmp_path, "echo 77")
    assert site("submit", *words(), sbatch=sbatch).stdout == "elected 77\n"
    assert site("submit", *words(), sbatch=sbatch).stdout == "elected 77\nagain\n"
    assert site("submit", *words("c" * 32), sbatch=sbatch).stdout == "conflict\n"
    assert runs(tmp_path) == 1


def test_a_refusal_that_nobody_hears_is_one(site: Site, tmp_path: Path) -> None:
    """A bridge that has gone away makes no word of the program's fail in a way that has sbatch run again."""
    refuses_once = counted(tmp_path, '[ $n -gt 1 ] && echo 78 && exit; echo "sbatch: error: invalid partition" >&2; exit 1')
    site("submit", *words(), sbatch=refuses_once, gone=True)
    assert runs(tmp_path) == 1
    assert site("submit", *words(), sbatch=refuses_once).stdout == "elected 78\n"


def test_a_known_job_that_nobody_hears_of_stays_known(site: Site, tmp_path: Path) -> None:
    """Also when it is long over and Slurm has forgotten it: nothing is submitted again, and its records stay."""
    sbatch = counted(tmp_path, "[ $n -gt 1 ] && exit 1; echo 77")
    assert site("submit", *words(), sbatch=sbatch).stdout == "elected 77\n"
    grow_old(tmp_path, 4000)
    site("submit", *words(), sbatch=sbatch, gone=True)
    assert runs(tmp_path) == 1
    assert site("submit", *words(), sbatch=sbatch).stdout == "elected 77\nagain\n"


def test_an_id_is_no_refusal(site: Site, tmp_path: Path) -> None:
    """A site's sbatch that fails after it has printed a job's id has submitted that job: who asks again is told of it."""
    sbatch = counted(tmp_path, "echo 77; exit 1")
    assert site("submit", *words(), sbatch=sbatch).stdout.startswith("unknown")
    grow_old(tmp_path, 200)
    job = next((tmp_path / ".jarvice/state/jobs/day").iterdir())
    found = f'echo "77 {job}/batch"'
    assert site("submit", *words(), sbatch=sbatch, squeue=found).stdout == "elected 77\n"
    assert runs(tmp_path) == 1


def test_scratch_that_cannot_be_written(site: Site, tmp_path: Path) -> None:
    """Nothing is submitted, and the name stays free."""
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch/.jarvice").symlink_to("/proc")  # where not even root can make a file
    asked = [*words()]
    asked[4] = f"{tmp_path}/scratch/"
    (tmp_path / "runs").touch()
    said = site("submit", *asked, sbatch=counted(tmp_path, "echo 77")).stdout
    assert said.startswith("unwritable ")
    assert runs(tmp_path) == 0
    assert site("submit", *words(), sbatch=counted(tmp_path, "echo 77")).stdout == "elected 77\n"


def test_jobs_get_the_umask_of_a_login(site: Site, tmp_path: Path) -> None:
    """The state directory's strict one is for the bridge's own files: Slurm hands sbatch's on to the job."""
    assert "elected" in site("submit", *words(), sbatch=f'umask >"{tmp_path}/umask"; echo 77').stdout
    mask = os.umask(0)
    os.umask(mask)
    assert int((tmp_path / "umask").read_text(), 8) == mask
    assert (tmp_path / ".jarvice/state").stat().st_mode & 0o777 == 0o700


def test_the_end_of_the_output_is_kept_once(site: Site, tmp_path: Path) -> None:
    """A second answer, by a bridge that did not see the first one's file, changes nothing though the output is gone."""
    site("submit", *words(), sbatch="echo 77")
    output = tmp_path / ".jarvice/job.out"
    output.write_text("last words\n")
    answer = ("77", "COMPLETED|1|", "1000", "10")
    first = site("settle", *answer).stdout
    assert first == "final COMPLETED|1|\nsaved 11\nsize 11\n\nlast words\n"
    output.unlink()
    job = next((tmp_path / ".jarvice/state/jobs/day").iterdir())
    # As NFS may show it: the name is not there, and cannot be made either.
    blind = programs.shell_prelude().replace('if [ ! -f "$dir/tail" ]; then', "if true; then")
    text = f"{blind}\n{command(programs.argv('settle', ('', KEY, *answer)), None, 'mark')}"
    again = subprocess.run(["/bin/sh"], input=text, capture_output=True, text=True, env={**os.environ, "HOME": str(tmp_path)})
    assert again.stdout == first
    assert sorted(path.name for path in job.iterdir() if path.name.startswith("new.")) == []


@pytest.mark.parametrize(
    ("scancel", "marked"), [("exit 0", True), ('echo "Access/permission denied" >&2; exit 1', False), ("exit 1", True)]
)
def test_the_mark_of_a_cancellation(site: Site, tmp_path: Path, scancel: str, marked: bool) -> None:
    """It stays unless Slurm has refused for certain: the order may have been carried out."""
    site("submit", *words(), sbatch="echo 77")
    said = site("cancel", "77", scancel=scancel).stdout
    assert said.splitlines()[-1] == f"code {0 if scancel == 'exit 0' else 1}"
    job = next((tmp_path / ".jarvice/state/jobs/day").iterdir())
    assert (job / "cancelled").is_symlink() == marked
