"""What all commands of services share: the services that the options name."""

from collections.abc import Iterator
from contextlib import contextmanager

from dssr.cli.invocation import Invocation
from dssr.cli.signals import starting_up
from dssr.client import target
from dssr.client.own_services import OwnServices
from dssr.client.served_services import AnyServices, ServedServices


@contextmanager
def services_of(invocation: Invocation) -> Iterator[AnyServices]:
    """Those of a cluster that is reached over the user's own SSH, or those that a bridge holds."""
    given = {key: invocation.options.get(key) for key in ("url", "cluster")}
    environ = invocation.environ
    with starting_up():
        found = target.choose(given, environ, target.read_file(environ))
        invocation.set_up_log()
        services = ServedServices(found) if found.url else OwnServices(found, environ)
    try:
        yield services
    finally:
        services.close()
