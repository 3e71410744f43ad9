"""File systems that are full, read-only, or not the same everywhere; clocks and login shells that
are off."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from tests.cluster import Cluster
from tests.end_to_end.service import eventually
from tests.faults.conftest import Begin
from tests.faults.upstream import (
    Ledger,
    Upstream,
    end_of,
    ends_well,
    submit_once,
    submit_until_taken,
)

pytestmark = pytest.mark.cluster
STATE, SCRATCH = "/home/jarvice/faulty/state", "/home/jarvice/faulty/scratch"
Mount = Callable[..., AbstractContextManager[None]]


@pytest.fixture(scope="module")
def upstream(site: Cluster, begin: Begin) -> Upstream:
    """A bridge with directories of its own."""
    site.run("login", ["mkdir", "-p", STATE, SCRATCH], user="jarvice")
    return begin(site, {"JARVICE_STATE_DIR": STATE, "JARVICE_JOB_SCRATCH_DIR": f"{SCRATCH}/"})


@pytest.fixture
def mount(whole: Cluster) -> Iterator[Mount]:
    """``with mount(directory, script)``: a small file system over a directory of one host, prepared
    by a script."""
    mounts: list[tuple[str, str]] = []

    @contextmanager
    def mounted(directory: str, prepare: str, host: str = "login") -> Iterator[None]:
        mounted = f"mount -t tmpfs -o size=64k,uid=2001,mode=700 tmpfs {directory}"
        over = f"{mounted} && cd {directory} && {prepare}"
        done = whole.run(host, ["sh", "-c", over])
        assert done.returncode == 0, done.stderr
        mounts.append((host, directory))
        yield
        assert whole.run(host, ["umount", "-l", directory]).returncode == 0
        mounts.remove((host, directory))

    yield mounted
    for host, directory in mounts:
        whole.run(host, ["umount", "-l", directory])


FULL = "{ head -c 1000000 /dev/zero >filling || true; } 2>/dev/null"
FULL_OF_FILES = "mount -o remount,nr_inodes=2 . && touch filling"
READ_ONLY = "mount -o remount,ro ."


@pytest.mark.parametrize("directory", [STATE, SCRATCH])
@pytest.mark.parametrize(
    "how", [FULL, FULL_OF_FILES, READ_ONLY], ids=["full", "full of files", "read-only"]
)
def test_a_directory_that_cannot_be_written(
    whole: Cluster, mount: Mount, upstream: Upstream, ledger: Ledger, directory: str, how: str
) -> None:
    """While a directory cannot be written nothing is submitted, and 503 names it; when there is
    room again, the same request succeeds."""
    task = ledger.task("unwritable")
    with mount(directory, how):
        answer = submit_once(upstream, task)
        if not (directory == SCRATCH and how == FULL):  # an empty file needs no room
            assert answer.status_code == 503
            assert directory in answer.text
            assert whole.run("login", ["squeue", "-h", "-o", "%A"]).stdout.strip() == b""
    if answer.status_code == 503:
        ends_well(upstream, ledger, task, submit_until_taken(upstream, task))


def test_a_running_job_while_nothing_can_be_written(
    whole: Cluster, mount: Mount, upstream: Upstream, ledger: Ledger
) -> None:
    """While the file system with a job's files is away, the job's end is reported later, not as
    unknown."""
    task = ledger.task("hidden")
    job = submit_until_taken(upstream, task)
    whole.run(
        "login", ["sh", "-c", f"mount --bind {STATE} {STATE} && mount -o remount,bind,ro {STATE}"]
    )
    answer = upstream.post("/exitstatus", job.args)
    assert answer.status_code == 503
    whole.run("login", ["umount", "-l", STATE])
    ends_well(upstream, ledger, task, job)


@pytest.fixture
def patience(whole: Cluster, long: bool) -> Iterator[None]:
    """A job looks for its directory for six seconds instead of a minute, except with ``--long``."""
    file = whole.path("/usr/local/bin/sleep")
    if not long:
        file.write_text('#!/bin/sh\n[ "$*" = 1 ] && set -- 0.1\nexec /usr/bin/sleep "$@"\n')
        file.chmod(0o755)
    yield
    file.unlink(missing_ok=True)


def test_a_state_directory_that_the_nodes_do_not_see(
    mount: Mount, patience: None, upstream: Upstream, ledger: Ledger
) -> None:
    """A job whose node does not see the state directory fails with that reason, and runs
    nothing."""
    task = ledger.task("apart")
    with mount(STATE, "true"):
        job = submit_until_taken(upstream, task)
        rc, output, _ = end_of(upstream, job, 150)
    assert rc == 1
    assert "JARVICE_STATE_DIR" in output
    assert ledger.runs(task) == []


def test_a_node_that_sees_the_state_directory_late(
    whole: Cluster, mount: Mount, upstream: Upstream, ledger: Ledger
) -> None:
    """A job whose node sees the state directory only after seconds waits for it, and then runs
    once."""
    task = ledger.task("late", JOBOBJ_DEVICES='["exclusive=False","sbatch_nodelist=node1"]')
    with mount(STATE, "true", "node1"):
        job = submit_until_taken(upstream, task)
        eventually(lambda: [p for p in whole.processes("node1") if p.command == "sleep 1"])
        assert upstream.listed(job)
        assert upstream.post("/exitstatus", job.args).status_code == 503
        assert ledger.runs(task) == []
    ends_well(upstream, ledger, task, job)


@pytest.fixture
def hours_off(whole: Cluster) -> Iterator[None]:
    """The login node's `date` is nine hours ahead and in another time zone; node1's and node2's is
    three hours behind."""
    file = whole.path("/usr/local/bin/date")
    file.write_text(
        "#!/bin/sh\n"
        'case $(hostname) in login) TZ=Pacific/Kiritimati exec /usr/bin/date -d "9 hours" "$@" ;; '
        "esac\n"
        'exec /usr/bin/date -d "3 hours ago" "$@"\n'
    )
    file.chmod(0o755)
    rc = whole.path("/home/jarvice/.bashrc")
    before = rc.read_text()
    rc.write_text("export TZ=Pacific/Kiritimati\n" + before)
    yield
    file.unlink()
    rc.write_text(before)


def test_clocks_that_are_off(whole: Cluster, begin: Begin, hours_off: None, ledger: Ledger) -> None:
    """Jobs are created once, cancelled jobs are cancelled, and times are the file server's,
    whatever time the programs of a host see."""
    # Only the programs' own source of the time is wrong: all hosts share the kernel's clock.
    upstream = begin(whole)
    task, doomed = ledger.task("well-timed"), ledger.task("doomed", waits=True)
    ends_well(upstream, ledger, task, submit_until_taken(upstream, task))
    job = submit_until_taken(upstream, doomed)
    eventually(lambda: ledger.runs(doomed))
    assert submit_until_taken(upstream, doomed) == job
    upstream.post("/terminate", job.args)
    assert end_of(upstream, job)[0] == -15


@pytest.fixture(params=["talks", "sleeps", "tcsh"])
def login_shell(request: pytest.FixtureRequest, whole: Cluster) -> Iterator[None]:
    """A login shell that prints a banner on both streams, one with a slow rc file, and a tcsh with
    a banner."""
    banner = "echo 'Welcome! 4711|RUNNING'; sh -c 'echo warning >&2'\n"
    home = whole.path("/home/jarvice")
    before = (home / ".bashrc").read_text()
    (home / ".cshrc").write_text(banner)
    (home / ".bashrc").write_text("sleep 2\n" if request.param == "sleeps" else banner)
    shell = "/usr/bin/tcsh" if request.param == "tcsh" else "/bin/bash"
    whole.run("login", ["usermod", "-s", shell, "jarvice"])
    yield
    whole.run("login", ["usermod", "-s", "/bin/bash", "jarvice"])
    (home / ".cshrc").unlink()
    (home / ".bashrc").write_text(before)


def test_login_shells(whole: Cluster, begin: Begin, login_shell: None, ledger: Ledger) -> None:
    """No login shell disturbs the work, whatever it prints, even when all its sessions are
    killed."""
    upstream = begin(whole)
    task, after = ledger.task("greeted"), ledger.task("greeted-again")
    job = submit_until_taken(upstream, task)
    whole.stop("login", "sshd")
    whole.start("login", "sshd")
    ends_well(upstream, ledger, task, job)
    ends_well(upstream, ledger, after, submit_until_taken(upstream, after))
