"""The settings of the Slurm connector."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.ssh_program import login_name
from dssr.settings import own_name
from dssr.settings.warnings import warnings

LOGIN: dict[str, Any] = {"cluster_address": "login1", "ssh_user": "svc", "ssh_key": "key"}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (
            {},
            ["JARVICE_SLURM_CLUSTER_ADDR", "JARVICE_SLURM_SSH_USER", "JARVICE_SLURM_SSH_PKEY"],
        ),
        (LOGIN | {"slurm_interface": "http"}, ["JARVICE_SLURM_INTERFACE"]),
        (LOGIN | {"cluster_address": "login1,local"}, ["JARVICE_SLURM_CLUSTER_ADDR"]),
        ({"cluster_address": "local", "ssh_user": "no-one"}, ["JARVICE_SLURM_SSH_USER"]),
        ({"cluster_address": "local", "ssh_jump": ("jump",)}, ["JARVICE_SLURM_SSH_JUMP"]),
        ({"cluster_address": "local", "users": "file"}, ["JARVICE_SLURM_USERS"]),
        (LOGIN | {"ssh_jump_key": "key"}, ["JARVICE_SLURM_SSH_JUMP_PKEY"]),
        (LOGIN | {"ssh_host_key": "k", "ssh_known_hosts": "f"}, ["JARVICE_SLURM_SSH_HOST_KEY"]),
        (
            LOGIN | {"ssh_host_key_check": "pinned", "ssh_known_hosts": "f"},
            ["JARVICE_SLURM_SSH_KNOWN_HOSTS"],
        ),
        (LOGIN | {"ssh_host_key_check": "first_use"}, ["JARVICE_SLURM_SSH_HOST_KEY_CHECK"]),
        (LOGIN | {"ssh_host_key_check": "known_hosts"}, ["JARVICE_SLURM_SSH_HOST_KEY_CHECK"]),
        (LOGIN, []),
        (
            LOGIN | {"ssh_client": "openssh", "ssh_host_key": f"SHA256:{'a' * 43}"},
            ["JARVICE_SLURM_SSH_HOST_KEY"],
        ),
        ({"cluster_address": "login1", "ssh_client": "openssh"}, []),
        ({"cluster_address": "local", "ssh_client": "openssh"}, []),
        ({"cluster_address": "local"}, []),
    ],
)
def test_each_contradiction_is_a_sentence_of_its_own(
    given: dict[str, Any], names: list[str]
) -> None:
    """All contradictions are reported at once, each as a sentence that begins with its variable."""
    problems = SlurmSettings(**given).completed().problems()
    assert [problem.split()[0] for problem in problems] == names


def test_on_the_login_node_the_user_is_the_bridges_own() -> None:
    """Without SSH the jobs are those of the bridge's own user."""
    settings = SlurmSettings(cluster_address="local").completed()
    assert settings.service_user == own_name()
    assert settings.jobs_run_as_bridge
    assert not SlurmSettings(**LOGIN).jobs_run_as_bridge


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"ssh_host_key": "SHA256:abc"}, "those in JARVICE_SLURM_SSH_HOST_KEY"),
        ({"ssh_known_hosts": "/etc/known"}, "those in /etc/known"),
        (
            {"ssh_known_hosts": "/etc/known", "ssh_host_key_check": "first_use"},
            "whatever a host presents first, then those in /etc/known",
        ),
        ({}, "NONE, so nothing is sent"),
        ({"ssh_client": "openssh"}, "those in the files of known hosts that ssh reads"),
        ({"ssh_client": "openssh", "ssh_host_key": "k"}, "those in JARVICE_SLURM_SSH_HOST_KEY"),
        ({"cluster_address": "local"}, ""),
    ],
)
def test_the_trusted_host_keys_are_named(given: dict[str, Any], words: str) -> None:
    """The report names the trusted host keys, warns where there are none, and has no such line
    without SSH."""
    settings = SlurmSettings(**given)
    assert settings.trusted_host_keys.startswith(words)
    assert bool(settings.trusted_host_keys) is bool(words)


@pytest.mark.parametrize(
    ("addresses", "line"),
    [
        ("login1", "svc at login1, port 22"),
        ("login1,login2", "svc at login1, login2, port 22"),
        ("login1:2222,login2", "svc at login1:2222, login2 (port 22)"),
        ("local", "svc on this machine, without SSH"),
    ],
)
def test_the_report_says_who_logs_in_where(addresses: str, line: str) -> None:
    """Each login node has its own port or the common one; without SSH no key is mentioned."""
    shown = dict(SlurmSettings(cluster_address=addresses, ssh_user="svc").summary())
    assert shown["cluster"] == line
    assert ("host keys" in shown) is ("SSH key" in shown) is (addresses != "local")


def test_with_openssh_its_configuration_names_the_user() -> None:
    """Without a setting, the user is the one as whom ssh logs in; a setting goes before it."""
    openssh = SlurmSettings(cluster_address="login1,login2", ssh_client="openssh").completed()
    assert openssh.service_user == login_name("login1") == own_name()
    assert replace(openssh, ssh_user="svc").completed().service_user == "svc"
    assert dict(openssh.summary())["SSH key"] == "as ssh's configuration says"


def test_without_the_program_openssh_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A bridge that needs the ssh program and does not find it does not start, and says why."""
    settings = SlurmSettings(cluster_address="login1", ssh_user="svc", ssh_client="openssh")
    assert list(settings.unusable_files()) == []
    monkeypatch.setenv("PATH", str(tmp_path))
    (problem,) = settings.unusable_files()
    assert problem.startswith("JARVICE_SLURM_SSH_CLIENT is 'openssh', but this machine has no")
    login_name.cache_clear()
    assert login_name("login1") == ""
    login_name.cache_clear()


def test_openssh_without_ssh_is_warned_about() -> None:
    """The choice of a client has no effect where nothing goes over SSH, which is said."""
    (warning,) = SlurmSettings(cluster_address="local", ssh_client="openssh").warnings()
    assert warning.startswith("JARVICE_SLURM_SSH_CLIENT is 'openssh', which has no effect")


def test_an_unusual_sbatch_option_is_warned_about() -> None:
    """An allowed option that lets a job get round the bridge gets a warning."""
    (warning,) = SlurmSettings(**LOGIN, sbatch_options=("time", "wrap", "uid")).warnings()
    assert warning.startswith("JARVICE_SLURM_SBATCH_OPTIONS allows wrap, uid, which the default")
    assert list(SlurmSettings(**LOGIN, sbatch_options=("time",)).warnings()) == []


@pytest.mark.parametrize(("address", "warned"), [("local", True), ("login1", False)])
def test_jobs_as_root_are_warned_about(
    address: str, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bridge that is root and runs on the login node itself gets a warning."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    found = warnings(SlurmSettings(cluster_address=address))
    assert any("RUNS AS ROOT" in warning for warning in found) is warned


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ["cannot be read (No such file or directory)"]),
        ({"ssh_host_key_check": "known_hosts"}, ["cannot be read (No such file or directory)"]),
        ({"ssh_host_key_check": "first_use"}, []),
        ({"cluster_address": "local"}, []),
    ],
)
def test_the_file_of_known_hosts_is_looked_at(
    given: dict[str, Any], words: list[str], tmp_path: Path
) -> None:
    """The file of known hosts must be usable where it is in use; with first_use it may be
    missing."""
    settings = SlurmSettings(**(LOGIN | {"ssh_known_hosts": str(tmp_path / "known")} | given))
    problems = list(settings.unusable_files())
    assert len(problems) == len(words)
    assert all(part in problem for part, problem in zip(words, problems, strict=True))
