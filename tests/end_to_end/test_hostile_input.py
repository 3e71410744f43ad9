"""What a caller sends reaches the node as it was sent, and nothing on the way takes it for a
command.

On a site that makes it hard: tcsh as login shell, which reads '!' and newlines even between single
quotes, banners on both streams, and site scripts around Slurm's commands.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.cluster import Cluster, Options
from tests.cluster.fixtures import ClusterFactory
from tests.end_to_end import hostile
from tests.end_to_end.conftest import Start
from tests.end_to_end.service import Job, Service, numbers, script

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(900)]
AT_ONCE = 8
SHOWS = """\
b() { printf %s "$1" | base64 -w0; echo; }
b "$SLURM_JOB_NAME"; b "$JARVICE_APP_IMAGE"
printf %s "$JARVICE_DOCKER_PASSWORD" | base64 -d | base64 -w0; echo
base64 -w0 "$DSSR_JOB_DIR/script"; echo
echo JARVICE_CMD_SUCCESS
exit 0
"""
HOST = "registry.example"
_GENERATED = {
    "deadline": None,
    "database": None,
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


@dataclass(frozen=True)
class Wish:
    """What one job sends, and is to find."""

    name: str
    repo: str
    password: str
    rest: str  # of the script, behind its end

    @property
    def keys(self) -> dict[str, str]:
        secret = {"server": HOST, "username": "u", "password": self.password}
        return {"JOBOBJ_REPO": self.repo, "JOBOBJ_DOCKER_SECRET": json.dumps(secret)}

    @property
    def script(self) -> str:
        return SHOWS + script(self.rest, **self.keys)

    @property
    def expected(self) -> list[bytes]:
        """Name, image, password and script, as the node is to see them."""
        kept = self.script.replace(
            f"SECRET={self.keys['JOBOBJ_DOCKER_SECRET']}\n", "SECRET=$JOBOBJ_DOCKER_SECRET\n"
        )
        image = f"docker://{self.repo.strip()}"
        return [word.encode() for word in (f"jarvice_{self.name}", image, self.password, kept)]


_lines = hostile.lines.filter(lambda line: "{DOWNSTREAM_PARAMETERS}" not in line)
wishes = st.builds(
    Wish,
    hostile.names,
    _lines.map(lambda line: f"{HOST}/{line}"),
    _lines,
    st.lists(_lines).map("\n".join),
)


@pytest.fixture(scope="module")
def site(cluster_factory: ClusterFactory) -> Cluster:
    """A site that makes it difficult."""
    return cluster_factory(options=Options(csh=True, chatty_shell=True, site_wrapper=True))


@pytest.fixture(scope="module")
def bridge(site: Cluster, start: Start) -> Service:
    """A bridge on that site."""
    return start(site.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"})


@pytest.fixture(scope="session")
def examples(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """``examples(n)``: how many examples are tried, where a short run tries ``n``."""
    factor = 10 if request.config.getoption("--long") else 1
    return lambda short: short * factor


def traces(site: Cluster) -> list[Path]:
    """What a command would have left."""
    return list(site.path("/home/jarvice").glob("*pwned*"))


def test_the_node_sees_what_was_sent(
    bridge: Service, site: Cluster, examples: Callable[[int], int]
) -> None:
    """The node sees job name, image, password and script byte for byte, for many jobs at a time."""

    @settings(max_examples=examples(3), **_GENERATED)  # type: ignore[arg-type]
    @given(st.lists(wishes, min_size=AT_ONCE, max_size=AT_ONCE))
    def holds(sent: list[Wish]) -> None:
        jobs = [bridge.submit(wish.script, wish.name) for wish in sent]
        for wish, job in zip(sent, jobs, strict=True):
            rc, _, output, _ = bridge.end_of(job)
            assert [base64.b64decode(line) for line in output.splitlines()[:4]] == wish.expected
            assert rc == 0
        assert traces(site) == []

    holds()


def test_a_plain_script_arrives_as_it_was_sent(
    bridge: Service, site: Cluster, examples: Callable[[int], int]
) -> None:
    """A plain script arrives as it was sent, whatever lines follow its end, with or without a last
    newline; only DOS line breaks are not possible."""
    head = '#!/bin/bash\nbase64 -w0 "$0"; echo; exit 0\n'

    @settings(max_examples=examples(2), **_GENERATED)  # type: ignore[arg-type]
    @given(
        st.lists(
            st.lists(hostile.lines.map(lambda line: line.rstrip("\r")), min_size=1).map("\n".join),
            min_size=AT_ONCE,
            max_size=AT_ONCE,
        )
    )
    def holds(sent: list[str]) -> None:
        jobs = [bridge.submit(head + rest, "plain") for rest in sent]
        for rest, job in zip(sent, jobs, strict=True):
            rc, _, output, _ = bridge.end_of(job)
            assert base64.b64decode(output.splitlines()[0]) == (head + rest).encode()
            assert rc == 0
        assert traces(site) == []

    holds()


def test_an_option_s_value_reaches_slurm_as_one_word(
    bridge: Service, site: Cluster, examples: Callable[[int], int]
) -> None:
    """Slurm shows the value as it was sent, for two options that take any text."""

    @settings(max_examples=examples(20), **_GENERATED)  # type: ignore[arg-type]
    @given(_lines.map(lambda v: v.replace("\r", "").strip()).filter(bool))
    def holds(value: str) -> None:
        devices = [
            "exclusive=False",
            f"sbatch_mail-user={value}",
            f"sbatch_network={value}",
            "sbatch_mail-type=TIME_LIMIT_90",
        ]
        job = bridge.submit(script("true", JOBOBJ_DEVICES=json.dumps(devices)), "told", held=True)
        shown = site.run("login", ["/usr/bin/scontrol", "show", "job", job.jobid]).stdout
        assert f" Network={value}\n".encode() in shown
        assert f" MailUser={value} MailType=".encode() in shown
        assert bridge.post("/terminate", job.args).json() is True

    holds()
    assert traces(site) == []


def test_hostile_text_in_any_field(
    bridge: Service, site: Cluster, examples: Callable[[int], int]
) -> None:
    """Hostile text in any field is submitted as data or refused with one sentence, and none of it
    runs."""
    taken: set[str] = set()

    @settings(max_examples=examples(60), **_GENERATED)  # type: ignore[arg-type]
    @given(hostile.scripts, hostile.names | hostile.lines)
    def holds(text: str, name: str) -> None:
        number = next(numbers)
        answer = bridge.try_submit(text, name, number, held=True)
        assert answer.status_code in (200, 400, 413), answer.text
        if answer.status_code == 200:
            job = Job(name, number, *answer.json())
            assert bridge.post("/terminate", job.args).json() is True
            taken.add(job.jobid)
        else:
            assert answer.text.count("\n") == 1

    before = {path.name for path in site.path("/home/jarvice").iterdir()}
    holds()
    listed = (
        site.run("login", ["/usr/bin/squeue", "-h", "-t", "pending,running", "-o", "%A"])
        .stdout.decode()
        .split()
    )
    assert set(listed) <= taken
    assert {path.name for path in site.path("/home/jarvice").iterdir()} == before
