"""What all pages of the portal share: its site, its sessions, its one-time codes."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dssr.access import private_directory
from dssr.access.credentials import Credentials
from dssr.access.one_time_codes import OneTimeCodes
from dssr.access.pending_logins import PendingLogins
from dssr.access.provider_users import ProviderUsers
from dssr.access.refresh_tokens import Kept, RefreshTokens
from dssr.access.sessions import Sessions
from dssr.http.checks.session_login import SessionLogin
from dssr.http.site import Site
from dssr.identity.provider.provider import Provider
from dssr.settings import Settings
from dssr.settings.validation import has_credentials, has_provider


@dataclass(frozen=True)
class ByProvider:
    """What there is for a login by a provider."""

    provider: Provider
    users: ProviderUsers
    pending: PendingLogins
    tokens: RefreshTokens

    @classmethod
    def of(
        cls, settings: Settings, directory: Path, owner_named: Callable[[str], str]
    ) -> "ByProvider | None":
        """By the provider that the settings name; ``None``: they name none."""
        if not has_provider(settings):
            return None
        provider = Provider(settings)
        known_by = f"{provider.issuer}\0{provider.client_id}"
        users = ProviderUsers(known_by, settings.web_oidc_admins, owner_named)
        tokens = RefreshTokens(directory, lambda kept: _refreshed(provider, kept))
        return cls(provider, users, PendingLogins(directory), tokens)


def _refreshed(provider: Provider, kept: Kept) -> Kept:
    grant = provider.refresh(kept.token, kept.subject)
    return Kept(grant.refresh_token or kept.token, kept.subject, time.time() + grant.lasts)


@dataclass(frozen=True)
class Ways:
    """How users log in here. ``provider``: what users know it by, or empty."""

    provider: str
    tokens: bool


@dataclass(frozen=True)
class Portal:
    """The portal of a bridge. ``credentials``: the valid ones; ``None``: callers need none."""

    settings: Settings
    site: Site
    credentials: Credentials | None
    logins: SessionLogin
    codes: OneTimeCodes
    by_provider: ByProvider | None

    @property
    def ways(self) -> Ways:
        """How users log in here."""
        provider = self.by_provider.provider.host if self.by_provider else ""
        return Ways(provider, not provider or has_credentials(self.settings))

    @classmethod
    def of(
        cls,
        settings: Settings,
        credentials: Credentials | None,
        owner_named: Callable[[str], str] = lambda _name: "",
    ) -> "Portal":
        """The portal that the settings ask for. ``owner_named``: the local user for a user of the
        provider. Raises ``SettingsError`` for its directory."""
        directory = private_directory.make(settings.web_state)
        site = Site.at(settings.web_url, f"{_instance(directory)} {settings.port}")
        by = ByProvider.of(settings, directory, owner_named)
        users, tokens = (by.users, by.tokens) if by else (None, None)
        sessions = Sessions(directory, credentials, users=users, tokens=tokens)
        logins = SessionLogin(sessions, site, tokens)
        return cls(settings, site, credentials, logins, OneTimeCodes(directory), by)


def _instance(directory: Path) -> str:
    """What names this bridge among others of the host."""
    path = directory / "instance"
    if not path.exists():
        private_directory.write_first(path, secrets.token_hex(16).encode())
    return path.read_text("ascii")
