"""How a service's script is started."""

import pytest

from dssr.errors import BadRequest
from dssr.seams import Executor
from dssr.service import ServiceSpec
from dssr.services.launching import launch
from dssr.settings import Settings
from executors.native import Native
from executors.singularity import Singularity


def find(name: str) -> tuple[Executor, Settings]:
    """The executors of the project."""
    known: dict[str, Executor] = {"native": Native(), "singularity": Singularity()}
    return known[name], Settings()


def test_the_executor_is_chosen_by_the_image() -> None:
    """Without an image the script runs on the node, with its arguments; with one, in it."""
    plain = ServiceSpec(name="demo", script="#!/bin/sh\n", arguments=("a b",))
    assert "'a b'" in launch(plain, find)
    contained = ServiceSpec(name="demo", script="#!/bin/sh\n", image="/box.sif")
    assert "/box.sif" in launch(contained, find)


@pytest.mark.parametrize(("image", "executor"), [("/box.sif", "native"), ("", "singularity")])
def test_an_image_needs_an_executor_that_runs_it(image: str, executor: str) -> None:
    """An image without a container, or a container without an image, is refused."""
    spec = ServiceSpec(name="demo", script="run", image=image, executor=executor)
    with pytest.raises(BadRequest, match="image"):
        launch(spec, find)
