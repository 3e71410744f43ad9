"""What all pages of the portal share: its site, its sessions, one-time codes and templates."""

import secrets
from dataclasses import dataclass
from pathlib import Path

from dssr.access import private_directory
from dssr.access.credentials import Credentials
from dssr.access.one_time_codes import OneTimeCodes
from dssr.access.sessions import Sessions
from dssr.http.checks.session_login import SessionLogin
from dssr.http.site import Site
from dssr.settings import Settings
from dssr.templates.own import OwnTemplates
from dssr.templates.shelves import Shelves
from dssr.templates.site import SiteTemplates


@dataclass(frozen=True)
class Portal:
    """The portal of a bridge. ``credentials``: the valid ones; ``None``: callers need none."""

    settings: Settings
    site: Site
    credentials: Credentials | None
    logins: SessionLogin
    codes: OneTimeCodes
    shelves: Shelves

    @classmethod
    def of(cls, settings: Settings, credentials: Credentials | None) -> "Portal":
        """The portal that the settings ask for. Raises ``SettingsError`` for its directory."""
        directory = private_directory.make(settings.web_state)
        site = Site.at(settings.web_url, f"{_instance(directory)} {settings.port}")
        logins = SessionLogin(Sessions(directory, credentials), site)
        shelves = Shelves(SiteTemplates(settings.web_templates), OwnTemplates(directory))
        shelves.site.report()
        return cls(settings, site, credentials, logins, OneTimeCodes(directory), shelves)


def _instance(directory: Path) -> str:
    """What names this bridge among others of the host."""
    path = directory / "instance"
    if not path.exists():
        private_directory.write_first(path, secrets.token_hex(16).encode())
    return path.read_text("ascii")
