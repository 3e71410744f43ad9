"""Names of local users, and their keys."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from dssr.identity import local_users
from tests.dssr.identity.issuer import pem, rsa_key

HOSTILE = [
    "",
    "-x",
    "--wrap=x",
    "-oProxyCommand=x",
    ".",
    "..",
    ".ssh",
    "../root",
    "a/b",
    "a b",
    "root;x",
    "$(id)",
    "`id`",
    "a\nb",
    "a\n",
    "a\0",
    "0",
    "1000",
    "ä",
    "a@b",
    "a\\b",
    "x" * 65,
    "a:b",
    "a*",
    None,
    5,
    True,
    ["alice"],
    b"alice",
]


@pytest.mark.parametrize("name", ["alice", "Alice_2", "a.b-c", "_svc", "2alice", "x" * 64])
def test_a_portable_name_is_one(name: str) -> None:
    """A portable name (POSIX) is a name of a local user."""
    assert local_users.check_name(name) == name


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_another_is_none(name: object) -> None:
    """A name that could be a shell's word, a path, an option or a user id is refused."""
    assert not local_users.is_name(name)
    with pytest.raises(ValueError, match="cannot be a local user's name"):
        local_users.check_name(name)


@pytest.mark.parametrize(
    ("name", "why"),
    [("root", "'root' has more rights"), ("jarvice", "'jarvice' is the service user")],
)
def test_no_user_is_mapped_to_root_or_the_service_user(name: str, why: str) -> None:
    """No user is mapped to root or the service user, who may read and cancel the jobs of all."""
    with pytest.raises(ValueError, match=why):
        local_users.check_name(name, {"jarvice"})


EC = ec.generate_private_key(ec.SECP256R1())
FORMS = [
    key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()
    for key in (rsa_key(), EC)
    for form in (PrivateFormat.OpenSSH, PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL)
]


@pytest.mark.parametrize("text", FORMS, ids=lambda text: text[:30])
def test_a_private_key_is_one_in_every_form(text: str) -> None:
    """A private key may be given as it is, with CR LF, or as base64 in lines of any width."""
    assert local_users.check_key(text) == text
    assert local_users.check_key(base64.b64encode(text.encode()).decode()) == text
    assert local_users.check_key(base64.encodebytes(text.encode()).decode()) == text
    assert local_users.check_key(text.replace("\n", "\r\n"))


LOCKED = BestAvailableEncryption(b"x")
OLD = (
    "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
    "-----END RSA PRIVATE KEY-----\n"
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no private key"),
        ("MARKED!", "neither"),
        ("TUFSS0VE", "no private key"),
        (base64.b64encode(b"\xff").decode(), "neither"),
        (pem(rsa_key()), "no private key"),
        (FORMS[0] + FORMS[1], "no private key"),
        (f"x{FORMS[0]}", "no private key"),
        (FORMS[0].replace("END", "AND"), "no private key"),
        (FORMS[0][:200] + "MARKED!" + FORMS[0][200:], "broken"),
        (EC.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, LOCKED).decode(), "passphrase"),
        (EC.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, LOCKED).decode(), "passphrase"),
        (OLD, "passphrase"),
        ("-----BEGIN PRIVATE KEY-----\n" + "a" * 200_000, "no private key"),
    ],
    ids=lambda value: value[:30],
)
def test_anything_else_is_refused_without_being_shown(text: str, why: str) -> None:
    """Text that is no usable private key, such as one with a passphrase, is refused without being
    shown."""
    with pytest.raises(ValueError, match=why) as caught:
        local_users.check_key(text)
    assert "MARKED" not in str(caught.value)
    assert isinstance(rsa_key(), rsa.RSAPrivateKey)
