"""A container registry on a host of the cluster, with one image that only a login can pull."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.daemons import wait_until
from tests.cluster.host import Host

PORT = 5000
USER = "puller"
PASSWORD = "a:$ecret 'with\"marks"  # what a shell or a colon would break
IMAGE = "site/box"

_CONFIGURATION = f"""\
version: 0.1
log: {{level: warn}}
storage: {{filesystem: {{rootdirectory: /tmp/registry}}}}
http: {{addr: ":{PORT}", secret: of-this-cluster}}
auth: {{htpasswd: {{realm: cluster, path: /tmp/htpasswd}}}}
"""


@dataclass(frozen=True)
class Registry:
    """A registry that answers over plain HTTP: a job needs ``APPTAINER_NOHTTPS=1`` in its
    environment.

    :ivar address: ``host:port`` as the cluster's nodes and this machine reach it.
    :ivar image: what to pull, for ``docker://{image}``: the same busybox and bash as
        :attr:`Cluster.image`.
    """

    address: str
    user: str
    password: str

    @property
    def image(self) -> str:
        return f"{self.address}/{IMAGE}:latest"


def start_registry(host: Host, address: str, layer: Path) -> Registry:
    """Starts the registry unless it runs, and pushes the image into it.

    :raises ClusterError: it does not start.
    :raises OSError: it refuses the image.
    """
    registry = Registry(f"{address}:{PORT}", USER, PASSWORD)
    if not any(process.name == "docker-registry" for process in host.processes()):
        host.check(f"cat >/tmp/registry.yml <<'END'\n{_CONFIGURATION}END")
        host.run(["htpasswd", "-iBc", "/tmp/htpasswd", USER], input=PASSWORD)
        host.check(
            "setsid docker-registry serve /tmp/registry.yml >/var/log/registry.log 2>&1 </dev/null "
            "&"
        )
        listening = ["sh", "-c", f"ss -Hltn sport = :{PORT} | grep -q ."]
        wait_until(lambda: host.run(listening).returncode == 0, "the registry to answer", 10)
        _push(registry, layer.read_bytes())
    return registry


def _push(registry: Registry, layer: bytes) -> None:
    configuration = _image_configuration(hashlib.sha256(gzip.decompress(layer)).hexdigest())
    for blob in (layer, configuration):
        _push_blob(registry, blob)
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
        "config": _descriptor(configuration, "application/vnd.docker.container.image.v1+json"),
        "layers": [_descriptor(layer, "application/vnd.docker.image.rootfs.diff.tar.gzip")],
    }
    url = f"http://{registry.address}/v2/{IMAGE}/manifests/latest"
    _send(registry, "PUT", url, json.dumps(manifest).encode(), str(manifest["mediaType"]))


def _push_blob(registry: Registry, blob: bytes) -> None:
    # Docker Registry HTTP API V2: an upload is opened, then finished in one piece with the digest.
    location = _send(registry, "POST", f"http://{registry.address}/v2/{IMAGE}/blobs/uploads/", b"")
    join = "&" if "?" in location else "?"
    _send(
        registry, "PUT", f"{location}{join}digest=sha256:{hashlib.sha256(blob).hexdigest()}", blob
    )


def _send(
    registry: Registry, method: str, url: str, body: bytes, kind: str = "application/octet-stream"
) -> str:
    credentials = base64.b64encode(f"{registry.user}:{registry.password}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": kind}
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    # Not through a proxy that this machine may have for the world outside.
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        request, timeout=30
    ) as answer:
        return str(answer.headers.get("Location", ""))


def _descriptor(blob: bytes, kind: str) -> dict[str, object]:
    return {
        "mediaType": kind,
        "size": len(blob),
        "digest": f"sha256:{hashlib.sha256(blob).hexdigest()}",
    }


def _image_configuration(diff_id: str) -> bytes:
    run = {"Cmd": ["/bin/sh"], "Env": ["PATH=/usr/bin:/bin"]}
    layers = {"type": "layers", "diff_ids": [f"sha256:{diff_id}"]}
    return json.dumps(
        {"architecture": "amd64", "os": "linux", "config": run, "rootfs": layers}
    ).encode()
