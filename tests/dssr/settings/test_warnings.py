"""Settings that are accepted but unsafe or without effect."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from connectors.local.settings import LocalSettings
from dssr.settings import Settings
from dssr.settings.validation import completed
from dssr.settings.warnings import warnings

BEARERS: dict[str, Any] = {"users": "claim", "bearer_secret": "s"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"users_mapping_file": "/map.yaml"}, "JARVICE_SLURM_USERS_MAPPING_FILE has no effect"),
        ({"user_keys_dir": "/keys"}, "JARVICE_SLURM_USER_KEYS_DIR has no effect"),
        ({"bearer_issuer": "i"}, "JARVICE_BEARER_ISSUER has no effect"),
        ({"web_oidc_client_id": "portal"}, "JARVICE_WEB_OIDC_CLIENT_ID has no effect"),
        (
            {"web": True, "web_oidc_issuer": "i", "web_oidc_admins": ("a",)},
            "JARVICE_WEB_OIDC_ISSUER and JARVICE_WEB_OIDC_ADMINS have no effect",
        ),
        (
            {"bearer_issuer": "i", "bearer_audience": ("a",)},
            "JARVICE_BEARER_ISSUER and JARVICE_BEARER_AUDIENCE have no effect",
        ),
        (BEARERS, "JARVICE_BEARER_ISSUER and JARVICE_BEARER_AUDIENCE NOT SET"),
        (BEARERS | {"bearer_issuer": "i"}, "JARVICE_BEARER_AUDIENCE NOT SET"),
        (BEARERS | {"bearer_audience": ("a",)}, "JARVICE_BEARER_ISSUER NOT SET"),
        (
            {"state_dir": "/s/", "scratch_dir": "/s/"},
            "JARVICE_STATE_DIR (/s/) is in the scratch directory (/s/)",
        ),
        (
            {"state_dir": "/s/x/", "scratch_dir": "/s/"},
            "JARVICE_STATE_DIR (/s/x/) is in the scratch directory (/s/)",
        ),
        (
            {"server_key": "a:b"},
            "The password in JARVICE_SCHED_SERVER_KEY has less than 12 characters",
        ),
    ],
)
def test_what_is_unsafe_or_without_effect_is_reported(given: dict[str, Any], words: str) -> None:
    """Each warning is one sentence, and holds no secret."""
    (warning,) = warnings(completed(Settings(**given)))
    assert warning.startswith(words)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"state_dir": "/scratch2/", "scratch_dir": "/scratch/"},
        {"server_key": "a:b", "bind": "127.0.0.1"},
        {"server_key": "jarvice:0123456789ab"},
        {"bearer_secret": "s", "bearer_issuer": "i"},
        BEARERS | {"bearer_issuer": "i", "bearer_audience": ("a",)},
    ],
)
def test_usual_settings_cause_no_warning(given: dict[str, Any]) -> None:
    """Usual settings cause no warning."""
    assert list(warnings(completed(Settings(**given)))) == []


@pytest.mark.parametrize(
    ("user", "kind", "warned"),
    [(0, LocalSettings, True), (0, Settings, False), (1000, LocalSettings, False)],
)
def test_jobs_as_root_are_warned_about(
    user: int, kind: type[Settings], warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge that is root and runs jobs as its own user gets a warning."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert any("RUNS AS ROOT" in warning for warning in warnings(kind())) is warned


@dataclass(frozen=True)
class _Attic(Settings):
    def warnings(self) -> Iterable[str]:
        yield "The attic is dark."


def test_a_plugins_own_warnings_follow() -> None:
    """A plugin's warnings follow the core's, which it cannot override."""
    first, second = warnings(_Attic(user_keys_dir="/keys"))
    assert first.startswith("JARVICE_SLURM_USER_KEYS_DIR")
    assert second == "The attic is dark."
