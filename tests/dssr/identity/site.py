"""A bridge as it is started, with mapped users, over a connector that records the owners."""

import base64
import contextlib
import threading
from dataclasses import replace
from typing import Any

import requests

from connectors.dummy.settings import DummySettings
from connectors.slurm.settings import SlurmSettings
from dssr.assembly import assemble
from dssr.http.app import create_app
from dssr.http.serving.server import Server
from tests.dssr.configured import configured
from tests.dssr.identity.issuer import AUDIENCE, ISSUER
from tests.dssr.identity.recording import ManyUsers

SCRIPT = base64.b64encode(b"#!/bin/bash\n").decode()


class Site:
    """A bridge that listens."""

    def __init__(self, **changed: Any) -> None:
        usual: dict[str, Any] = {
            "connector": "tests.dssr.identity.recording:ManyUsers",
            "executor": "native",
            "users": "claim",
            "bearer_issuer": ISSUER,
            "bearer_audience": (AUDIENCE,),
        }
        kind = DummySettings if changed.get("connector") == "dummy" else SlurmSettings
        site = configured(replace(kind(**(usual | changed)), port=0))
        settings = site.settings
        self._bridge, _ = assemble(site)
        self.connector: Any = ManyUsers.made[-1] if settings.users != "service" else None
        self._server = Server(create_app(self._bridge, settings), settings)
        self.url = self._server.addresses[0]
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()

    def submit(self, bearer: Any, name: str = "job") -> requests.Response:
        """Send a submission as an upstream does."""
        args = {
            "name": name,
            "number": 1,
            "nodes": 1,
            "hpc_script": {"native": SCRIPT},
            "bearer": bearer,
        }
        return requests.post(self.url + "/submit", json=args, timeout=60)

    def owners(self) -> list[str]:
        """The owners of the jobs that the connector was given, in their order."""
        return [spec.owner for spec in self.connector.submitted]

    def stop(self) -> None:
        """Stop the server and close the bridge."""
        with contextlib.suppress(OSError):  # its own thread may have closed what would wake it
            self._server.stop()
        self._thread.join(10)
        self._bridge.close()
