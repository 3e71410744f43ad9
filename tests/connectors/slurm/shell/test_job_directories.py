"""Files of jobs on the cluster as their owners: the rights are the owner's, not the bridge's."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from connectors.slurm.connector import SlurmConnector
from dssr.errors import Denied, NotFound, Refused
from dssr.job import JobRef
from dssr.seams import Upload
from tests.cluster import Cluster
from tests.connectors.slurm.owned import Bridges, ended, job, owner_of, submit

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def connector(cluster: Cluster) -> Iterator[SlurmConnector]:
    """A connector that acts for alice and bob."""
    bridges = Bridges(cluster)
    yield bridges.begin()
    bridges.end()


@pytest.fixture(scope="module")
def ref(connector: SlurmConnector) -> JobRef:
    """A job of alice's that has ended."""
    spec = job("alice", "#!/bin/bash\ntrue\n")
    spec = replace(spec, plain=True, by_exit_code=True, keeps_files=True)
    ref = submit(connector, spec)
    ended(connector, ref)
    return ref


def test_files_are_their_owners(cluster: Cluster, connector: SlurmConnector, ref: JobRef) -> None:
    """A file that the bridge writes for a job of alice's is alice's, in alice's directory."""
    connector.write_file(ref, Upload("data", 0, 4, 4, True), b"data")
    directory = connector.directory_of(ref).path
    assert directory.startswith("/home/alice/.jarvice/work/")
    assert owner_of(cluster, f"{directory}/data") == "alice"
    version = connector.file(ref, "data").version
    read: list[bytes] = []
    connector.read_file(ref, "data", version, 0, 10, lambda at, data: read.append(data))
    assert read == [b"data"]


def test_what_the_owner_may_not_do(
    cluster: Cluster, connector: SlurmConnector, ref: JobRef
) -> None:
    """What alice may not read is ``NotFound`` and what alice may not write is ``Refused``, in the
    system's words; bob's home directory is ``Denied``."""
    directory = connector.directory_of(ref).path
    script = 'cd "$1" && echo 1 >closed && chmod 0 closed && mkdir shut && chmod 500 shut'
    cluster.run("login", ["sh", "-c", script, "sh", directory], user="alice").check_returncode()
    version = connector.file(ref, "closed").version
    with pytest.raises(NotFound, match="Permission denied"):
        connector.read_file(ref, "closed", version, 0, 1, print)
    with pytest.raises(Refused, match="Permission denied"):
        connector.write_file(ref, Upload("shut/data", 0, 4, 4, True), b"data")
    cluster.run("login", ["ln", "-s", "/home/bob", f"{directory}/bob"], user="alice")
    for attempt in (connector.list_files, connector.file):
        with pytest.raises(Denied):
            attempt(ref, "bob")
