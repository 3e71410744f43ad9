"""Where users' state and output are: in directories that no other user can touch."""

from collections.abc import Iterator

import pytest

from dssr.errors import Unavailable
from dssr.job import JobState
from dssr.testing.harness import LAUNCH, SUCCESS
from tests.cluster import Cluster
from tests.connectors.slurm.conftest import Begin
from tests.connectors.slurm.owned import USERS, ended, job, owner_of, submit

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]


class TestDirectories:
    """Where state and scratch directories are set, each user has their own below them."""

    @pytest.fixture
    def shared(self, site: Cluster) -> Iterator[dict[str, str]]:
        """A place that all users may write to, as scratch file systems are."""
        site.run(
            "login", ["install", "-d", "-m", "1777", "/srv/state", "/srv/scratch"]
        ).check_returncode()
        yield {"JARVICE_STATE_DIR": "/srv/state", "JARVICE_JOB_SCRATCH_DIR": "/srv/scratch"}
        site.run("login", ["rm", "-rf", "/srv/state", "/srv/scratch"])

    def test_each_user_makes_the_directories(
        self, site: Cluster, begin: Begin, shared: dict[str, str]
    ) -> None:
        """Each user makes their own directories, jobs run there, and no other user can look into
        them."""
        connector = begin(**shared)
        refs = {user: submit(connector, job(user, f"id -un; pwd\n{SUCCESS}")) for user in USERS}
        for user, ref in refs.items():
            assert ended(begin(**shared), ref)[0] is JobState.COMPLETED
            for directory in (f"/srv/state/{user}", f"/srv/scratch/{user}"):
                assert owner_of(site, directory) == user
                assert (
                    site.run(
                        "login", ["ls", directory], user={"alice": "bob", "bob": "alice"}[user]
                    ).returncode
                    != 0
                )
            assert owner_of(site, f"/srv/scratch/{user}/.jarvice/{ref.name}.out") == user
            connector.clean(ref)
            assert owner_of(site, f"/srv/scratch/{user}/.jarvice/{ref.name}.out") == ""

    @pytest.mark.parametrize(
        ("trap", "words"),
        [
            (
                "mkdir /srv/state/alice; chown bob /srv/state/alice; chmod 777 /srv/state/alice",
                "does not belong to alice",
            ),
            (
                "mkdir /srv/mine; chown alice /srv/mine; ln -s /srv/mine /srv/state/alice; chown "
                "-h bob /srv/state/alice",
                "belong",
            ),
            ("install -d -m 770 -o alice /srv/state/alice", "can be written by others"),
            ("install -d -m 777 -o alice /srv/scratch/alice", "can be written by others"),
            ("chmod 777 /srv/state", r"chmod \+t /srv/state"),
            ("chmod 755 /srv/state", "install -d -m 700 -o alice /srv/state/alice"),
        ],
    )
    def test_what_others_could_touch_is_refused(
        self, site: Cluster, begin: Begin, shared: dict[str, str], trap: str, words: str
    ) -> None:
        """A directory that other users could write to or swap is refused, with what is wrong and
        the command that helps; nothing is submitted."""
        site.run("login", ["sh", "-euc", trap]).check_returncode()
        connector = begin(**shared)
        with pytest.raises(Unavailable, match=words):
            connector.submit(job("alice"), LAUNCH)
        assert site.run("login", ["squeue", "-h", "-u", "alice"]).stdout == b""
        site.run("login", ["rm", "-rf", "/srv/mine"])

    def test_an_operator_who_makes_them(
        self, site: Cluster, begin: Begin, shared: dict[str, str]
    ) -> None:
        """Where an operator makes the directories, users need not write to what is above; a link
        that root has made is as good as a directory."""
        script = (
            "chmod 755 /srv/state /srv/scratch; install -d -m 700 -o alice /srv/state/alice "
            "/srv/elsewhere;"
            "ln -s /srv/elsewhere /srv/scratch/alice"
        )
        site.run("login", ["sh", "-euc", script]).check_returncode()
        ref = submit(begin(**shared), job("alice", SUCCESS))
        assert ended(begin(**shared), ref)[0] is JobState.COMPLETED
        site.run("login", ["rm", "-rf", "/srv/elsewhere"])
