"""Users of a real provider, each of whom is a user of the real cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from tests.connectors.slurm.people import give_own_keys
from tests.dssr.http.web.browsing import Browser, alerts, states, text_of
from tests.end_to_end.nginx import free_port
from tests.end_to_end.service import Service, eventually
from tests.provider.real import RealProvider, log_in

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def root() -> str:
    """The portal's address."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="module", autouse=True)
def service(
    cluster: Cluster, root: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A bridge with keys for alice and bob, who log in to its portal by a provider."""
    people, place = give_own_keys(cluster, "alice", "bob"), tmp_path_factory.mktemp("portal")
    keys = place / "keys"
    keys.mkdir(mode=0o700)
    for user, key in people.keys.items():
        _put(keys / user, key)
    provider = RealProvider(root)
    service = Service(cluster.settings() | provider.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_JOB_SCRATCH_DIR": "",
        "JARVICE_SLURM_USERS": "claim",
        "JARVICE_SLURM_USER_KEYS_DIR": str(keys),
        "JARVICE_WEB_STATE": str(place / "web"),
        "WAITRESS_PORT": root.rpartition(":")[2],
    })  # fmt: skip
    yield service
    service.stop()
    provider.stop()


def _put(path: Path, key: str) -> None:
    path.touch(mode=0o600)
    path.write_text(key)


def _logged_in(root: str, user: str) -> Browser:
    browser = Browser(root)
    page = log_in(browser, user)
    assert page.url == f"{root}/", text_of(page)
    return browser


def test_a_job_is_that_of_the_user_who_logged_in(root: str) -> None:
    """A job that is submitted in the portal runs as the local user whom the provider names; another
    user has it neither on the start page nor by its address."""
    alice, bob = _logged_in(root, "alice"), _logged_in(root, "bob")
    path = alice.submit(name="whose", script="#!/bin/bash\nid -un\n", walltime="5")
    eventually(lambda: states(alice.open(path))[0], lambda state: state == "COMPLETED")
    assert alice.open(f"/api/v1{path}/output").text == "alice\n"
    assert "whose" in text_of(alice.open("/"))
    assert "whose" not in text_of(bob.open("/"))
    assert bob.open(f"{path}/output").status_code == 404
    assert bob.open(f"/api/v1{path}/output").status_code == 404
    assert bob.fill_in(f"{path}/cancel").status_code == 404


def test_a_user_without_a_key_is_not_logged_in(root: str) -> None:
    """A user of the provider who is none of the cluster's is refused by name."""
    page = log_in(Browser(root), "carol")
    assert (page.status_code, "You are 'carol'" in alerts(page)[0]) == (403, True)
