"""The cluster is what the tests take it for: hosts, daemons, containers, faults."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.daemons import wait_until
from tests.cluster.errors import ClusterError

pytestmark = pytest.mark.cluster


def as_user(cluster: Cluster, script: str, user: str = "jarvice", host: str = "login") -> str:
    done = cluster.run(host, ["sh", "-c", script], user=user, timeout=60)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def ssh(
    cluster: Cluster, directory: Path, host: str, *words: str
) -> subprocess.CompletedProcess[str]:
    key, known = directory / "key", directory / "known_hosts"
    key.write_text(cluster.private_key)
    key.chmod(0o600)
    known.write_text(
        "".join(
            f"{cluster.address_of(name)} {cluster.host_key_of(name)}\n"
            for name in ("login", "login2", "jump")
        )
    )
    options = [
        "-F",
        "none",
        "-i",
        str(key),
        "-o",
        f"UserKnownHostsFile={known}",
        "-o",
        "BatchMode=yes",
        "-o",
        "ConnectTimeout=3",
    ]
    command = ["ssh", *options, f"{cluster.user}@{cluster.address_of(host)}", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_sshs_own_configuration_leads_to_it(cluster: Cluster, tmp_path: Path) -> None:
    """The lines for ~/.ssh/config are all that ssh needs to log in."""
    config = tmp_path / "config"
    config.write_text(cluster.ssh_config("testcluster"))
    command = ["ssh", "-F", str(config), "-o", "BatchMode=yes", "testcluster", "hostname"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stdout, done.returncode) == ("login\n", 0), done.stderr


def test_a_job_runs_on_both_nodes_and_accounting_knows_it(any_cluster: Cluster) -> None:
    """Two nodes are two hosts with names of their own, and sacct has the job that ran on them."""
    version = as_user(any_cluster, "sinfo --version")
    names = as_user(any_cluster, "srun -J both -N 2 hostname")
    words = ["sacct", "-n", "-P", "-X", "--name=both", "-o", "State,NodeList"]

    assert version.startswith(f"slurm-wlm {any_cluster.generation}.")
    assert sorted(names.split()) == ["node1", "node2"]
    wait_until(
        lambda: any_cluster.run("login", words).stdout == b"COMPLETED|node[1-2]\n",
        "sacct to know the job",
        20,
    )


@pytest.mark.parametrize("host", ["login", "login2", "jump"])
def test_ssh_with_the_pinned_key_reaches_every_door(
    cluster: Cluster, tmp_path: Path, host: str
) -> None:
    """The user's key opens the login nodes and the jump host, and each presents the host key that
    the cluster reports."""
    done = ssh(cluster, tmp_path, host, "hostname; id -un; test ! -e /tmp/of-login")

    assert (done.returncode, done.stdout) == (0, f"{host}\njarvice\n"), done.stderr


def test_a_container_with_an_overlay_runs_in_a_job_step(cluster: Cluster) -> None:
    """An ordinary user's job step runs the image with Apptainer, and what it writes stays in the
    overlay."""
    enter = f"apptainer exec --overlay /tmp/o.img {cluster.image} bash -c"
    steps = (
        "apptainer overlay create --size 64 /tmp/o.img",
        f'{enter} "id -un >/opt/who"',
        f'{enter} "cat /opt/who"',
        "rm /tmp/o.img",
    )

    assert as_user(cluster, f"srun -w node1 sh -c '{'; '.join(steps)}'") == "jarvice\n"


def test_the_registry_wants_the_password(cluster: Cluster) -> None:
    """The registry gives its image only to a user who has the credentials in the environment."""
    registry = cluster.registry
    script = (
        f"export APPTAINER_NOHTTPS=1; srun apptainer exec docker://{registry.image} cat /etc/passwd"
    )
    cluster.path("/home/jarvice/credentials").write_text(f"{registry.user}\n{registry.password}")
    login = (
        "{ read -r APPTAINER_DOCKER_USERNAME; read -r APPTAINER_DOCKER_PASSWORD; } <credentials; "
    )

    refused = cluster.run("login", ["sh", "-c", script], user="jarvice")
    taken = as_user(
        cluster, f"{login} export APPTAINER_DOCKER_USERNAME APPTAINER_DOCKER_PASSWORD; {script}"
    )
    cluster.path("/home/jarvice/credentials").unlink()

    assert b"authentication required" in refused.stderr
    assert taken.startswith("root:x:0:0")


def test_too_much_memory_ends_out_of_memory(any_cluster: Cluster) -> None:
    """The controller ends a job that exceeds its --mem, as OUT_OF_MEMORY."""
    eat = "perl -e '$x = q(a) x (300 * 1024 * 1024); sleep 60'"
    job = as_user(
        any_cluster, f'sbatch --parsable --mem=60 -o /dev/null --wrap "{eat}"'.replace("$", "\\$")
    ).strip()
    words = ["squeue", "-h", "-t", "all", "-j", job, "-o", "%T"]

    wait_until(
        lambda: any_cluster.run("login", words).stdout == b"OUT_OF_MEMORY\n",
        "the job to be OUT_OF_MEMORY",
        30,
    )
    assert any_cluster.run("login", words).stdout == b"OUT_OF_MEMORY\n"


def test_gpus_and_licences_can_be_asked_for(cluster: Cluster) -> None:
    """A job gets two GPUs a node and four licences, and no more."""
    ask = ["srun", "-N2", "--gpus-per-node=2", "-L", "abaqus:4"]
    too_much = ["srun", "--gpus-per-node=3", "true"]

    assert as_user(cluster, " ".join([*ask, "printenv SLURM_GPUS_PER_NODE"])) == "2\n2\n"
    assert (
        b"node configuration is not available"
        in cluster.run("login", too_much, user="jarvice").stderr
    )


def test_the_coordinator_ends_another_users_job(cluster: Cluster) -> None:
    """The service user may cancel the jobs of the account's other users, who may not cancel the
    service user's."""
    job = as_user(cluster, "sbatch --parsable -H --wrap true", user="alice").strip()
    not_hers = as_user(cluster, "sbatch --parsable -H --wrap true").strip()

    assert cluster.run("login", ["scancel", not_hers], user="alice").returncode != 0
    assert cluster.run("login", ["scancel", job, not_hers], user="jarvice").returncode == 0


def test_a_pulled_cable_is_a_silence(cluster: Cluster, tmp_path: Path) -> None:
    """A client that connects to a host without its cable waits until its own time limit, and
    connects again once the cable is back."""
    cluster.link("login2", up=False)
    silent = ssh(cluster, tmp_path, "login2", "true")
    cluster.link("login2", up=True)

    assert "timed out" in silent.stderr
    assert ssh(cluster, tmp_path, "login2", "true").returncode == 0


def test_daemons_die_and_return(cluster: Cluster, tmp_path: Path) -> None:
    """stop ends a daemon's real processes, sshd's sessions included; start brings it back, and the
    cluster is idle again."""
    key = tmp_path / "key"
    key.write_text(cluster.private_key)
    key.chmod(0o600)
    options = [
        "-F",
        "none",
        "-i",
        str(key),
        "-o",
        "StrictHostKeyChecking=no",
        "-o",
        "UserKnownHostsFile=/dev/null",
    ]
    session = subprocess.Popen(
        ["ssh", *options, f"jarvice@{cluster.address}", "sleep 600"], stderr=subprocess.DEVNULL
    )
    wait_until(
        lambda: any(p.command == "sleep 600" for p in cluster.processes("login")),
        "the session to start",
        20,
    )

    for daemon in ("sshd", "slurmctld"):
        cluster.stop("login", daemon)
    ended = session.wait(timeout=20)
    names = {process.name for process in cluster.processes("login")}
    for daemon in ("sshd", "slurmctld"):
        cluster.start("login", daemon)
    cluster.wait_idle()

    assert ended == 255
    assert not names & {"sshd", "sshd-session", "slurmctld"}
    assert ssh(cluster, tmp_path, "login", "sinfo -h -p batch -o %D:%T").stdout == "2:idle\n"


@pytest.mark.parametrize("before", ["true", "scontrol reconfigure"])
def test_a_paused_daemon_says_nothing(cluster: Cluster, before: str) -> None:
    """A paused daemon keeps its port and answers nothing until it is resumed, even if it has
    restarted itself before."""
    assert cluster.run("login", before.split()).returncode == 0
    cluster.pause("login", "slurmctld")
    silent = cluster.run("login", ["timeout", "1", "squeue"]).returncode
    cluster.resume("login", "slurmctld")

    assert silent == 124
    assert cluster.run("login", ["squeue"]).returncode == 0


def test_settings_are_the_bridges_environment(cluster: Cluster) -> None:
    """The settings name the cluster, and the scratch directory is the service user's on the shared
    file system."""
    settings = cluster.settings()
    scratch = settings["JARVICE_JOB_SCRATCH_DIR"]
    as_user(cluster, f"echo shared >{scratch}x", host="node2")

    assert settings["JARVICE_SLURM_CLUSTER_ADDR"] == cluster.address
    assert settings["JARVICE_SLURM_SSH_HOST_KEY"].startswith("ssh-ed25519 AAAA")
    assert cluster.path(f"{scratch}x").read_text() == "shared\n"


def test_an_unknown_host_or_daemon_is_named(cluster: Cluster) -> None:
    """The error about an unknown host or daemon lists the known ones."""
    with pytest.raises(ClusterError, match="no host 'node3'; it has login"):
        cluster.run("node3", ["true"])
    with pytest.raises(ClusterError, match="no daemon 'slurm'; known are munged"):
        cluster.stop("login", "slurm")


def test_a_command_that_takes_too_long_is_killed(cluster: Cluster) -> None:
    """The time limit ends the command on the host, not just the waiting for it."""
    with pytest.raises(subprocess.TimeoutExpired):
        cluster.run("node1", ["sleep", "4711"], timeout=0.5)

    assert not [
        process for process in cluster.processes("node1") if process.command == "sleep 4711"
    ]
