"""Whether a token was made by the issuer that the operator trusts, and is valid at this moment."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import jwt
from jwt.exceptions import InvalidSignatureError, PyJWTError

from dssr.errors import Denied, DssrError
from dssr.identity import claims, compact
from dssr.identity.trusted import TrustedKey


class Keys(Protocol):
    """Where trusted keys come from."""

    def matching(self, kid: str | None) -> Sequence[TrustedKey]:
        """The keys of that name, or all for a token that names none.

        ``Denied``: the issuer has none of that name. ``Unavailable``: the issuer's keys cannot be
        had at the moment.
        """
        ...


class FixedKeys:
    """The keys in the settings. They have no names, so a token may name its key as it likes."""

    def __init__(self, keys: Sequence[TrustedKey]) -> None:
        self._keys = tuple(keys)

    def matching(self, kid: str | None) -> Sequence[TrustedKey]:
        """All of them."""
        return self._keys


class Verifier:
    """Verifies tokens. May be used by many threads."""

    def __init__(
        self, keys: Keys, expected: claims.Expected, now: Callable[[], float] = time.time
    ) -> None:
        self._keys = keys
        self._expected = expected
        self._now = now

    def prepare(self) -> None:
        """Fetch the keys before the first token comes; the log says what prevents it."""
        with contextlib.suppress(DssrError):
            self._keys.matching(None)

    def verify(self, token: str) -> Mapping[str, Any]:
        """The claims of a token whose signature, times, issuer and audience are right.

        Raises ``Denied`` with one sentence that says what is wrong and holds nothing of the token;
        ``Unavailable`` while the issuer's keys cannot be had.
        """
        header = compact.header(token)
        keys = self._keys.matching(header.kid)
        fitting = [key for key in keys if header.algorithm in key.algorithms]
        if not fitting:
            raise Denied(
                "The bearer is signed by an algorithm that does not go with its issuer's key "
                "('alg'): send the user's access token as its issuer made it."
            )
        if not any(is_signed_by(key, token, header.algorithm) for key in fitting):
            raise Denied(
                "The bearer's signature is not its issuer's: send the user's access token as its "
                "issuer made it."
            )
        verified = compact.payload(token)
        claims.check(verified, self._expected, self._now)
        return verified


def is_signed_by(key: TrustedKey, token: str, algorithm: str) -> bool:
    """Whether that key has signed the token. ``Denied``: it cannot be read."""
    try:
        jwt.PyJWS(algorithms=[algorithm]).decode(token, key.material, algorithms=[algorithm])
    except InvalidSignatureError:
        return False
    except PyJWTError as error:
        raise Denied(
            "The bearer cannot be read: send the user's access token as its issuer made it."
        ) from error
    return True
