"""A real nginx before a bridge, set up by ``deploy/nginx.conf``."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import requests

from tests.end_to_end.service import eventually
from tests.source_tree import ROOT

AROUND = """
daemon off; master_process off; pid {place}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f;
    uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
    {server}
}}
"""


def need_nginx() -> None:
    """Skip the test where there is no nginx."""
    if shutil.which("nginx") is None:
        pytest.skip("there is no nginx: bash deploy/packages.sh nginx-light")


def free_port() -> int:
    """A port at which no program listens."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


class Nginx:
    """Serves the portal with TLS below ``/hpc/``. ``url``: its address there; ``certificate``: what
    its callers must trust."""

    def __init__(self, place: Path) -> None:
        """Decide on a port. Skips the test where there is no nginx."""
        need_nginx()
        self._place, self._port = place, free_port()
        self.origin = f"https://127.0.0.1:{self._port}"
        self.url = f"{self.origin}/hpc"
        self.certificate, self._key = place / "proxy.pem", place / "proxy.key"
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        words += ["-nodes", "-days", "2", "-subj", "/CN=proxy"]
        words += ["-addext", "subjectAltName=IP:127.0.0.1"]
        words += ["-keyout", str(self._key), "-out", str(self.certificate)]
        subprocess.run(words, check=True, capture_output=True)

    def start(self, bridge: str) -> None:
        """Serve the bridge at that address; returns when it answers."""
        server = (ROOT / "deploy/nginx.conf").read_text("utf-8")
        for written, here in (
            ("listen 443 ssl", f"listen 127.0.0.1:{self._port} ssl"),
            ("/etc/ssl/certs/hpc.example.org.pem", str(self.certificate)),
            ("/etc/ssl/private/hpc.example.org.key", str(self._key)),
            ("http://127.0.0.1:5000", bridge),
        ):
            assert server.count(written) == 1
            server = server.replace(written, here)
        path = self._place / "nginx.conf"
        path.write_text(AROUND.format(place=self._place, server=server))
        self._process = subprocess.Popen(["nginx", "-c", path, "-p", self._place])
        eventually(self._answers)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/live", timeout=5, verify=str(self.certificate)).ok
        except requests.ConnectionError:
            return False
