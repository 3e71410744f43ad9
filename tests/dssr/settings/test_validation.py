"""What the core's settings must agree on, and what follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import pytest

from dssr.settings import Settings
from dssr.settings.validation import completed, contradictions, is_loopback

CLAIM: dict[str, Any] = {"users": "claim", "user_keys_dir": "/k", "bearer_secret": "s"}

OIDC: dict[str, Any] = {
    "web": True,
    "web_url": "https://hpc.example.org/hpc",
    "web_oidc_client_id": "portal",
    "web_oidc_issuer": "https://id.example.org",
}


@pytest.mark.parametrize(
    ("given", "bind"),
    [
        ({}, "127.0.0.1"),
        ({"server_key": "u:p"}, "0.0.0.0"),
        ({"tokens_file": "/t"}, "0.0.0.0"),
        ({"server_key": "u:p", "bind": "::1"}, "::1"),
        (OIDC, "127.0.0.1"),
    ],
)
def test_the_address_follows_from_the_protection(given: dict[str, Any], bind: str) -> None:
    """Without an address, the bridge listens on all where callers must authenticate themselves."""
    assert completed(Settings(**given)).bind == bind


@dataclass(frozen=True)
class _Attic(Settings):
    def completed(self) -> Self:
        return replace(self, scratch_dir=f"/from/{self.bind}/")

    def problems(self) -> Iterable[str]:
        yield "The attic is dark."


def test_a_plugin_completes_what_the_core_has_completed() -> None:
    """The plugin's ``completed`` sees the core's settings complete."""
    assert completed(_Attic()).scratch_dir == "/from/127.0.0.1/"


def test_a_plugins_problems_come_first() -> None:
    """A plugin's problems come first, and the core's own checks take place whatever the plugin
    overrides."""
    first, second = contradictions(_Attic(bind="0.0.0.0"))
    assert first == "The attic is dark."
    assert second.startswith("WAITRESS_BIND_ADDRESS")


@pytest.mark.parametrize(
    ("given", "names"),
    [
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
        ({"bearer_secret": "s", "bearer_public_key": "k"}, ["JARVICE_BEARER_PUBLIC_KEY"]),
        ({"bearer_jwks_url": "https://i", "bearer_secret": "s"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "http://issuer.example/certs"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "http://127.0.0.1.example/certs"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "file:///etc/passwd"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "issuer.example"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "https://a:b@issuer.example/"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "https://[x"}, ["JARVICE_BEARER_JWKS_URL"]),
        ({"bearer_jwks_url": "https://issuer.example:99999/"}, ["JARVICE_BEARER_JWKS_URL"]),
        (OIDC | {"web_oidc_issuer": ""}, ["JARVICE_WEB_OIDC_CLIENT_ID"]),
        (OIDC | {"web_oidc_issuer": "http://id.example"}, ["JARVICE_WEB_OIDC_ISSUER"]),
        (OIDC | {"web_url": ""}, ["JARVICE_WEB_OIDC_CLIENT_ID"]),
        (OIDC | {"web_oidc_scopes": ("email",)}, ["JARVICE_WEB_OIDC_SCOPES"]),
        (
            {"bind": "0.0.0.0", "local_registry": "r"},
            ["WAITRESS_BIND_ADDRESS", "JARVICE_LOCAL_REGISTRY"],
        ),
    ],
)
def test_each_contradiction_is_a_sentence_of_its_own(
    given: dict[str, Any], names: list[str]
) -> None:
    """All contradictions are reported at once, each as a sentence that begins with its variable."""
    problems = contradictions(completed(Settings(**given)))
    assert [problem.split()[0] for problem in problems] == names


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"bind": "0.0.0.0", "run_open": True},
        {"bind": "0.0.0.0", "server_key": "u:p"},
        {"bind": "0.0.0.0", "tokens_file": "/t"},
        {"bind": "127.0.0.1,::1"},
        CLAIM,
        OIDC,
        OIDC | {"bind": "0.0.0.0"},
        OIDC | {"users": "claim", "user_keys_dir": "/k"},
        OIDC | {"web_oidc_issuer": "", "bearer_issuer": "https://id.example.org"},
    ],
)
def test_settings_that_agree_are_accepted(given: dict[str, Any]) -> None:
    """A bridge may listen on every address with a key or tokens, or where that is set expressly."""
    assert contradictions(completed(Settings(**given))) == []


@pytest.mark.parametrize(
    ("given", "claim"),
    [
        ({}, "preferred_username"),
        (CLAIM, "preferred_username"),
        ({"users": "file"}, "email"),
        ({"users": "file", "username_claim": "upn"}, "upn"),
    ],
)
def test_the_claim_follows_from_how_users_are_mapped(given: dict[str, Any], claim: str) -> None:
    """The default claim is the mail address with a mapping file and the user name without one."""
    assert completed(Settings(**given)).username_claim == claim


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
    """Only a loopback address keeps other machines out; an empty one means all addresses."""
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("given", "is_right"),
    [
        ({"web": True}, True),
        ({"web": True, "bind": "0.0.0.0", "tokens_file": "tokens"}, True),
        ({"web": True, "bind": "0.0.0.0", "server_key": "a:b"}, True),
        ({"web": True, "bind": "0.0.0.0", "run_open": True}, False),
        ({"web": True, "bind": "127.0.0.1,192.0.2.1", "run_open": True}, False),
    ],
)
def test_a_portal_that_others_reach_needs_a_login(given: dict[str, Any], is_right: bool) -> None:
    """On an address that is not loopback, the portal starts only where callers need credentials."""
    found = contradictions(completed(Settings(**given)))
    assert any("JARVICE_WEB is true" in sentence for sentence in found) != is_right


@pytest.mark.parametrize(
    ("url", "is_right"),
    [
        ("https://hpc.example.org", True),
        ("https://hpc.example.org/a/b-c/", True),
        ("http://[::1]:5000", True),
        ("hpc.example.org", False),
        ("https://user@hpc.example.org", False),
        ("https://hpc.example.org/a;path=x", False),
        ("https://hpc.example.org/?x", False),
        ("https://hpc.example.org//a", False),
        ("javascript:alert(1)", False),
    ],
)
def test_the_address_of_the_portal_is_one_that_links_begin_with(url: str, is_right: bool) -> None:
    """JARVICE_WEB_URL is a scheme, a host and a path: what could change a cookie is refused."""
    found = contradictions(completed(Settings(web=True, web_url=url)))
    assert any("JARVICE_WEB_URL" in sentence for sentence in found) != is_right
