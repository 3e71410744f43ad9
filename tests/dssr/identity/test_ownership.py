"""Whose job it is, in each of the modes."""

from typing import Any

import pytest
import yaml

from connectors.slurm.settings import SlurmSettings
from dssr.errors import Denied, SettingsError
from dssr.identity import ownership
from dssr.settings.validation import completed
from tests.dssr.identity.issuer import SECRET, Issuer, pem, rsa_key, token

KEY = {"bearer_public_key": pem(rsa_key())}


def built(**changed: Any) -> ownership.JobOwnership:
    return ownership.build(completed(SlurmSettings(**changed)))


@pytest.fixture
def mapping(written: Any, private_key: str) -> str:
    """A mapping file with Alice, who is 'al'."""
    entry = {"mail": "alice@example.org", "mapped_user": "al", "ssh_private_key_b64": private_key}
    return str(written(yaml.safe_dump({"users_id_mapping": [entry]})))


@pytest.mark.parametrize("bearer", ["", " ", "x", "a.b.c", token(rsa_key(1))])
def test_without_keys_a_bearer_says_nothing(bearer: str) -> None:
    """Without keys all jobs are the service user's, and no bearer is looked at."""
    made = built()
    assert (made.owner(bearer), made.users) == ("", None)


def test_with_keys_a_bearer_that_is_sent_must_be_good() -> None:
    """In service mode a bearer may be absent, a good one has no effect, a bad one is refused."""
    made = built(**KEY)
    assert (made.owner(""), made.owner(" \n"), made.owner(token())) == ("", "", "")
    for bad in ("x", token(rsa_key(1)), token(exp=1)):
        with pytest.raises(Denied):
            made.owner(bad)


def test_the_mapping_file_names_the_owner(mapping: str, private_key: str) -> None:
    """The owner is the local user to whom the file maps the claim 'email', or another claim that
    was chosen."""
    made = built(**KEY, users="file", users_mapping_file=mapping)
    assert made.owner(token()) == "al"
    assert made.users is not None
    assert made.users.private_key("al") == private_key
    other = built(**KEY, users="file", users_mapping_file=mapping, username_claim="upn")
    assert other.owner(token(upn="alice@example.org", email_verified=False)) == "al"


def test_the_claim_names_the_owner(keys_dir: Any, private_key: str) -> None:
    """The owner is the local user that the claim 'preferred_username', or another that was chosen,
    names and who has a key."""
    made = built(**KEY, users="claim", user_keys_dir=str(keys_dir("alice", "b2c1")))
    assert made.owner(token()) == "alice"
    assert made.users is not None
    assert made.users.private_key("alice") == private_key
    assert (
        built(**KEY, users="claim", user_keys_dir=str(keys_dir()), username_claim="sub").owner(
            token()
        )
        == "b2c1"
    )


@pytest.mark.parametrize("bearer", ["", "  "])
def test_where_users_are_mapped_a_bearer_must_be_there(bearer: str, mapping: str) -> None:
    """Where users are mapped, a submission without a bearer is refused."""
    with pytest.raises(Denied, match="send that user's access token as 'bearer'"):
        built(**KEY, users="file", users_mapping_file=mapping).owner(bearer)


@pytest.mark.parametrize(
    "address", ["Alice@example.org", "alice@example.org ", "bob@example.org", "al", "*"]
)
def test_a_user_who_is_not_mapped_is_refused(
    address: str, mapping: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A user who is not mapped is refused; the log has the name to map, the response does not."""
    with pytest.raises(Denied, match="ask the bridge's operator to map them") as caught:
        built(**KEY, users="file", users_mapping_file=mapping).owner(token(email=address))
    assert address not in caught.value.message
    assert f"The upstream user {address!r} (claim 'email') IS NOT MAPPED" in caplog.text


@pytest.mark.parametrize(
    "name",
    ["root", "svc", "bob", "../alice", "alice/", ".", "Alice", "alice;id", "-alice", "a" * 200],
)
def test_by_claim_no_one_becomes_a_privileged_user(name: str, keys_dir: Any) -> None:
    """Root, the service user and users without a key are refused, whatever files there are."""
    place = keys_dir("alice", "root", "svc")
    with pytest.raises(Denied):
        built(**KEY, users="claim", user_keys_dir=str(place), ssh_user="svc").owner(
            token(preferred_username=name)
        )


def test_an_address_that_is_not_verified_is_refused(mapping: str) -> None:
    """An address that the issuer has not verified is refused, also if it is mapped."""
    with pytest.raises(Denied, match="not verified"):
        built(**KEY, users="file", users_mapping_file=mapping).owner(token(email_verified=False))


def test_bearers_are_verified_by_what_is_set(issuer: Issuer) -> None:
    """Bearers are verified by a URL, a public key or a shared secret, each with issuer and
    audience."""
    ways: list[tuple[dict[str, Any], str]] = [
        ({"bearer_jwks_url": issuer.url}, token(header={"kid": "one"})),
        (KEY, token()),
        ({"bearer_secret": SECRET}, token(SECRET, "HS256")),
    ]
    for given, good in ways:
        assert built(**given).owner(good) == ""
        for wrong in ({"bearer_issuer": "https://other"}, {"bearer_audience": ("other",)}):
            with pytest.raises(Denied):
                built(**given, **wrong).owner(good)


def test_preparing_fetches_the_keys(issuer: Issuer) -> None:
    """Preparing fetches the keys before the first submission, where there is anything to fetch."""
    built().prepare()
    built(**KEY).prepare()
    built(bearer_jwks_url=issuer.url).prepare()
    assert issuer.asked == 1


def test_all_that_is_wrong_stops_the_start_at_once() -> None:
    """A wrong key and a wrong file are reported together, each in a sentence."""
    with pytest.raises(SettingsError) as caught:
        built(bearer_secret="short", users="file", users_mapping_file="/nowhere/file")
    assert [problem.split()[0].rstrip(":") for problem in caught.value.problems] == [
        "JARVICE_BEARER_SECRET",
        "JARVICE_SLURM_USERS_MAPPING_FILE",
    ]


def test_a_directory_that_others_can_write_to_stops_the_start(keys_dir: Any) -> None:
    """A directory of keys that others can write to is an error at the start."""
    place = keys_dir("alice")
    place.chmod(0o777)
    with pytest.raises(SettingsError, match="others can put keys"):
        built(**KEY, users="claim", user_keys_dir=str(place))
