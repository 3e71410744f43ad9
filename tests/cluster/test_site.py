"""The options of a cluster do what they say."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.fixtures import ClusterFactory
from tests.cluster.options import Options
from tests.cluster.test_cluster import as_user, ssh

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def talkative(cluster_factory: ClusterFactory) -> Cluster:
    """A site with everything that talks or keeps or hides."""
    return cluster_factory(
        options=Options(
            site_wrapper=True,
            job_submit=True,
            chatty_shell=True,
            private_data=True,
            keep_scripts=True,
            max_sessions=3,
        )
    )


@pytest.fixture(scope="module")
def odd(cluster_factory: ClusterFactory) -> Cluster:
    """A site with csh, a slow rc file and no accounting."""
    return cluster_factory(
        options=Options(
            csh=True, slow_shell=True, chatty_shell=True, accounting=False, min_job_age=4
        )
    )


def test_wrapper_and_rc_file_talk_around_the_answer(talkative: Cluster, tmp_path: Path) -> None:
    """Banners are printed on both streams around sbatch's output, and its exit code is kept."""
    done = ssh(talkative, tmp_path, "login", "sbatch --parsable -H --wrap true")
    refused = ssh(talkative, tmp_path, "login", "sbatch -p nowhere --wrap true")

    lines = done.stdout.splitlines()
    assert lines[:2] == [
        "Welcome to the test cluster. 12345 jobs have run here.",
        "*** sbatch is a script of this site; maintenance starts on 4711-12-31 ***",
    ]
    assert lines[-1].isdigit()
    assert "module: loading" in done.stderr
    assert "core hours" in done.stderr
    assert refused.returncode == 1


@pytest.mark.parametrize(
    ("ask", "reason"), [("-p forbidden", "closed for everybody"), ("-L frozen", "not for you")]
)
def test_the_site_refuses_in_its_own_words(talkative: Cluster, ask: str, reason: str) -> None:
    """The job_submit plugin prints a message for the user, and its refusal is an error of
    sbatch."""
    done = talkative.run("login", ["sh", "-c", f"sbatch {ask} --wrap true"], user="alice")

    assert done.returncode == 1
    assert "sbatch: error: site: jobs are charged" in done.stderr.decode()
    assert reason in done.stderr.decode()


def test_private_jobs_are_hidden_from_others_only(talkative: Cluster) -> None:
    """With PrivateData=jobs users see their own jobs, and the coordinator sees those of the
    account."""
    job = as_user(talkative, "/usr/bin/sbatch --parsable -H --wrap true", user="alice").strip()
    seen = {
        user: as_user(talkative, "/usr/bin/squeue -h -o %A", user=user).split()
        for user in ("alice", "bob", "jarvice")
    }

    assert job in seen["alice"]
    assert job not in seen["bob"]
    assert job in seen["jarvice"]


def test_accounting_keeps_the_batch_script(talkative: Cluster) -> None:
    """With AccountingStoreFlags=job_script, sacct still shows the batch script after the
    submission."""
    job = as_user(
        talkative, "/usr/bin/sbatch --parsable -H --wrap 'echo kept for good'", user="alice"
    ).strip()

    assert "echo kept for good" in as_user(
        talkative, f"sleep 1; /usr/bin/sacct -j {job} --batch-script", user="alice"
    )


def test_sshd_counts_the_channels(talkative: Cluster) -> None:
    """sshd reports the MaxSessions that the option sets."""
    printed = talkative.run(
        "login", ["sh", "-c", "/usr/sbin/sshd -T -h /etc/ssh/hostkeys/login"]
    ).stdout.decode()

    assert "maxsessions 3\n" in printed


def test_csh_with_a_slow_rc_file_is_still_a_shell(odd: Cluster, tmp_path: Path) -> None:
    """The login shell is tcsh, and it prints its banner before it runs a command."""
    done = ssh(odd, tmp_path, "login", "echo $shell")

    assert done.stdout.splitlines() == [
        "Welcome to the test cluster. 12345 jobs have run here.",
        "/usr/bin/tcsh",
    ]
    assert "module: loading" in done.stderr


def test_without_accounting_jobs_run_and_sacct_fails(odd: Cluster) -> None:
    """Without a database jobs run, and sacct reports that accounting is disabled."""
    assert as_user(odd, "srun -n1 hostname") in ("node1\n", "node2\n")
    assert "disabled" in odd.run("login", ["sacct"], user="jarvice").stderr.decode()


def test_two_clusters_have_networks_of_their_own(talkative: Cluster, odd: Cluster) -> None:
    """A host of one cluster cannot reach a host of another cluster."""
    reach = ["timeout", "1", "sh", "-c", f"socat -u TCP:{odd.address}:22,connect-timeout=1 STDOUT"]

    assert talkative.address != odd.address
    assert talkative.run("login", reach).returncode != 0
    assert (
        subprocess.run(["ip", "-br", "address"], capture_output=True, check=True).stdout.count(
            b"198.18."
        )
        >= 2
    )
