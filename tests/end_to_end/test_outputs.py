"""Outputs of every kind in the portal, on this machine and on a real Slurm cluster: each page is
usable, and the count of a search is exact."""

import html
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.cluster import Cluster
from tests.dssr.http.web.browsing import Browser, states, text_of
from tests.end_to_end.service import Service, eventually

# Each prints the word "needle"; OUT is the file of its output.
_OUT = "#!/bin/bash\nOUT=$(readlink /proc/$$/fd/1)\n"
SCRIPTS = {
    "one-line": "printf needle; head -c 1000000 /dev/zero | tr '\\0' x; printf needle",
    "binary": "printf '\\x7fELF\\0needle\\377\\xfe'; head -c 300000 /dev/zero; printf 'needle\\0'",
    "ansi": "for i in $(seq 2000); do printf '\\e[3%dmneedle\\e[0m %d\\e]0;title\\a\\r\\n' "
    "$((i % 8)) $i; done",
    "truncated": "seq -f 'needle %.0f' 50000; truncate -s 0 \"$OUT\"; echo; echo needle after",
    "deleted": 'seq -f "needle %.0f" 100; rm "$OUT"',
    "growing": "for i in $(seq 200); do echo needle $i; sleep 0.02; done",
}
COUNTS = {"one-line": 2, "binary": 2, "ansi": 2000, "truncated": 1, "growing": 200}
TOKEN, TEXT = mint("alice", Scope.SUBMIT, time.time(), None)


def portal(place: Path, settings: Mapping[str, str]) -> Service:
    """A bridge with a portal."""
    token_file.add(str(place / "tokens.json"), TOKEN)
    return Service({
        **settings,
        "JARVICE_WEB": "true",
        "JARVICE_WEB_STATE": str(place / "web"),
        "JARVICE_SCHED_TOKENS_FILE": str(place / "tokens.json"),
        "WAITRESS_BIND_ADDRESS": "127.0.0.1",
    })  # fmt: skip


class Outputs:
    """A user's browser, and the paths of their jobs, by kind."""

    def __init__(self, service: Service, kinds: Mapping[str, str]) -> None:
        self.browser = Browser(service.url)
        self.browser.log_in(TEXT)
        self.paths = {
            kind: self.browser.submit(
                name=kind, script=f"{_OUT}{script}\n", walltime="5", cores="1"
            )
            for kind, script in kinds.items()
        }

    def page(self, kind: str, **query: Any) -> requests.Response:
        """The page of an output."""
        page = self.browser.open(f"{self.paths[kind]}/output", params=query)
        assert page.status_code == 200, page.text
        return page

    def count(self, kind: str) -> int:
        """How many needles a search finds."""
        [found] = re.findall(r'data-count="(\d+)"', self.page(kind, q="needle").text)
        return int(found)

    def ended(self, kind: str) -> None:
        """Wait until the job has ended, and with success."""
        seen = eventually(
            lambda: states(self.browser.open(self.paths[kind]))[0],
            lambda state: state not in ("PENDING", "RUNNING", "COMPLETING"),
        )
        assert seen == "COMPLETED"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A portal of this machine's jobs."""
    place = tmp_path_factory.mktemp("here")
    service = portal(place, {
        "JARVICE_BAREMETAL_CONNECTOR": "local",
        "JARVICE_STATE_DIR": str(place / "state"),
        "JARVICE_JOB_SCRATCH_DIR": str(place / "scratch"),
    })  # fmt: skip
    yield service
    service.stop()


@pytest.fixture(scope="module")
def on_this_machine(here: Service) -> Outputs:
    """Its jobs."""
    return Outputs(here, SCRIPTS)


@pytest.fixture(scope="module")
def on_slurm(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outputs]:
    """The same jobs on the cluster."""
    settings = cluster.settings() | {"JARVICE_BAREMETAL_EXECUTOR": "native"}
    service = portal(tmp_path_factory.mktemp("slurm"), settings)
    yield Outputs(service, SCRIPTS)
    service.stop()


@pytest.fixture(params=["on_this_machine", "on_slurm"])
def outputs(request: pytest.FixtureRequest) -> Outputs:
    """The jobs of each."""
    found: Outputs = request.getfixturevalue(request.param)
    return found


def test_the_search_in_a_growing_output_is_exact(outputs: Outputs) -> None:
    """While a job prints, the search finds what there is when it begins, and never less than
    before; at the end it finds all."""
    first = eventually(lambda: outputs.count("growing"))
    second = eventually(lambda: outputs.count("growing"), lambda found: found > first)
    assert first < second <= COUNTS["growing"]
    outputs.ended("growing")
    assert outputs.count("growing") == COUNTS["growing"]
    assert f"{COUNTS['growing']}needle {COUNTS['growing']}" in _lines(outputs.page("growing"))


@pytest.mark.parametrize("kind", ["one-line", "binary", "ansi", "truncated"])
def test_each_output_is_usable_and_searched(kind: str, outputs: Outputs) -> None:
    """One line of a megabyte, binary data, colours, and an output that its job has truncated: the
    page shows it, the count is exact, and a place of a search leads to what was found."""
    outputs.ended(kind)
    assert outputs.count(kind) == COUNTS[kind]
    found = outputs.page(kind, q="needle").text
    [*_, place] = re.findall(r'class="line"><a href="\?at=(\d+)#', found)
    assert "needle" in text_of(outputs.page(kind, at=place))
    shown = outputs.page(kind).text
    assert "\x1b" not in shown
    assert "title" not in _lines(outputs.page(kind))
    assert len(shown) < 2_000_000


def test_an_output_that_was_deleted_is_said(outputs: Outputs) -> None:
    """Where a job has deleted its output, the page says that there is none, and the search finds
    nothing."""
    outputs.ended("deleted")
    assert "or its output was deleted." in text_of(outputs.page("deleted"))
    assert outputs.count("deleted") == 0


def _lines(page: requests.Response) -> str:
    """The lines of an output, each with its number."""
    rows = re.findall(r'<div class="line"[^>]*>(.*?)</div>', page.text, re.S)
    return html.unescape("\n".join(re.sub("<[^>]*>", "", row) for row in rows))


@pytest.mark.long
def test_two_gigabytes(here: Service, record_property: Any) -> None:
    """An output of 2 GB is shown from its end at once, and a search goes through all of it."""
    script = 'echo needle; truncate -s 2G "$OUT"; echo; echo needle at the end'
    outputs = Outputs(here, {"huge": script})
    outputs.ended("huge")
    began = time.monotonic()
    assert "needle at the end" in text_of(outputs.page("huge"))
    shown = time.monotonic()
    assert outputs.count("huge") == 2
    record_property(
        "figure",
        f"the end of 2 GB is shown in {shown - began:.2f} s and 2 GB are searched in "
        f"{time.monotonic() - shown:.1f} s",
    )
