"""What may be a local user, and what may be his private key."""

import base64
import binascii
import re
from collections.abc import Collection

# POSIX's portable user names (The Open Group Base Specifications, 3.437): no '-' in front; digits alone would pass for a user
# id, a '.' in front for a hidden file or the directory above
_NAME = re.compile(r"(?![0-9]+\Z)[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_PEM = re.compile(
    r"\s*-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----\s+(.+?)\s*-----END \1-----\s*", re.DOTALL
)
_HEADER = re.compile(r"[A-Za-z-]+:\s.*\n")  # RFC 1421's, of PEM as OpenSSL once wrote it
_OPENSSH = b"openssh-key-v1\0"  # openssh-portable, PROTOCOL.key: then the cipher's name with its length before it
_NO_CIPHER = b"\0\0\0\x04none"
NEVER = frozenset({"root"})


def is_name(name: object) -> bool:
    """Whether it can be a local user's name, on any system and in any place where names stand."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None


def check_name(name: object, never: Collection[str] = ()) -> str:
    """``name``, if work may be done as that user; ``never``: the service user. Raises ``ValueError`` that says why not."""
    if not isinstance(name, str) or not is_name(name):
        raise ValueError(
            f"{_shown(name)} cannot be a local user's name: use A-Z a-z 0-9 . _ - and begin with none of . -"
        )
    if name in never:
        raise ValueError(
            f"{name!r} is the service user, as whom nothing is done for others: map to another user"
        )
    if name in NEVER:
        raise ValueError(
            f"{name!r} has more rights than a user of the cluster: nothing is done as him for others"
        )
    return name


def check_key(text: str) -> str:
    """A private key as PEM, from that or from base64 of it. Raises ``ValueError`` that says why it is none, without a part
    of it. That it opens the user's account is for the login to show."""
    pem = text if "-----BEGIN" in text else _from_base64(text)
    if not (found := _PEM.fullmatch(pem)):
        raise ValueError("is no private key ('-----BEGIN ... PRIVATE KEY-----')")
    label, inside = found.groups()
    try:
        body = base64.b64decode("".join(_HEADER.sub("", inside + "\n").split()), validate=True)
    except binascii.Error:
        raise ValueError(
            "is a private key that is broken (what stands between its first and last line is no base64)"
        ) from None
    if "ENCRYPTED" in label or "ENCRYPTED" in inside or _is_encrypted(body):
        raise ValueError(
            "has a passphrase, which nobody will be there to type: take it off (ssh-keygen -p)"
        )
    return pem.strip() + "\n"


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode("ascii")
    except (ValueError, UnicodeDecodeError):
        raise ValueError("is neither a private key nor base64 of one") from None


def _is_encrypted(body: bytes) -> bool:
    return body.startswith(_OPENSSH) and not body.startswith(_OPENSSH + _NO_CIPHER)


def _shown(value: object) -> str:
    return ascii(value)[:80]
