"""What all commands of services share: the services that the options name."""

from collections.abc import Iterator
from contextlib import contextmanager

from dssr import client
from dssr.cli.failure import failure_of
from dssr.cli.invocation import Invocation
from dssr.cli.signals import starting_up
from dssr.client import target
from dssr.client.own_services import OwnServices
from dssr.client.served_services import AnyServices, ServedServices
from dssr.errors import BadRequest, NotFound

_PATIENCE, _OF_WAITING = 10.0, 60.0  # seconds for which calls of a bridge are repeated


@contextmanager
def services_of(invocation: Invocation, *, waits: bool = False) -> Iterator[AnyServices]:
    """Those of a cluster that is reached over the user's own SSH, or those that a bridge holds.
    ``waits``: the command waits for a service anyway, and repeats its calls for longer."""
    given = {key: invocation.options.get(key) for key in ("url", "cluster")}
    environ = invocation.environ
    with starting_up():
        found = target.choose(given, environ, target.read_file(environ))
        invocation.set_up_log()
        patience = _OF_WAITING if waits else _PATIENCE
        services = ServedServices(found, patience) if found.url else OwnServices(found, environ)
    try:
        yield services
    except (client.NotFound, NotFound) as error:
        failure = failure_of(error)
        failure.cure = "'dssr service list' shows the services that there are."
        raise failure from error
    except (client.BadRequest, BadRequest) as error:
        failure = failure_of(error)
        failure.message = failure.message.replace("in 'options' of the request", "behind --")
        raise failure from error
    finally:
        services.close()
