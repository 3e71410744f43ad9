"""What all commands of services share: the services of the cluster that the options name."""

from collections.abc import Iterator
from contextlib import contextmanager

from dssr.cli.failure import Failure
from dssr.cli.invocation import Invocation
from dssr.client import target
from dssr.client.own_services import OwnServices


@contextmanager
def own_services(invocation: Invocation) -> Iterator[OwnServices]:
    """The services of the cluster that is reached over the user's own SSH."""
    given = {key: invocation.options.get(key) for key in ("url", "cluster")}
    environ = invocation.environ
    found = target.choose(given, environ, target.read_file(environ))
    if found.url:
        raise Failure(
            f"services are not led to through a bridge ({found.url}) yet.",
            cure="Name the login node with --cluster.",
        )
    invocation.set_up_log()
    own = OwnServices(found, environ)
    try:
        yield own
    finally:
        own.close()
