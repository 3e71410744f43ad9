"""What contradicts what."""

from typing import Any

import pytest

from dssr.errors import SettingsError
from dssr.settings import Settings
from dssr.settings.validation import check, is_loopback, uses_slurm

SLURM: dict[str, Any] = {"cluster_address": "login1", "ssh_user": "svc", "ssh_key": "key"}


@pytest.mark.parametrize(
    ("given", "connector", "executor", "bind"),
    [
        ({}, "local", "native", "127.0.0.1"),
        (SLURM, "slurm", "singularity", "127.0.0.1"),
        ({"connector": "dummy", "server_key": "u:p"}, "dummy", "singularity", "0.0.0.0"),
        ({"connector": "dummy", "tokens_file": "/t"}, "dummy", "singularity", "0.0.0.0"),
        (
            SLURM | {"connector": "local", "executor": "singularity", "bind": "::1"},
            "local",
            "singularity",
            "::1",
        ),
    ],
)
def test_what_follows_from_other_settings(
    given: dict[str, Any], connector: str, executor: str, bind: str
) -> None:
    """The connector from the cluster's address, the executor from the connector, the address from the key."""
    settings = check(Settings(**given))
    assert (settings.connector, settings.executor, settings.bind) == (connector, executor, bind)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (
            {"connector": "slurm"},
            ["JARVICE_SLURM_CLUSTER_ADDR", "JARVICE_SLURM_SSH_USER", "JARVICE_SLURM_SSH_PKEY"],
        ),
        (SLURM | {"slurm_interface": "http"}, ["JARVICE_SLURM_INTERFACE"]),
        (SLURM | {"cluster_address": "login1,local"}, ["JARVICE_SLURM_CLUSTER_ADDR"]),
        ({"cluster_address": "local", "ssh_jump": ("jump",)}, ["JARVICE_SLURM_SSH_JUMP"]),
        (SLURM | {"ssh_jump_key": "key"}, ["JARVICE_SLURM_SSH_JUMP_PKEY"]),
        (
            SLURM | {"ssh_host_key": "key", "ssh_known_hosts": "file"},
            ["JARVICE_SLURM_SSH_HOST_KEY"],
        ),
        (
            SLURM | {"ssh_host_key_check": "pinned", "ssh_known_hosts": "file"},
            ["JARVICE_SLURM_SSH_KNOWN_HOSTS"],
        ),
        (SLURM | {"ssh_host_key_check": "first_use"}, ["JARVICE_SLURM_SSH_HOST_KEY_CHECK"]),
        (SLURM | {"ssh_host_key_check": "known_hosts"}, ["JARVICE_SLURM_SSH_HOST_KEY_CHECK"]),
        ({"bind": "0.0.0.0"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"bind": "::"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"bind": "login.site"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"bind": "127.0.0.1,192.0.2.1"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"bind": "127.0.0.1:5000"}, ["WAITRESS_BIND_ADDRESS"]),
        ({"request_timeout": 0.5}, ["JARVICE_SCHED_REQUEST_TIMEOUT"]),
        ({"local_registry": "r"}, ["JARVICE_LOCAL_REGISTRY"]),
        ({"registry_proxy_port": "5000"}, ["JARVICE_REGISTRY_PROXY_PORT"]),
        ({"docker_username": "u"}, ["One"]),
        ({"answer_timeout": 0.5}, ["JARVICE_ANSWER_TIMEOUT"]),
        ({"users": "file"}, ["JARVICE_SLURM_USERS"]),
        ({"users": "claim", "user_keys_dir": "/k"}, ["JARVICE_SLURM_USERS"]),
        ({"users": "claim", "bearer_secret": "s"}, ["JARVICE_SLURM_USERS"]),
        (
            {"users": "file", "bearer_secret": "s", "cluster_address": "local"},
            ["JARVICE_SLURM_USERS"],
        ),
        ({"bearer_secret": "s", "bearer_public_key": "k"}, ["JARVICE_BEARER_PUBLIC_KEY"]),
        ({"bearer_jwks_url": "https://i", "bearer_secret": "s"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "http://issuer.example/certs"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "http://127.0.0.1.example/certs"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "file:///etc/passwd"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "issuer.example"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "https://a:b@issuer.example/"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "https://[x"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "https://issuer.example:99999/"}, ["JARVICE_BEARER_JWKS_URL"]),
        (
            {"bind": "0.0.0.0", "local_registry": "r"},
            ["WAITRESS_BIND_ADDRESS", "JARVICE_LOCAL_REGISTRY"],
        ),
    ],
)
def test_each_contradiction_is_a_sentence_of_its_own(
    given: dict[str, Any], names: list[str]
) -> None:
    """All are listed at once, each beginning with the variable."""
    with pytest.raises(SettingsError) as caught:
        check(Settings(**given))
    assert [problem.split()[0] for problem in caught.value.problems] == names


@pytest.mark.parametrize("given", [{"bind": "0.0.0.0", "run_open": True}, {"bind": "0.0.0.0", "server_key": "u:p"}, SLURM,
                                   {"bind": "0.0.0.0", "tokens_file": "/t"}, {"bind": "127.0.0.1,::1"}])  # fmt: skip
def test_what_is_whole_is_accepted(given: dict[str, Any]) -> None:
    """Open to the network with a key or tokens, or in so many words."""
    assert check(Settings(**given)).executor in ("native", "singularity")


@pytest.mark.parametrize(
    ("given", "claim"),
    [
        ({}, "preferred_username"),
        ({"users": "claim", "user_keys_dir": "/k", "bearer_secret": "s"}, "preferred_username"),
        ({"users": "file", "bearer_jwks_url": "http://127.0.0.1:8080/certs"}, "email"),
        (
            {
                "users": "file",
                "bearer_jwks_url": "https://issuer.example/certs",
                "username_claim": "upn",
            },
            "upn",
        ),
    ],
)
def test_the_claim_follows_from_how_users_are_mapped(given: dict[str, Any], claim: str) -> None:
    """The mapping file has addresses, the cluster names."""
    assert check(Settings(**given)).username_claim == claim


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


@pytest.mark.parametrize(
    ("name", "own"), [("slurm", True), ("connectors.slurm.connector", True), ("my.slurm", False)]
)
def test_the_projects_own_slurm_connector_has_two_names(name: str, own: bool) -> None:
    """Another's has needs of its own."""
    assert uses_slurm(Settings(connector=name)) is own
