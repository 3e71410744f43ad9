"""Signals that a real Slurm sends to a plain job reach its script, as under sbatch."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import DssrError
from dssr.job import JobRef, JobResult, JobState
from dssr.settings.reading import parse
from tests.cluster import Cluster
from tests.connectors.slurm.specs import spec
from tests.end_to_end.service import PATIENCE, eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

# scancel(1): all that Slurm can send, but KILL and STOP, which no script can trap. 13 is PIPE,
# which scancel 22.05 does not know by name, and 40 a real-time signal.
NAMES = ("HUP", "INT", "QUIT", "ABRT", "USR1", "13", "ALRM", "TERM", "CONT", "TSTP", "TTIN", "TTOU",
         "URG", "XCPU", "40")  # fmt: skip
SCRIPT = f"""\
for signal in {" ".join(NAMES)}; do trap "echo got $signal" $signal; done
trap 'exit 7' USR2
echo ready
while :; do sleep 0.1; done
"""
STOPPING = ("TSTP", "TTIN", "TTOU")
WAITS = """\
trap : USR1
echo ready
until [ -e "$HOME/go.$SLURM_JOB_ID" ]; do sleep 0.1; done
echo ended
exit 3
"""
IGNORES = """\
#!/bin/bash
#SBATCH --time=1
trap '' TERM
echo ready
while :; do sleep 0.1; done
"""


@pytest.fixture
def connector(site: Cluster) -> Iterator[SlurmConnector]:
    """One that talks to the cluster."""
    made = SlurmConnector(parse(site.settings(), SlurmSettings))
    yield made
    made.close()


def started(connector: SlurmConnector, name: str, script: str = SCRIPT) -> JobRef:
    """A job that waits for signals."""
    job = replace(spec(script, plain=True, cores=1), name=name)
    ref = replace(job.ref, native_id=connector.submit(job, "").native_id)
    assert eventually(lambda: printed(connector, ref) == "ready\n")
    return ref


def printed(connector: SlurmConnector, ref: JobRef) -> str:
    """All of its output so far."""
    try:
        return connector.output(ref, 1000).data.decode()
    except DssrError:
        return ""


def signal(site: Cluster, ref: JobRef, *words: str) -> None:
    """As its owner sends it."""
    assert site.run("login", ["scancel", *words, ref.native_id], user=site.user).returncode == 0


def ended(connector: SlurmConnector, ref: JobRef, patience: float = PATIENCE) -> JobResult:
    """How it ended, once Slurm says so."""

    def result() -> JobResult | None:
        try:
            return connector.result(ref)
        except DssrError:
            return None

    found = eventually(result, patience=patience)
    assert found is not None
    return found


def exit_code(site: Cluster, ref: JobRef) -> str:
    """The batch script's and its signal's, by the accounting."""
    asked = ["sacct", "-n", "-X", "-P", "-j", ref.native_id, "-o", "ExitCode"]
    return eventually(lambda: site.run("login", asked).stdout.decode().strip())


def got(connector: SlurmConnector, ref: JobRef) -> list[str]:
    """The signals that the script has received so far."""
    lines = printed(connector, ref).splitlines()
    return [line.removeprefix("got ") for line in lines if line.startswith("got ")]


def wait_for_signals(connector: SlurmConnector, ref: JobRef, count: int) -> None:
    """Wait until the script has received so many signals."""
    eventually(lambda: got(connector, ref), lambda signals: len(signals) >= count)


@pytest.mark.parametrize("to", ["--batch", "--full"])
def test_a_signal_reaches_the_script_once(
    site: Cluster, connector: SlurmConnector, to: str
) -> None:
    """The script receives each signal once, whether Slurm sends it to the batch process alone (as
    ``--signal=B:`` does) or to all processes, and its trap decides what happens."""
    ref = started(connector, f"signals{to}")
    # Sent to all processes, the others would stop what the script itself waits for.
    names = NAMES if to == "--batch" else [name for name in NAMES if name not in STOPPING]
    for nth, name in enumerate(names, start=1):
        signal(site, ref, to, f"--signal={name}")
        wait_for_signals(connector, ref, nth)
    signal(site, ref, to, "--signal=USR2")
    result = ended(connector, ref)
    assert result.state is JobState.FAILED
    lines = result.output.data.decode().splitlines()
    assert [line for line in lines if line.startswith("got ")] == [f"got {name}" for name in names]
    assert exit_code(site, ref) == "7:0"


def may_end(site: Cluster, ref: JobRef) -> None:
    """Let a job with the script ``WAITS`` go on."""
    site.path(f"/home/jarvice/go.{ref.native_id}").touch()


@pytest.mark.parametrize("sent", [(), ("CONT",), ("TSTP", "USR1")])
def test_a_job_whose_batch_process_was_stopped_ends_with_its_script(
    site: Cluster, connector: SlurmConnector, sent: tuple[str, ...]
) -> None:
    """A signal that stops the batch process does not keep the job from ending."""
    ref = started(connector, "-".join(("stopped", *sent)), WAITS)
    for name in ("STOP", *sent):
        signal(site, ref, "--batch", f"--signal={name}")
    may_end(site, ref)
    assert ended(connector, ref).state is JobState.FAILED
    assert exit_code(site, ref) == "3:0"


def test_a_suspended_job_goes_on(site: Cluster, connector: SlurmConnector) -> None:
    """After ``scontrol suspend`` and ``resume`` the script runs to its end."""
    ref = started(connector, "suspended", WAITS)
    state = ["squeue", "-h", "-j", ref.native_id, "-o", "%T"]
    for order, wanted in (("suspend", b"SUSPENDED"), ("resume", b"RUNNING")):
        assert site.run("login", ["scontrol", order, ref.native_id]).returncode == 0
        eventually(lambda: site.run("login", state).stdout.strip(), wanted.__eq__)
    may_end(site, ref)
    assert ended(connector, ref).output.data == b"ready\nended\n"


def test_a_batch_process_that_is_killed_takes_its_script_with_it(
    site: Cluster, connector: SlurmConnector
) -> None:
    """KILL to the batch process alone ends the script too."""
    ref = started(connector, "killed", "echo ready\nexec sleep 12345\n")
    assert "sleep 12345" in running(site, ref)
    signal(site, ref, "--batch", "--signal=KILL")
    assert ended(connector, ref).state is JobState.FAILED
    assert eventually(lambda: running(site, ref), lambda found: not found) == []


def test_a_script_that_is_killed(site: Cluster, connector: SlurmConnector) -> None:
    """The job ends with the exit code of a killed process, and nothing of it keeps running."""
    ref = started(connector, "suicide", WAITS.replace("exit 3", "kill -KILL $$"))
    may_end(site, ref)
    assert ended(connector, ref).state is JobState.FAILED
    assert eventually(lambda: running(site, ref), lambda found: not found) == []
    assert exit_code(site, ref) in ("9:0", "137:0")


def running(site: Cluster, ref: JobRef) -> list[str]:
    """The command lines of the job's processes, as far as its batch script and ``sleep`` go."""
    lines = [process.command for node in ("node1", "node2") for process in site.processes(node)]
    batch = f"job{ref.native_id:0>5}/slurm_script"
    return [line for line in lines if batch in line or line == "sleep 12345"]


def test_a_signal_that_the_script_does_not_expect(site: Cluster, connector: SlurmConnector) -> None:
    """A signal without a trap ends the script, as it would end a batch script."""
    ref = started(connector, "unexpected", "echo ready\nwhile :; do sleep 0.1; done\n")
    signal(site, ref, "--batch", "--signal=USR1")
    assert ended(connector, ref).state is JobState.FAILED
    assert exit_code(site, ref) in ("10:0", "138:0")  # 138; older sacct leaves out the 128


def test_what_a_cancelled_script_has_to_say(site: Cluster, connector: SlurmConnector) -> None:
    """A cancelled script has Slurm's time between TERM and KILL, and is CANCELLED whatever
    it does."""
    script = (
        "trap 'echo saving; sleep 1; echo saved; exit 0' TERM\n"
        "echo ready\nwhile :; do sleep 0.1; done\n"
    )
    ref = started(connector, "cancelled", script)
    connector.cancel(ref)
    result = ended(connector, ref)
    assert result.state is JobState.CANCELLED
    lines = result.output.data.decode().splitlines()
    assert [line for line in lines if line in ("saving", "saved")] == ["saving", "saved"]


def test_a_script_that_ignores_the_end_of_its_time(
    site: Cluster, connector: SlurmConnector
) -> None:
    """A script that ignores TERM is killed when its time is over, and the job is TIMEOUT. Slurm's
    shortest time limit is a minute, after which it looks every 30 s."""
    ref = started(connector, "ignores", IGNORES)
    result = ended(connector, ref, patience=60 + PATIENCE)
    assert result.state is JobState.TIMEOUT
    assert result.output.data.startswith(b"ready\n")
    assert eventually(lambda: running(site, ref), lambda found: not found) == []
