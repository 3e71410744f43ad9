"""The examples of services in jobs of the real cluster, at their addresses on this machine."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dssr.services.front.lock import owner_of
from dssr.services.fronts import Front
from tests.cluster import Cluster
from tests.deploy.services import wheels
from tests.deploy.services.wheels import EXAMPLES
from tests.dssr.client.conftest import environ_of

Document = Mapping[str, Any]
Up = Callable[..., Document]


class Dssr:
    """The program as a person runs it, over their own SSH access."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        # Sockets have short paths alone. All else is in the home directory.
        self.runtime = Path(tempfile.mkdtemp(prefix="d."))
        own = {"XDG_RUNTIME_DIR": str(self.runtime), "DSSR_CLUSTER": cluster.address}
        native = {"JARVICE_BAREMETAL_EXECUTOR": "native"}
        self.environ = environ_of(home) | cluster.settings() | native | own

    def __call__(self, *words: str, **environ: str) -> str:
        """What ``dssr service`` with these words prints. It must succeed."""
        command = [sys.executable, "-m", "dssr", "service", *words]
        done = subprocess.run(
            command, env=self.environ | environ, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def front(self, name: str) -> Front:
        """The front of a service, which runs on this machine."""
        (lock,) = self.runtime.glob(f"**/{name}.lock")
        about = owner_of(lock)
        assert about is not None
        return Front.of(about)

    def document(self, *words: str, **environ: str) -> Document:
        """The document that it prints."""
        found: Document = json.loads(self(*words, "--json", **environ))
        return found


@pytest.fixture(scope="module")
def dssr(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dssr]:
    """The program, all of whose services and addresses end with the tests."""
    made = Dssr(cluster, tmp_path_factory.mktemp("home"))
    yield made
    for one in made.document("list")["items"]:
        made("down", one["name"])
    shutil.rmtree(made.runtime)


@pytest.fixture(scope="module")
def packages(cluster: Cluster) -> list[str]:
    """The options with which the examples find their packages: the nodes have no way out."""
    return wheels.provide(cluster)


def words_of(example: str, packages: list[str]) -> list[str]:
    """The words behind ``up`` that start an example under its own name."""
    words = [example, str(EXAMPLES / example), "--copy", "--daemonize", "--heartbeat", "1s"]
    return [*words, *packages]


@pytest.fixture(scope="module")
def up(dssr: Dssr, packages: list[str]) -> Up:
    """``up(example, option, ..., VARIABLE=value)``: start it; its document."""
    return lambda example, *options, **environ: dssr.document(
        "up", *words_of(example, packages), *options, **environ
    )
