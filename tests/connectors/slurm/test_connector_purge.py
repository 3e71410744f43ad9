"""What the hourly purge takes from the state directory, and what it leaves."""

from collections.abc import Iterator

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell import cleaning
from dssr.job import JobSpec
from dssr.settings.reading import parse
from tests.cluster import Cluster
from tests.connectors.test_contract_slurm import SlurmHarness

pytestmark = pytest.mark.cluster
JOBS = "/home/jarvice/.jarvice/state/jobs"
SECRETS = (("JARVICE_DOCKER_PASSWORD", "aHVzaA=="),)


@pytest.fixture
def site(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[SlurmHarness]:
    """A connector that purges whenever it cleans up."""
    monkeypatch.setattr(cleaning, "_PURGE_EVERY", -1.0)
    made = SlurmHarness(cluster)
    made.settings = parse(cluster.settings(), SlurmSettings)
    yield made
    made.end()


def with_secrets(site: SlurmHarness, spec: JobSpec, **changes: object) -> str:
    """Submit a job with credentials, and make them two days old; the file."""
    ref = site.submit(site.job(spec.script, spec.name, secrets=SECRETS, **changes))
    job = site.sh(
        f'for l in {JOBS}/*/*/elected; do [ "$(readlink $l)" != "$1" ] || echo "${{l%/elected}}"; '
        f"done",
        ref.native_id,
    )
    path = f"{job.split()[0]}/secrets"
    site.sh('[ -f "$1" ] && touch -d "2 days ago" "$1"', path)
    return path


def test_credentials_of_jobs_that_are_no_more_go(site: SlurmHarness) -> None:
    """The purge keeps the credentials of a job that Slurm lists, for as long as it waits, and
    removes those of a submission that came to nothing."""
    assert isinstance(site.connector, SlurmConnector)
    waiting = with_secrets(site, site.succeeding(site.name()), held=True)
    nobody = f"{JOBS}/2026-01-01/{'0' * 32}.{site.name()}"
    young = f"{JOBS}/2026-01-01/{'1' * 32}.{site.name()}"
    site.sh(
        'mkdir -p "$1" "$2"; touch -d "2 days ago" "$1/secrets"; touch "$2/secrets"', nobody, young
    )
    purge(site)
    left = set(site.sh(f"ls {JOBS}/*/*/secrets").split())
    assert waiting in left
    assert f"{young}/secrets" in left  # its submission may be under way
    assert f"{nobody}/secrets" not in left
    site.sh('rm -r "$1" "$2"', nobody, young)


_MAKE = """
while read -r what; do
    mkdir -p "$0/$what"
    case $what in
        *listed*) ln -s "$1" "$0/$what/elected" ;;
        *) ln -s 999999 "$0/$what/elected" ;;
    esac
    case $what in
        *record*) echo exit=0 >"$0/$what/record" ;;
        *final*) ln -s 'FAILED|1|' "$0/$what/final" ;;
        *cancelled*) ln -s 1 "$0/$what/cancelled" ;;
        *missing*) ln -s 1 "$0/$what/missing" ;;
    esac
    case $what in *young*) age=27 ;; *) age=29 ;; esac
    touch -d "$age days ago" "$0/$what"
done
"""


def days_later(site: SlurmHarness, *jobs: str) -> set[str]:
    """What a purge leaves of these directories: each is a job whose words say what is known of it,
    of four weeks and a day, or a day less for a young one; the id of a listed one is that of a job
    that waits."""
    waiting = site.submit(site.job("", site.name(), held=True))
    place = f"{JOBS}/2026-01-02"
    done = site.cluster.run(
        "login",
        ["sh", "-c", _MAKE, place, waiting.native_id],
        user="jarvice",
        input="\n".join([*jobs, ""]),
    )
    assert done.returncode == 0, done.stderr
    purge(site)
    left = set(site.sh('ls "$1" 2>/dev/null || true', place).split())
    site.sh(
        'for each in "$1"/*; do readlink "$each/missing"; done >"$1.missing"; rm -rf "$1"', place
    )
    return left


def purge(site: SlurmHarness) -> None:
    """Let a job go its whole way, which purges."""
    ref = site.submit(site.succeeding(site.name()))
    site.result(ref)
    site.connector.clean(ref)


def test_jobs_whose_result_was_never_asked_for(site: SlurmHarness) -> None:
    """The purge removes a job four times the retention time after its end, by whatever it has left,
    and not before."""
    ended = [
        f"{word}.{age}"
        for word in ("record", "final", "cancelled", "missing")
        for age in ("old", "young")
    ]
    assert days_later(site, *ended) == {each for each in ended if "young" in each}


def test_a_job_that_has_not_ended_is_never_purged(site: SlurmHarness) -> None:
    """The purge keeps a job that Slurm lists, whatever it has left, because it may have been
    requeued; and one of which nothing is known, as long again after it was first found missing."""
    open_ = [
        f"listed.{word}" for word in ("record", "final", "cancelled", "missing", "nothing")
    ] + ["nothing", "nothing.young"]
    assert days_later(site, *open_) == set(open_)
    noted = site.sh(f"cat {JOBS}/2026-01-02.missing").split()
    assert len(noted) == 1  # the first purge's, of the old one
    assert int(noted[0]) > 1
    site.sh(f"rm {JOBS}/2026-01-02.missing")


def test_nothing_is_purged_that_only_silence_calls_ended(site: SlurmHarness) -> None:
    """The purge removes nothing while the controller does not answer: that it lists nothing is no
    evidence."""
    file = site.cluster.path("/usr/local/bin/squeue")
    file.write_text('#!/bin/sh\ncase $* in *"|%A|%o"*) exit 1 ;; esac\nexec /usr/bin/squeue "$@"\n')
    file.chmod(0o755)
    try:
        assert days_later(site, "record", "nothing") == {"record", "nothing"}
    finally:
        file.unlink()
    assert site.sh(f"cat {JOBS}/2026-01-02.missing; rm {JOBS}/2026-01-02.missing") == ""
