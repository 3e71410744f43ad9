"""What all pages of the portal share: its site, its sessions, one-time codes and templates."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dssr.access import private_directory
from dssr.access.credentials import Credentials
from dssr.access.one_time_codes import OneTimeCodes
from dssr.access.sessions import Sessions
from dssr.http.checks.session_login import SessionLogin
from dssr.http.site import Site
from dssr.http.web.by_provider import ByProvider
from dssr.settings import Settings
from dssr.settings.validation import has_credentials
from dssr.templates.own import OwnTemplates
from dssr.templates.shelves import Shelves
from dssr.templates.site import SiteTemplates


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
    shelves: Shelves
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
        shelves = Shelves(SiteTemplates(settings.web_templates), OwnTemplates(directory))
        shelves.site.report()
        return cls(settings, site, credentials, logins, OneTimeCodes(directory), shelves, by)


def _instance(directory: Path) -> str:
    """What names this bridge among others of the host."""
    path = directory / "instance"
    if not path.exists():
        private_directory.write_first(path, secrets.token_hex(16).encode())
    return path.read_text("ascii")
