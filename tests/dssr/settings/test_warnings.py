"""Settings that are accepted and hardly meant."""

import os
from typing import Any

import pytest

from dssr.settings import Settings, load, warnings
from dssr.settings.validation import check

SLURM: dict[str, Any] = {"cluster_address": "login1", "ssh_user": "svc", "ssh_key": "key"}


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("JARVICE_SLURM_CLUSTER_ADDRESS", "did you mean JARVICE_SLURM_CLUSTER_ADDR?"),
        ("JARVICE_BAREMETAL_CONECTOR", "did you mean JARVICE_BAREMETAL_CONNECTOR?"),
        ("WAITRESS_BIND_ADRESS", "did you mean WAITRESS_BIND_ADDRESS?"),
        ("JARVICE_SOMETHING_ELSE", "it is ignored, unless a plugin reads it."),
    ],
)
def test_an_unknown_variable_is_named_with_the_one_that_was_meant(name: str, hint: str) -> None:
    """A misspelt setting would otherwise be a default, silently."""
    assert list(warnings.unknown(load({name: "x"}))) == [f"{name} is no setting of dssr: {hint}"]


@pytest.mark.parametrize(
    ("given", "unset"),
    [
        ({"users": "file"}, "JARVICE_BEARER_ISSUER and JARVICE_BEARER_AUDIENCE NOT SET"),
        ({"users": "file", "bearer_issuer": "i"}, "JARVICE_BEARER_AUDIENCE NOT SET"),
        ({"users": "claim", "bearer_audience": ("a",)}, "JARVICE_BEARER_ISSUER NOT SET"),
        ({"users": "claim", "bearer_audience": ("a",), "bearer_issuer": "i"}, ""),
        ({}, ""),
    ],
)
def test_a_check_that_is_left_out_is_warned_about(given: dict[str, Any], unset: str) -> None:
    """Where bearers decide whose a job is."""
    said = "".join(warnings.believes_widely(Settings(**given)))
    assert said.startswith(unset)
    assert bool(said) is bool(unset)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"connector": "dummy", "users_mapping_file": "/map.yaml"},
            "JARVICE_SLURM_USERS_MAPPING_FILE has no effect",
        ),
        (
            {"connector": "dummy", "user_keys_dir": "/keys"},
            "JARVICE_SLURM_USER_KEYS_DIR has no effect",
        ),
        ({"connector": "dummy", "bearer_issuer": "i"}, "JARVICE_BEARER_ISSUER has no effect"),
        (
            {"connector": "dummy", "bearer_issuer": "i", "bearer_audience": ("a",)},
            "JARVICE_BEARER_ISSUER and JARVICE_BEARER_AUDIENCE have no effect",
        ),
        (
            {"connector": "dummy", "cluster_address": "login1"},
            "JARVICE_SLURM_CLUSTER_ADDR has no effect",
        ),
        (
            {"connector": "dummy", "state_dir": "/s/", "scratch_dir": "/s/"},
            "JARVICE_STATE_DIR (/s/) lies in the scratch",
        ),
        (
            {"connector": "dummy", "state_dir": "/s/x/", "scratch_dir": "/s/"},
            "JARVICE_STATE_DIR (/s/x/) lies in the scratch",
        ),
        (
            SLURM | {"sbatch_options": ("time", "wrap", "uid")},
            "JARVICE_SLURM_SBATCH_OPTIONS allows wrap, uid, which",
        ),
        (
            {"connector": "dummy", "server_key": "a:b"},
            "The password in JARVICE_SCHED_SERVER_KEY has less than 12 characters",
        ),
    ],
)
def test_what_is_ignored_or_unsafe_is_told(given: dict[str, Any], words: str) -> None:
    """One sentence each, and no secret in it."""
    (said,) = warnings.doubts(check(Settings(**given)))
    assert said.startswith(words)


@pytest.mark.parametrize(
    "given",
    [
        {"connector": "dummy"},
        {"connector": "dummy", "state_dir": "/scratch2/", "scratch_dir": "/scratch/"},
        {"connector": "dummy", "server_key": "a:b", "bind": "127.0.0.1"},
        {"connector": "dummy", "server_key": "jarvice:0123456789ab"},
        {"connector": "dummy", "bearer_secret": "s", "bearer_issuer": "i"},
        SLURM | {"sbatch_options": ("time",)},
        SLURM,
    ],
)
def test_usual_settings_are_not_doubted(given: dict[str, Any]) -> None:
    """A warning that is always there is read by nobody."""
    assert list(warnings.doubts(check(Settings(**given)))) == []


@pytest.mark.parametrize(
    ("user", "given", "warned"),
    [
        (0, {"connector": "local"}, True),
        (0, {"connector": "slurm", "cluster_address": "local"}, True),
        (0, {"connector": "slurm", "cluster_address": "login1"}, False),
        (1000, {"connector": "local"}, False),
    ],
)
def test_jobs_as_root_are_warned_about(
    user: int, given: dict[str, Any], warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where jobs are the bridge's own user's: whoever may call is root then."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert any("RUNS AS ROOT" in said for said in warnings.doubts(Settings(**given))) is warned
