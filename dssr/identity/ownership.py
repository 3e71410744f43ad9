"""Whose job it is: the bearer of a submission -> the local user who owns the job, or a refusal."""

import logging
from collections.abc import Callable

from dssr.errors import Denied, SettingsError
from dssr.identity import claims, trusted
from dssr.identity.bearer import FixedKeys, Keys, Verifier
from dssr.identity.key_directory import KeyDirectory
from dssr.identity.keyset import FetchedKeys
from dssr.identity.mapping_file import MappedUsers
from dssr.seams import Users
from dssr.settings import Settings

log = logging.getLogger(__name__)
SERVICE_USER = ""  # the owner of all jobs where users are not mapped


class JobOwnership:
    """Says who owns what is submitted.

    ``users``: those for whom the connector must act; ``None`` where it acts as the service user
    alone.
    """

    def __init__(
        self,
        verifier: Verifier | None,
        claim: str = "",
        local_user: Callable[[str], str | None] | None = None,
        users: Users | None = None,
        log_users: Callable[[], None] = lambda: None,
    ) -> None:
        self._verifier = verifier
        self._claim = claim
        self._local_user = local_user
        self._log_users = log_users
        self.users = users

    def owner(self, bearer: str) -> str:
        """The local user whose job it is; empty: the service user.

        Where users are mapped, a verified bearer must name a user who is mapped. Where they are
        not, a bearer may be absent; one that is sent is verified if the bridge has keys for that.
        Raises ``Denied``, or ``Unavailable`` while the issuer's keys cannot be had.
        """
        if self._local_user is None:
            if self._verifier is not None and bearer.strip():
                self._verifier.verify(bearer)
            return SERVICE_USER
        if self._verifier is None or not bearer.strip():
            raise Denied(
                "This bridge runs jobs as the user who submits: send that user's access token as "
                "'bearer'."
            )
        name = claims.user(self._verifier.verify(bearer), self._claim)
        try:
            return self.owner_named(name)
        except Denied:
            log.warning(
                "The upstream user %s (claim %r) IS NOT MAPPED: submission refused.",
                ascii(name),
                self._claim,
            )
            raise

    def owner_named(self, name: str) -> str:
        """The same for an upstream user whose name has been verified elsewhere."""
        if self._local_user is None:
            return SERVICE_USER
        if user := self._local_user(name):
            return user
        raise Denied(
            "The user whom the bearer names has no user on this cluster: ask the bridge's operator "
            "to map them."
        )

    def prepare(self) -> None:
        """Log who is mapped, and fetch what the first submission needs.

        Takes a few seconds at most, and raises nothing.
        """
        self._log_users()
        if self._verifier is not None:
            self._verifier.prepare()


def build(settings: Settings) -> JobOwnership:
    """What the settings, which have been checked, say about the jobs' owners.

    Raises ``SettingsError`` with all that is wrong with keys, mapping file and directory.
    """
    problems: list[str] = []
    verifier = ownership = None
    try:
        verifier = _verifier(settings)
    except SettingsError as error:
        problems.extend(error.problems)
    try:
        ownership = _ownership(settings, verifier)
    except SettingsError as error:
        problems.extend(error.problems)
    if problems or ownership is None:
        raise SettingsError(problems)
    return ownership


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


def _ownership(settings: Settings, verifier: Verifier | None) -> JobOwnership:
    if settings.users == "service":
        return JobOwnership(verifier)
    # The service user may see and cancel the jobs of all users, so no user is mapped to it.
    never = {settings.service_user} - {""}
    directory = KeyDirectory(settings.user_keys_dir, never) if settings.user_keys_dir else None
    if directory is not None:
        directory.check()
    claim = settings.username_claim
    if settings.users == "claim":
        if directory is None:
            raise SettingsError([
                "JARVICE_SLURM_USERS is 'claim': set JARVICE_SLURM_USER_KEYS_DIR to the users' "
                "keys."
            ])  # fmt: skip
        return JobOwnership(verifier, claim, directory.local_user, directory)
    mapped = MappedUsers(settings.users_mapping_file, directory, never)
    return JobOwnership(verifier, claim, mapped.local_user, mapped, mapped.log_users)
