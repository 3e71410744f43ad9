"""How a service's script is started on its node: by the executor that the service names. Pure."""

from collections.abc import Callable

from dssr.errors import BadRequest
from dssr.job import JobSpec
from dssr.seams import Executor
from dssr.service import ServiceSpec
from dssr.settings import Settings

NATIVE, SINGULARITY = "native", "singularity"
Find = Callable[[str], tuple[Executor, Settings]]


def launch(spec: ServiceSpec, find: Find) -> str:
    """The executor's text. ``find``: an executor, and its settings, by name. Raises
    ``BadRequest``."""
    name = spec.executor or (SINGULARITY if spec.image else NATIVE)
    if bool(spec.image) is (name == NATIVE):
        raise BadRequest(
            f"The executor {name!r} needs an image: name one, or leave out the executor."
            if name != NATIVE
            else "The executor 'native' runs no image: leave out one of them."
        )
    executor, settings = find(name)
    job = JobSpec(
        name=spec.name,
        number=1,
        nodes=1,
        source="",
        script=spec.script,
        options=spec.options,
        image=spec.image,
        secrets=spec.environment,
        executor=name,
        arguments=spec.arguments,
        by_exit_code=True,
        working_directory=spec.working_directory,
    )
    return executor.launch(job, settings)
