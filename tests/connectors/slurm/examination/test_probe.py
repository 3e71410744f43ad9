"""What the probe job asks for."""

from dataclasses import replace

import pytest

from connectors.slurm.examination.probe import plan, registries
from connectors.slurm.settings import SlurmSettings
from dssr.seams import Count
from tests.connectors.slurm.words.examination.test_scheduler import shown


def test_the_nodes_of_the_probe() -> None:
    """It asks for two nodes where two take jobs, for a GPU each where all have some, and for what
    the settings say."""
    drained = shown()  # of its two nodes, which have GPUs, one is drained
    whole = replace(drained, nodes=[replace(n, cores=Count(8, 8)) for n in drained.nodes])
    mixed = replace(whole, nodes=[whole.nodes[0], replace(whole.nodes[1], gpus=Count())])
    chosen = SlurmSettings(check_options=("partition=one", "account=water"))

    assert (plan(SlurmSettings(), drained).nodes, plan(SlurmSettings(), whole).nodes) == (1, 2)
    assert plan(SlurmSettings(), whole).options == ["--gpus-per-node=1"]
    assert plan(SlurmSettings(), mixed).options == []
    assert plan(chosen, mixed).options[:2] == ["--partition=one", "--account=water"]
    assert plan(chosen, mixed).nodes == 1


@pytest.mark.parametrize(
    ("settings", "places"),
    [
        (SlurmSettings(), ["registry-1.docker.io:443"]),
        (SlurmSettings(system_registry="r.example"), ["r.example:443"]),
        (SlurmSettings(local_registry="r.example:5000/base"), ["r.example:5000"]),
        (SlurmSettings(https_proxy="http://proxy:3128", local_registry="r"), ["proxy:3128"]),
    ],
)
def test_where_images_come_from(settings: SlurmSettings, places: list[str]) -> None:
    """Nodes connect to their proxy, or else to the registries of the settings, or else to Docker
    Hub."""
    assert list(registries(settings)) == places
