"""Connections that break between a client and a bridge, at every interesting byte."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from dssr.client import Client
from dssr.client.upload import PART
from tests.dssr.client.conftest import here
from tests.end_to_end.service import Service
from tests.faults.relay import Relay, Way

SIZE = 3 * PART + 1000


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A relay in front of a bridge that runs jobs on this machine."""
    service = Service(here(tmp_path_factory.mktemp("home")))
    with Relay("127.0.0.1", urlsplit(service.url).port or 0) as made:
        yield made
    service.stop()


@pytest.fixture
def client(relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client that calls through the relay, and comes back soon."""
    relay.relent()
    for name in ("session._COME_BACK", "transfer._PAUSE", "download._PAUSE", "upload._PAUSE"):
        monkeypatch.setattr(f"dssr.client.{name}", 0.1)
    with Client(f"http://127.0.0.1:{relay.port}", environ={"HOME": str(tmp_path)}) as made:
        made.cluster()
        yield made


@pytest.mark.parametrize(
    ("way", "after"),
    [("up", 0), ("up", 1), ("up", 200), *(("down", n) for n in (0, 1, 40, 100, 200, 300, 500))],
)
def test_a_lost_response_gives_one_job(client: Client, relay: Relay, way: Way, after: int) -> None:
    """Wherever the connection is cut, a submission gives one job."""
    name = f"lost-{way}-{after}"
    relay.cut(way, after)
    job = client.submit("true", name=name)
    assert relay.struck.is_set()
    assert [found.id for found in client.jobs(name=name)] == [job.id]


def test_a_connection_that_falls_silent_is_left(
    client: Client, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that gets no byte is sent again over another connection."""
    monkeypatch.setattr("dssr.client.session.READ", 1.0)
    relay.stall("down", 0)
    job = client.submit("true", name="silent")
    assert relay.struck.is_set()
    assert [found.id for found in client.jobs(name="silent")] == [job.id]


def test_output_that_is_followed_has_each_byte_once(client: Client, relay: Relay) -> None:
    """A stream that breaks goes on where it broke, and reports the end."""
    job = client.submit("for i in $(seq 1 6); do echo line $i; sleep 1; done")
    parts = []
    for text in job.follow():
        parts.append(text)
        relay.cut_now()
    assert "".join(parts) == "".join(f"line {n}\n" for n in range(1, 7))
    assert len(parts) > 1


def test_each_end_comes_once(client: Client, relay: Relay) -> None:
    """Events that break go on behind the last final state."""
    events = client.events(after=0)
    ended = []
    for number in range(3):
        job = client.submit("true", name=f"event-{number}")
        relay.cut_now()
        ended += [next(e["job"]["id"] for e in events if e["job"]["is_final"])]
        while ended[-1] != job.id:
            ended += [next(e["job"]["id"] for e in events if e["job"]["is_final"])]
    assert len(ended) == len(set(ended))


@pytest.mark.parametrize("after", [100, SIZE // 3, SIZE - 10])
def test_a_download_goes_on_where_it_broke(
    client: Client, relay: Relay, after: int, tmp_path: Path
) -> None:
    """A file and an output that break come whole, and what had arrived is not sent again."""
    job = client.submit(f"head -c {SIZE} /dev/urandom | tee file").wait(60)
    expected = Path(job.document["working_directory"], "file").read_bytes()
    before = relay.carried["down"]
    relay.cut("down", after)
    assert job.files.download("file", tmp_path).read_bytes() == expected
    assert relay.struck.is_set()
    assert relay.carried["down"] - before < SIZE + PART
    relay.cut("down", after)
    assert b"".join(job.output_pieces()) == expected
    assert relay.struck.is_set()


@pytest.mark.parametrize(
    ("way", "after"),
    [("up", 1000), ("up", PART + 2000), ("up", SIZE), ("down", 0), ("down", 500), ("down", 1000)],
)
def test_an_upload_goes_on_where_it_broke(
    client: Client, relay: Relay, way: Way, after: int, tmp_path: Path
) -> None:
    """A file arrives whole, wherever the connection is cut."""
    job = client.submit("true").wait(60)
    (tmp_path / "file").write_bytes(os.urandom(SIZE))
    before = relay.carried["up"]
    relay.cut(way, after)
    job.files.upload(tmp_path / "file")
    arrived = Path(job.document["working_directory"], "file").read_bytes()
    assert arrived == (tmp_path / "file").read_bytes()
    assert relay.struck.is_set()
    assert relay.carried["up"] - before < SIZE + 2 * PART


def test_an_upload_of_an_earlier_program_is_continued(
    client: Client, relay: Relay, tmp_path: Path
) -> None:
    """With ``resume``, what an earlier call has sent is not sent again."""
    job = client.submit("true").wait(60)
    (tmp_path / "file").write_bytes(os.urandom(SIZE))

    def stop(done: int, _total: int | None) -> None:
        if done >= 2 * PART:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        job.files.upload(tmp_path / "file", progress=stop)
    before = relay.carried["up"]
    job.files.upload(tmp_path / "file", resume=True)
    assert relay.carried["up"] - before < 2 * PART
    arrived = Path(job.document["working_directory"], "file").read_bytes()
    assert arrived == (tmp_path / "file").read_bytes()
