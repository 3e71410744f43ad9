"""``dssr cluster``: the cluster as the bridge sees it."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.dssr.cli.running import Dssr, home_of
from tests.end_to_end.service import Service


def test_about(dssr: Dssr) -> None:
    """The page says what the scheduler is, that it answers, and what the connector can do."""
    done = dssr("cluster")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("local ")
    assert lines[0].endswith("  answers")
    assert any(line.split()[:2] == ["connector", "local"] for line in lines)
    assert dssr("cluster", "about", "--json").document["connector"] == "local"


def test_the_queue(dssr: Dssr) -> None:
    """The queue has the jobs that have not ended, by the scheduler's own ids."""
    job = dssr.submit("true", "--held")
    native = dssr("job", job, "--json").document["native_id"]
    assert native in [line.split()[0] for line in dssr("cluster", "queue").out.splitlines()]
    documents = dssr("cluster", "queue", "--json").document["items"]
    assert native in [document["native_id"] for document in documents]


@pytest.mark.parametrize("what", ["partitions", "nodes"])
def test_lists(what: str, dssr: Dssr) -> None:
    """Each list is a table with a heading, and the API's own documents with --json."""
    documents = dssr("cluster", what, "--json").document["items"]
    heading, *rows = dssr("cluster", what).out.splitlines()
    assert heading.split()[:2] == [what.upper().rstrip("S"), "STATE"]
    assert len(rows) == len(documents)
    for row, document in zip(rows, documents, strict=True):
        assert row.split()[0].rstrip("*") == document["name"]


def test_a_cluster_that_does_not_answer(tmp_path: Path) -> None:
    """Where the cluster does not answer, the page says why, and the exit code is 4."""
    settings = {
        "HOME": str(tmp_path),
        "JARVICE_BAREMETAL_CONNECTOR": "slurm",
        "JARVICE_SLURM_CLUSTER_ADDR": "127.0.0.1:1",
        "JARVICE_SLURM_SSH_USER": "svc",
        "JARVICE_SLURM_SSH_HOST_KEY": f"SHA256:{'A' * 43}",
        "JARVICE_SLURM_SSH_PKEY": _key(),
    }
    service = Service(settings)
    try:
        done = Dssr(home_of(tmp_path) | {"DSSR_URL": service.url})("cluster")
    finally:
        service.stop()
    assert done.code == 4
    assert "does not answer" in done.out
    assert "Connection refused" in done.out


def _key() -> str:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()
