"""Signals that reach a plain job, from a real Slurm: to its script, that is the batch script."""

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
from tests.end_to_end.service import eventually

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]

SCRIPT = """\
for signal in HUP INT QUIT USR1 USR2 ALRM TERM; do trap "echo got $signal" $signal; done
trap 'exit 7' USR2
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


def ended(connector: SlurmConnector, ref: JobRef) -> JobResult:
    """How it ended, once Slurm says so."""

    def result() -> JobResult | None:
        try:
            return connector.result(ref)
        except DssrError:
            return None

    found = eventually(result)
    assert found is not None
    return found


def exit_code(site: Cluster, ref: JobRef) -> str:
    """The batch script's and its signal's, by the accounting."""
    asked = ["sacct", "-n", "-X", "-P", "-j", ref.native_id, "-o", "ExitCode"]
    return eventually(lambda: site.run("login", asked).stdout.decode().strip())


@pytest.mark.parametrize("to", ["--batch", "--full"])
def test_a_signal_reaches_the_script_once(
    site: Cluster, connector: SlurmConnector, to: str
) -> None:
    """To the batch shell alone, as ``--signal=B:`` sends it, or to all processes: the script gets it, and goes on."""
    ref = started(connector, f"signals{to}")
    names = ("INT", "USR1", "TERM")
    for name in names:
        signal(site, ref, to, f"--signal={name}")
        assert eventually(lambda: f"got {name}\n" in printed(connector, ref))  # noqa: B023 - called here and now
    signal(site, ref, to, "--signal=USR2")
    result = ended(connector, ref)
    assert result.state is JobState.FAILED
    got = [line for line in result.output.data.decode().splitlines() if line.startswith("got ")]
    assert got == [f"got {name}" for name in names]
    assert exit_code(site, ref) == "7:0"


def test_a_signal_that_the_script_does_not_expect(site: Cluster, connector: SlurmConnector) -> None:
    """Ends it, as it would end a batch script, and the record says so."""
    ref = started(connector, "unexpected", "echo ready\nwhile :; do sleep 0.1; done\n")
    signal(site, ref, "--batch", "--signal=USR1")
    assert ended(connector, ref).state is JobState.FAILED
    assert exit_code(site, ref) == "10:0"  # of 138, sacct leaves out what says that it was a signal


def test_what_a_cancelled_script_has_to_say(site: Cluster, connector: SlurmConnector) -> None:
    """It has Slurm's time between TERM and KILL, and is CANCELLED whatever it does with it."""
    script = "trap 'echo saving; sleep 1; echo saved; exit 0' TERM\necho ready\nwhile :; do sleep 0.1; done\n"
    ref = started(connector, "cancelled", script)
    connector.cancel(ref)
    result = ended(connector, ref)
    assert result.state is JobState.CANCELLED
    lines = result.output.data.decode().splitlines()
    assert [line for line in lines if line in ("saving", "saved")] == ["saving", "saved"]
