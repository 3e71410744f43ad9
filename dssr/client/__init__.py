"""A client of the bridge, for programs and notebooks.

::

    from dssr.client import Client

    job = Client().submit("#!/bin/bash\\nhostname\\n", nodes=2)
    print(job.wait().state, job.output())

To import this package costs little: libraries are loaded with the first client.
"""

from typing import TYPE_CHECKING, Any

from dssr.client.errors import (
    BadRequest,
    BadTarget,
    BridgeFault,
    ClientError,
    Conflict,
    Forbidden,
    NotFound,
    NotWritten,
    OutcomeUnknown,
    Refused,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreachable,
    WaitTimeout,
)

if TYPE_CHECKING:
    from dssr.client.client import Client
    from dssr.client.job import Job

__all__ = [
    "BadRequest",
    "BadTarget",
    "BridgeFault",
    "Client",
    "ClientError",
    "Conflict",
    "Forbidden",
    "Job",
    "NotFound",
    "NotWritten",
    "OutcomeUnknown",
    "Refused",
    "TooLarge",
    "TooMany",
    "Unauthenticated",
    "Unavailable",
    "Unreachable",
    "WaitTimeout",
]


def __getattr__(name: str) -> Any:
    """``Client`` and ``Job`` when they are first used."""
    if name not in ("Client", "Job"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dssr.client import client, job  # noqa: PLC0415 - with the libraries that they need

    return {"Client": client.Client, "Job": job.Job}[name]
