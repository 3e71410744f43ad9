"""What there is in the portal for a login by a provider."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dssr.access.limits import Rate
from dssr.access.pending_logins import PendingLogins
from dssr.access.provider_users import ProviderUsers
from dssr.access.refresh_tokens import Kept, RefreshTokens
from dssr.identity.provider.provider import Provider
from dssr.settings import Settings
from dssr.settings.validation import has_provider

# Logins that an address may begin at once, and in a second: of too many, the oldest are dropped.
BEGINNINGS = 60
_BEGINNINGS_PER_SECOND = 1.0
_TOO_MANY = "There were too many logins from this address: wait a moment, then log in again."


@dataclass(frozen=True)
class ByProvider:
    """What there is for a login by a provider. ``beginnings``: the limit on them."""

    provider: Provider
    users: ProviderUsers
    pending: PendingLogins
    tokens: RefreshTokens
    beginnings: Rate

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
        beginnings = Rate(_BEGINNINGS_PER_SECOND, BEGINNINGS, _TOO_MANY)
        return cls(provider, users, PendingLogins(directory), tokens, beginnings)


def _refreshed(provider: Provider, kept: Kept) -> Kept:
    grant = provider.refresh(kept.token, kept.subject)
    return Kept(grant.refresh_token or kept.token, kept.subject, time.time() + grant.lasts)
