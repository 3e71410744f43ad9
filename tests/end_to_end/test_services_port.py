"""The services port of a bridge on a real login node, through one ``ssh -L``."""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.dssr.services.port.ports import COMMAND, TOKEN, service, services_port
from tests.end_to_end.interactive import Browser
from tests.end_to_end.service import eventually

pytestmark = pytest.mark.cluster


@contextmanager
def forwarded(cluster: Cluster, folder: Path, port: int) -> Iterator[int]:
    """``ssh -L`` of a person who is another user there than the bridge; the port of this machine
    that leads to that one."""
    key, known = folder / "key", folder / "known"
    key.touch(0o600)
    key.write_text(cluster.private_key)
    known.write_text(f"{cluster.address} {cluster.host_key}\n")
    with socket.create_server(("127.0.0.1", 0)) as free:
        own = free.getsockname()[1]
    options = {"IdentityFile": key, "UserKnownHostsFile": known, "ExitOnForwardFailure": "yes"}
    words = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    line = ["ssh", "-F", "none", *words, "-N", "-L", f"{own}:localhost:{port}", "-l", "alice"]
    with subprocess.Popen([*line, cluster.address]) as process:

        def listens() -> bool:
            with socket.socket() as client:
                return client.connect_ex(("127.0.0.1", own)) == 0

        try:
            eventually(listens)
            yield own
        finally:
            process.terminate()


def test_one_forward_leads_to_all(cluster: Cluster) -> None:
    """One ``ssh -L`` to the bridge's machine reaches all services by their names, for those alone
    who have their addresses."""
    inside = ("nsenter", "-t", str(cluster.hosts["login"].pid), "-n", *COMMAND)
    with tempfile.TemporaryDirectory(prefix="sp.") as name:
        folder = Path(name)
        with (
            services_port(folder, command=inside) as port,
            service(folder, "one"),
            service(folder, "two"),
            forwarded(cluster, folder, port.port) as own,
        ):
            for each in ("one", "two"):
                page = Browser(f"http://{each}.localhost:{own}/?token={TOKEN}")
                assert page.get("/whoami").text == each
            assert Browser(f"http://one.localhost:{own}/").get("/").status_code == 401
