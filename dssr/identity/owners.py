"""Whose job it is: the bearer of a submission -> the local user who owns the job, or a refusal."""

import logging
from collections.abc import Callable
from typing import TypeVar

from dssr.errors import Denied, SettingsError
from dssr.identity import claims, trusted
from dssr.identity.bearer import FixedKeys, Keys, Verifier
from dssr.identity.key_directory import KeyDirectory
from dssr.identity.keyset import FetchedKeys
from dssr.identity.mapping_file import MappedUsers
from dssr.seams import Users
from dssr.settings import Settings

log = logging.getLogger(__name__)
_Made = TypeVar("_Made")
SERVICE_USER = ""  # the owner of all jobs when nobody is mapped


class Owners:
    """Says who owns what is submitted. ``users``: for whom the connector must act; ``None``: for the service user alone."""

    def __init__(
        self,
        verifier: Verifier | None,
        claim: str = "",
        local_user: Callable[[str], str | None] | None = None,
        users: Users | None = None,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self._verifier = verifier
        self._claim = claim
        self._local_user = local_user
        self._tell = tell
        self.users = users

    def owner(self, bearer: str) -> str:
        """The local user whose job it is; empty: the service user's.

        Where users are mapped, a bearer must be there, be verified, and name somebody who is mapped. Where they are not, one
        that is sent must be good if the bridge has been given keys to tell, and says nothing otherwise. Raises ``Denied``,
        or ``Unavailable`` while the issuer's keys cannot be had.
        """
        if self._local_user is None:
            if self._verifier is not None and bearer.strip():
                self._verifier.verify(bearer)
            return SERVICE_USER
        if self._verifier is None or not bearer.strip():
            raise Denied(
                "This bridge runs jobs as the user who submits: send that user's access token as 'bearer'."
            )
        name = claims.user(self._verifier.verify(bearer), self._claim)
        return self._local_user(name) or self._unknown(name)

    def prepare(self) -> None:
        """Log who is mapped and fetch what the first submission will need. Takes a few seconds at most, raises nothing."""
        self._tell()
        if self._verifier is not None:
            self._verifier.prepare()

    def _unknown(self, name: str) -> str:
        log.warning(
            "NOBODY IS MAPPED for the upstream user %s (claim %r): submission refused.",
            ascii(name),
            self._claim,
        )
        raise Denied(
            "The user whom the bearer names has no user on this cluster: ask the bridge's operator to map him."
        )


def build(settings: Settings) -> Owners:
    """What the settings, which have been checked, say about owners.

    Raises ``SettingsError`` with all that is wrong with keys, mapping file or directory.
    """
    problems: list[str] = []
    verifier = _tried(lambda: _verifier(settings), problems)
    owners = _tried(lambda: _owners(settings, verifier), problems)
    if problems or owners is None:
        raise SettingsError(problems)
    return owners


def _tried(make: Callable[[], _Made], problems: list[str]) -> _Made | None:
    try:
        return make()
    except SettingsError as error:
        problems.extend(error.problems)
        return None


def _verifier(settings: Settings) -> Verifier | None:
    keys: Keys
    if settings.bearer_jwks_url:
        keys = FetchedKeys(settings.bearer_jwks_url)
    elif settings.bearer_public_key:
        keys = FixedKeys(trusted.from_text(settings.bearer_public_key))
    elif settings.bearer_secret:
        keys = FixedKeys([trusted.from_secret(settings.bearer_secret)])
    else:
        return None
    return Verifier(keys, claims.Expected(settings.bearer_issuer, settings.bearer_audience))


def _owners(settings: Settings, verifier: Verifier | None) -> Owners:
    if settings.users == "service":
        return Owners(verifier)
    never = {settings.service_user} - {
        ""
    }  # it may see and stop everybody's jobs: it is nobody's own
    directory = KeyDirectory(settings.user_keys_dir, never) if settings.user_keys_dir else None
    if directory is not None:
        directory.check()
    if settings.users == "claim":
        if directory is None:
            raise SettingsError(
                [
                    "JARVICE_SLURM_USERS is 'claim': set JARVICE_SLURM_USER_KEYS_DIR to the users' keys."
                ]
            )
        return Owners(verifier, settings.username_claim, directory.local_user, directory)
    mapped = MappedUsers(settings.users_mapping_file, directory, never)
    return Owners(verifier, settings.username_claim, mapped.local_user, mapped, mapped.tell)
