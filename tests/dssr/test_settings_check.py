"""What contradicts what."""

from typing import Any

import pytest

from dssr.errors import SettingsError
from dssr.settings import Settings
from dssr.settings_check import check, is_loopback, uses_slurm

SLURM: dict[str, Any] = {"cluster_address": "login1", "ssh_user": "svc", "ssh_key": "key"}


@pytest.mark.parametrize(
    ("given", "connector", "executor", "bind"),
    [
        ({}, "local", "native", "127.0.0.1"),
        (SLURM, "slurm", "singularity", "127.0.0.1"),
        ({"connector": "dummy", "server_key": "u:p"}, "dummy", "singularity", "0.0.0.0"),
        (SLURM | {"connector": "local", "executor": "singularity", "bind": "::1"}, "local", "singularity", "::1"),
    ],
)
def test_what_follows_from_other_settings(given: dict[str, Any], connector: str, executor: str, bind: str) -> None:
    """The connector from the cluster's address, the executor from the connector, the address from the key."""
    settings = check(Settings(**given))
    assert (settings.connector, settings.executor, settings.bind) == (connector, executor, bind)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"connector": "slurm"}, ["JARVICE_SLURM_CLUSTER_ADDR", "JARVICE_SLURM_SSH_USER", "JARVICE_SLURM_SSH_PKEY"]),
        (SLURM | {"slurm_interface": "http"}, ["JARVICE_SLURM_INTERFACE"]),
        (SLURM | {"cluster_address": "login1,local"}, ["JARVICE_SLURM_CLUSTER_ADDR"]),
        ({"cluster_address": "local", "ssh_jump": ("jump",)}, ["JARVICE_SLURM_SSH_JUMP"]),
        (SLURM | {"ssh_jump_key": "key"}, ["JARVICE_SLURM_SSH_JUMP_PKEY"]),
        (SLURM | {"ssh_host_key": "key", "ssh_known_hosts": "file"}, ["JARVICE_SLURM_SSH_HOST_KEY"]),
        (SLURM | {"ssh_host_key_check": "pinned", "ssh_known_hosts": "file"}, ["JARVICE_SLURM_SSH_KNOWN_HOSTS"]),
        (SLURM | {"ssh_host_key_check": "first_use"}, ["JARVICE_SLURM_SSH_HOST_KEY_CHECK"]),
        (SLURM | {"ssh_host_key_check": "known_hosts"}, ["JARVICE_SLURM_SSH_HOST_KEY_CHECK"]),
        ({"bind": "0.0.0.0"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"bind": "::"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"bind": "login.site"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"local_registry": "r"}, ["JARVICE_LOCAL_REGISTRY"]),
        ({"registry_proxy_port": "5000"}, ["JARVICE_REGISTRY_PROXY_PORT"]),
        ({"docker_username": "u"}, ["One"]),
        ({"answer_timeout": 0.5}, ["JARVICE_ANSWER_TIMEOUT"]),
        ({"bind": "0.0.0.0", "local_registry": "r"}, ["WAITRESS_BIND_ADDRESS", "JARVICE_LOCAL_REGISTRY"]),
    ],
)
def test_each_contradiction_is_a_sentence_of_its_own(given: dict[str, Any], names: list[str]) -> None:
    """All are listed at once, each beginning with the variable."""
    with pytest.raises(SettingsError) as caught:
        check(Settings(**given))
    assert [problem.split()[0] for problem in caught.value.problems] == names


@pytest.mark.parametrize("given", [{"bind": "0.0.0.0", "run_open": True}, {"bind": "0.0.0.0", "server_key": "u:p"}, SLURM])
def test_what_is_whole_is_accepted(given: dict[str, Any]) -> None:
    """Open to the network with a key, or in so many words."""
    assert check(Settings(**given)).executor in ("native", "singularity")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("host", False),
        ("", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    """An empty address means all."""
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(("name", "own"), [("slurm", True), ("connectors.slurm.connector", True), ("my.slurm", False)])
def test_the_projects_own_slurm_connector_has_two_names(name: str, own: bool) -> None:
    """Another's has needs of its own."""
    assert uses_slurm(Settings(connector=name)) is own
