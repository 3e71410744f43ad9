from pathlib import Path

import pytest

from dssr.client import BadTarget
from dssr.client.own_settings import settings_of
from dssr.client.target import Target
from dssr.settings import profile


def test_a_cluster_is_reached_as_the_user_by_their_own_ssh(tmp_path: Path) -> None:
    """A cluster without anything else is a Slurm cluster that is reached by the ssh program."""
    found = settings_of(Target(cluster="login"), {"HOME": str(tmp_path), "PATH": "/bin"})
    assert found == {
        "JARVICE_SLURM_CLUSTER_ADDR": "login",
        "JARVICE_BAREMETAL_CONNECTOR": "slurm",
        "JARVICE_SLURM_SSH_CLIENT": "openssh",
        "JARVICE_ANSWER_TIMEOUT": "60",
    }


def test_variables_go_before_the_profile(tmp_path: Path) -> None:
    """The site profile holds what the environment does not set; the cluster is the chosen one."""
    environ = {
        "XDG_CONFIG_HOME": str(tmp_path),
        "JARVICE_STATE_DIR": "/mine",
        "JARVICE_SLURM_CLUSTER_ADDR": "other",
        "JARVICE_BAREMETAL_CONNECTOR": "dummy",
    }
    path = profile.place(environ, "login")
    path.parent.mkdir(parents=True)
    path.write_text("JARVICE_STATE_DIR=/site\nJARVICE_JOB_SCRATCH_DIR=/site/scratch/\n")
    found = settings_of(Target(cluster="login"), environ)
    assert found["JARVICE_STATE_DIR"] == "/mine"
    assert found["JARVICE_JOB_SCRATCH_DIR"] == "/site/scratch/"
    assert found["JARVICE_SLURM_CLUSTER_ADDR"] == "login"
    assert found["JARVICE_BAREMETAL_CONNECTOR"] == "slurm"


def test_what_is_about_callers_has_no_effect() -> None:
    """Passwords, owners, limits and deadlines of a served bridge are not the program's own."""
    environ = {
        "WAITRESS_BIND_ADDRESS": "0.0.0.0",
        "JARVICE_SCHED_SERVER_KEY": "a:b",
        "JARVICE_SLURM_USERS": "claim",
        "JARVICE_SLURM_USER_KEYS_DIR": "/keys",
        "JARVICE_BEARER_SECRET": "s",
        "JARVICE_ANSWER_TIMEOUT": "1",
        "JARVICE_LOCAL_CORES": "1",
    }
    assert settings_of(Target(), environ) == {
        "JARVICE_LOCAL_CORES": "1",
        "JARVICE_SNAPSHOT_AGE": "0.5",
        "JARVICE_ANSWER_TIMEOUT": "60",
    }


@pytest.mark.parametrize("text", ["JARVICE_A=b c\n", "JARVICE_A='b\n", "rm -rf x\n"])
def test_a_mistake_in_a_profile_has_its_line(tmp_path: Path, text: str) -> None:
    """What is not a variable and its value is an error that names the line."""
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    path = profile.place(environ, "login")
    path.parent.mkdir(parents=True)
    path.write_text(f"JARVICE_B=1\n{text}")
    with pytest.raises(BadTarget, match="line 2"):
        settings_of(Target(cluster="login"), environ)


def test_the_user_of_the_cluster_goes_before_the_variable(tmp_path: Path) -> None:
    """The user in USER@HOST is the one who logs in."""
    environ = {"HOME": str(tmp_path), "JARVICE_SLURM_SSH_USER": "other"}
    found = settings_of(Target(cluster="login", user="me"), environ)
    assert found["JARVICE_SLURM_SSH_USER"] == "me"
