"""Settings that are accepted but unsafe or without effect: a sentence each."""

import os
from collections.abc import Callable, Iterator

from dssr.settings import Settings
from dssr.settings.validation import has_provider, on_loopback, verifies_bearers

_SHORT = 12  # characters
_ROOT = 0


def warnings(settings: Settings) -> Iterator[str]:
    """All warnings about settings that have been checked, the core's and then the plugin's."""
    for rule in _RULES:
        yield from rule(settings)
    yield from settings.warnings()


def _bearer_checks_left_out(s: Settings) -> Iterator[str]:
    given = {
        "JARVICE_BEARER_ISSUER": s.bearer_issuer,
        "JARVICE_BEARER_AUDIENCE": s.bearer_audience,
    }
    unset = [name for name, value in given.items() if not value]
    if s.users != "service" and unset and verifies_bearers(s):
        yield (
            f"{' and '.join(unset)} NOT SET: a token that the same keys signed for something else "
            "(another application, another realm) lets its holder submit here as its user. Set "
            "them to what the issuer puts in."
        )


def _users_without_effect(s: Settings) -> Iterator[str]:
    default = Settings()
    changed = {
        "JARVICE_SLURM_USERS_MAPPING_FILE": s.users_mapping_file != default.users_mapping_file,
        "JARVICE_SLURM_USER_KEYS_DIR": bool(s.user_keys_dir),
    }
    named = " and ".join(name for name, is_set in changed.items() if is_set)
    if named and s.users == "service":
        yield (
            f"{named} {_has(named)} no effect, and all jobs are one user's, because "
            "JARVICE_SLURM_USERS is 'service': set that to 'file' or 'claim', or leave the other "
            "out."
        )


def _bearers_without_effect(s: Settings) -> Iterator[str]:
    given = {
        "JARVICE_BEARER_ISSUER": s.bearer_issuer,
        "JARVICE_BEARER_AUDIENCE": s.bearer_audience,
    }
    named = " and ".join(name for name, value in given.items() if value)
    if named and not verifies_bearers(s):
        yield (
            f"{named} {_has(named)} no effect, and bearers are not looked at, because no key "
            "verifies them: set one of JARVICE_BEARER_JWKS_URL, JARVICE_BEARER_PUBLIC_KEY or "
            "JARVICE_BEARER_SECRET."
        )


def _provider_without_effect(s: Settings) -> Iterator[str]:
    given = {
        "JARVICE_WEB_OIDC_ISSUER": s.web_oidc_issuer != s.bearer_issuer,
        "JARVICE_WEB_OIDC_CLIENT_ID": bool(s.web_oidc_client_id),
        "JARVICE_WEB_OIDC_CLIENT_SECRET": bool(s.web_oidc_client_secret),
        "JARVICE_WEB_OIDC_ADMINS": bool(s.web_oidc_admins),
    }
    named = " and ".join(name for name, is_set in given.items() if is_set)
    if named and not has_provider(s):
        yield (
            f"{named} {_has(named)} no effect, because no provider logs users in: set JARVICE_WEB "
            "to true, and JARVICE_WEB_OIDC_CLIENT_ID, JARVICE_WEB_OIDC_ISSUER and JARVICE_WEB_URL."
        )


def _has(names: str) -> str:
    return "have" if " and " in names else "has"


def _state_in_scratch(s: Settings) -> Iterator[str]:
    if s.state_dir and s.scratch_dir and s.state_dir.startswith(s.scratch_dir):
        yield (
            f"JARVICE_STATE_DIR ({s.state_dir}) is in the scratch directory ({s.scratch_dir}), "
            "where sites delete old files: the bridge would forget its jobs. Set it to another "
            "directory."
        )


def _short_password(s: Settings) -> Iterator[str]:
    password = s.server_key.partition(":")[2]
    if password and len(password) < _SHORT and not on_loopback(s):
        yield (
            f"The password in JARVICE_SCHED_SERVER_KEY has less than {_SHORT} characters, and "
            "others can reach the bridge and try: take a longer one (openssl rand -base64 24)."
        )


def _jobs_as_root(s: Settings) -> Iterator[str]:
    if s.jobs_run_as_bridge and os.geteuid() == _ROOT:
        yield (
            "THE BRIDGE RUNS AS ROOT, and so do all its jobs: start it as a user who has no more "
            "rights than jobs need."
        )


_Rule = Callable[[Settings], Iterator[str]]
_RULES: tuple[_Rule, ...] = (
    _bearer_checks_left_out,
    _users_without_effect,
    _bearers_without_effect,
    _provider_without_effect,
    _state_in_scratch,
    _short_password,
    _jobs_as_root,
)
