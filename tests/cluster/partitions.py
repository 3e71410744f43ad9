"""Which hosts a cluster's partitions take jobs from."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.cluster import Cluster


@contextmanager
def submitting_from(site: Cluster, nodes: str) -> Iterator[None]:
    """Slurm takes jobs from these nodes alone."""
    shown = site.run("login", ["sinfo", "-h", "-o", "%R"]).stdout.decode().split()

    def allow(hosts: str) -> None:
        for name in dict.fromkeys(shown):
            words = ["scontrol", "update", f"partitionname={name}", f"allocnodes={hosts}"]
            site.run("login", words).check_returncode()

    allow(nodes)
    try:
        yield
    finally:
        allow("ALL")
