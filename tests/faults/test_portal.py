"""The portal while a part of the cluster fails: each page says so in a sentence, with the age of
what it shows, and shows nothing that is made up."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.cluster import Cluster
from tests.connectors.transports.ssh.impostor import Detour, Impostor
from tests.dssr.http.web.browsing import alerts, states, text_of
from tests.end_to_end.service import eventually
from tests.faults.conftest import through
from tests.faults.visitor import SHOW_JOBS, Visitor

pytestmark = pytest.mark.cluster
Begin = Callable[..., Visitor]


@pytest.fixture(scope="module")
def begin(site: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """``begin(settings)``: visitors of the cluster."""
    begun: list[Visitor] = []

    def start(**more: str) -> Visitor:
        begun.append(Visitor(site, tmp_path_factory.mktemp("portal"), **more))
        return begun[-1]

    yield start
    for each in begun:
        each.service.stop()


@pytest.fixture
def way(whole: Cluster) -> Iterator[Detour]:
    """The way to the login node."""
    detour = Detour(whole.address, whole.port)
    yield detour
    detour.close()


def test_a_silent_cluster_and_another_host_key(
    begin: Begin, way: Detour, whole: Cluster, impostor: Impostor
) -> None:
    """While the login node does not answer, and while another machine answers in its place, each
    page says which, and shows what was last seen; the impostor learns nothing."""
    other = Detour(whole.address, whole.port)
    silent, deceived = (begin(**through(each)) for each in (way, other))
    with socket.create_server(("127.0.0.1", 0)) as nobody:  # takes connections, and says nothing
        way.aim("127.0.0.1", nobody.getsockname()[1])
        other.aim("127.0.0.1", impostor.port)
        deceived.sees("presents another host key")
        silent.sees("did not answer as SSH")
        unknown = silent.open("/jobs/never-seen")
        assert (unknown.status_code, states(unknown)) == (503, [])
        refused = silent.browser.fill_in("/jobs", silent.browser.new_form(name="late"))
        assert refused.status_code == 503
        assert "it is one job all the same" in alerts(refused)[0]
    assert impostor.learnt_nothing
    way.aim(whole.address, whole.port)
    eventually(lambda: alerts(silent.open("/jobs")), lambda said: said == [])
    other.close()


def test_a_controller_and_an_accounting_that_are_silent(begin: Begin, whole: Cluster) -> None:
    """While slurmdbd is down, jobs run and end as before, and each page says that figures may be
    missing, with the age of that. While the controller is silent as well, the pages of jobs say so
    with the age of what they show, a job that ends is not said to have ended until there is
    evidence, and its output and files are there."""
    visitor = begin()
    whole.stop("login", "slurmdbd")
    ended = visitor.browser.submit(script="#!/bin/bash\necho printed\nexit 3\n", name="ends")
    eventually(lambda: states(visitor.browser.open(ended)), lambda seen: seen == ["FAILED"])
    assert "Exit code 3" in text_of(visitor.browser.open(ended))
    said = "figures of jobs that have ended may be missing"
    eventually(lambda: said in text_of(visitor.open("/cluster")))
    before = visitor.open_all()
    for page, answer in before.items():
        assert f"{said}, and so may" in text_of(answer), page
        assert "It was asked" in text_of(answer), page
    whole.pause("login", "slurmctld")
    said = eventually(lambda: " ".join(alerts(visitor.open("/jobs"))))
    assert "This page shows what was known" in said
    for page, answer in visitor.open_all().items():
        assert answer.status_code in (200, 503), page
        if page in SHOW_JOBS:
            assert "This page shows what was known" in alerts(answer)[0], page
            shown = states(before[page]) if answer.status_code == 200 else []
            assert states(answer) == shown, page
    assert states(visitor.open("{job}")) == ["RUNNING"]
    assert "printed" in text_of(visitor.browser.open(f"{ended}/output"))
    assert visitor.browser.open(f"{ended}/files").status_code == 200
