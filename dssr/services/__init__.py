"""Services: web programs that run in jobs and stay up at one address.

::

    from dssr.services import start

    with start("demo", "service.sh", cluster="login.example.org") as service:
        print(service.wait_ready().url)

``start`` and ``run_sync`` are the client's, which is above this package, and are loaded when they
are first used.
"""

import importlib
from typing import Any

__all__ = ["run_sync", "start"]


def __getattr__(name: str) -> Any:
    """``run_sync`` and ``start``."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("dssr.client.starting"), name)
