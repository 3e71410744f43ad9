"""Verdicts about what nodes report that the tests' own nodes do not show."""

from dataclasses import replace

from connectors.slurm.examination import nodes
from connectors.slurm.examination.probe import Probe
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.words.examination.report import Report
from dssr.seams import Status
from tests.connectors.slurm.words.examination.test_scheduler import shown

HAS = {"container": "apptainer 1", "container.runs": "yes", "container.namespaces": "yes",
       "container.overlay": "yes", "container.tmpfs": "yes", "tools": "socat"}  # fmt: skip
SETTINGS = SlurmSettings(executor="singularity")


def of(**words: str) -> Report:
    """Two nodes, of which the second one says this, with underscores for full stops."""
    return Report({"one": HAS, "two": HAS | {k.replace("_", "."): v for k, v in words.items()}})


def test_a_container_that_does_not_start() -> None:
    """A program that starts no container fails with its words; without containers it is a
    warning."""
    broken = of(container_runs="no", container_runs_why="no user namespaces")
    found = nodes.container(SETTINGS, broken)
    assert found.status is Status.FAILURE
    assert "no container starts on two: no user namespaces" in found.detail
    assert nodes.container(replace(SETTINGS, executor="native"), broken).status is Status.WARNING


def test_overlays_that_do_not_work() -> None:
    """Where overlays fail and a tmpfs works, the setting that asks for it is advised; with it the
    check passes."""
    broken = of(container_overlay="no", container_overlay_why="no fuse")
    found = nodes.container(SETTINGS, broken)
    assert (found.status, found.advised) == (
        Status.FAILURE,
        (("JARVICE_SINGULARITY_OVERLAY_SIZE", "0"),),
    )
    assert nodes.container(replace(SETTINGS, overlay_mb=0), broken).status is Status.OK
    neither = nodes.container(SETTINGS, of(container_overlay="no", container_tmpfs="no"))
    assert (neither.status, neither.advised) == (Status.FAILURE, ())


def test_gpus() -> None:
    """GPUs of a node that its containers do not see fail; where the partition has other nodes
    too, they are not examined."""
    with_gpus = Probe(has_gpus=True)
    cluster = shown()
    seen = Report({"one": {"gpu.outside": "2", "gpu.inside": "2"}})
    blind = Report({"one": {"gpu.outside": "2", "gpu.inside": "0"}})
    assert nodes.gpu(cluster, with_gpus, seen).status is Status.OK
    assert nodes.gpu(cluster, with_gpus, blind).status is Status.FAILURE
    assert nodes.gpu(cluster, Probe(), seen).status is Status.SKIPPED
    assert nodes.gpu(replace(cluster, nodes=()), Probe(), seen).status is Status.OK


def test_registries() -> None:
    """A registry that a node does not reach is a warning with the node's name."""
    settings = replace(SETTINGS, local_registry="registry.example:5000")
    closed = nodes.images(settings, Report({"one": {"images.registry.example:5000": "no"}}))
    assert closed.status is Status.WARNING
    assert "one do not reach registry.example:5000" in closed.detail
    assert nodes.images(settings, Report({"one": {}})).status is Status.OK


def test_what_services_need() -> None:
    """A job that may not submit, a node without tools, and ports that are closed are warnings, and
    each is named."""
    refused = nodes.submit_from_job(Report({"one": {"submit": "no", "submit.why": "not here"}}))
    assert (refused.status, "not here" in refused.detail) == (Status.WARNING, True)
    assert "two have neither" in nodes.node_tools(of(tools="")).detail
    closed = nodes.port_range(Report({}, {"one": {20001: True, 30001: False}}))
    assert (closed.status, "one: 30001" in closed.detail) == (Status.WARNING, True)
    assert nodes.port_range(Report({})).status is Status.SKIPPED
