"""What may be a local user's name, and what may be a local user's private key."""

import base64
import binascii
import re
from collections.abc import Collection

# POSIX's portable user names (The Open Group Base Specifications, 3.437) without '-' in front.
# Digits alone would be read as a user id, a '.' in front as a hidden file or a parent directory.
_NAME = re.compile(r"(?![0-9]+\Z)[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_PEM = re.compile(
    r"\s*-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----\s+(.+?)\s*-----END \1-----\s*", re.DOTALL
)
_HEADER = re.compile(r"[A-Za-z-]+:\s.*\n")  # RFC 1421's, in PEM as OpenSSL once wrote it
# openssh-portable, PROTOCOL.key: then the cipher's name with its length before it
_OPENSSH = b"openssh-key-v1\0"
_NO_CIPHER = b"\0\0\0\x04none"
NEVER = frozenset({"root"})


def is_name(name: object) -> bool:
    """Whether it can be a local user's name, on any system and wherever names are written."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def check_name(name: object, never: Collection[str] = ()) -> str:
    """``name``, if the bridge may act as that user. ``never``: the service user.

    Raises ``ValueError`` that says why it may not.
    """
    if not isinstance(name, str) or not is_name(name):
        raise ValueError(
            f"{ascii(name)[:80]} cannot be a local user's name: use A-Z a-z 0-9 . _ - and begin "
            "with none of . -"
        )
    if name in never:
        raise ValueError(
            f"{name!r} is the service user, as whom nothing is done for others: map to another user"
        )
    if name in NEVER:
        raise ValueError(
            f"{name!r} has more rights than a user of the cluster: nothing is done as that user "
            "for others"
        )
    return name


def check_key(text: str) -> str:
    """A private key as PEM, from that or from base64 of it.

    Raises ``ValueError`` that says why it is none, without a part of it. Whether the key opens the
    user's account is only known after a login.
    """
    pem = text if "-----BEGIN" in text else _from_base64(text)
    if not (found := _PEM.fullmatch(pem)):
        raise ValueError("is no private key ('-----BEGIN ... PRIVATE KEY-----')")
    label, inside = found.groups()
    try:
        body = base64.b64decode("".join(_HEADER.sub("", inside + "\n").split()), validate=True)
    except binascii.Error:
        raise ValueError(
            "is a private key that is broken (between its first and last line is no base64)"
        ) from None
    is_encrypted = body.startswith(_OPENSSH) and not body.startswith(_OPENSSH + _NO_CIPHER)
    if "ENCRYPTED" in label or "ENCRYPTED" in inside or is_encrypted:
        raise ValueError(
            "has a passphrase, which the bridge cannot enter: take it off (ssh-keygen -p)"
        )
    return pem.strip() + "\n"


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (ValueError, UnicodeDecodeError):
        raise ValueError("is neither a private key nor base64 of one") from None
