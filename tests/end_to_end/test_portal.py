"""The portal without JavaScript, on a real Slurm cluster."""

import contextlib
import io
import re
import shlex
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.cluster import Cluster
from tests.dssr.http.web.browsing import Browser, alerts, states, text_of
from tests.end_to_end.service import Service, eventually

FAILING = '#!/bin/bash\nfor i in $(seq 1 3000); do echo "step $i: <b>&"; done\nexit 3\n'


@pytest.fixture(scope="module")
def service(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A bridge with a portal."""
    place = tmp_path_factory.mktemp("portal")
    service = Service(cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_WEB": "true",
        "JARVICE_WEB_STATE": str(place / "web"),
        "JARVICE_SCHED_TOKENS_FILE": _tokens(place),
        "WAITRESS_BIND_ADDRESS": "127.0.0.1",
    })  # fmt: skip
    yield service
    service.stop()


@pytest.fixture
def browser(service: Service) -> Browser:
    """A browser of someone who may submit."""
    browser = Browser(service.url)
    browser.log_in(TEXT)
    return browser


TOKEN, TEXT = mint("alice", Scope.SUBMIT, time.time(), None)


def _tokens(place: Path) -> str:
    token_file.add(str(place / "tokens.json"), TOKEN)
    return str(place / "tokens.json")


def _page_in(browser: Browser, path: str, *wanted: str) -> requests.Response:
    """The page of a job, once it is in one of these states."""
    return eventually(
        lambda: browser.open(path), lambda page: states(page)[0] in wanted, patience=120
    )


def test_a_job_from_the_form_to_its_end(browser: Browser) -> None:
    """A job is submitted by the form, ends, and its page says why; its output is shown, searched
    with an exact count, and downloaded with all files."""
    path = browser.submit(script=FAILING, name="relax", nodes="1", cores="1", walltime="5")
    page = _page_in(browser, path, "FAILED")
    assert "exit code 3" in text_of(page)
    assert "Time limit 5 min" in text_of(page)
    output = browser.open(f"{path}/output")
    assert "step 3000: <b>&" in text_of(output)
    assert "<b>" not in output.text
    found = browser.open(f"{path}/output", params={"q": "9: <b>"})
    assert re.findall(r'data-count="(\d+)"', found.text) == ["300"]
    assert browser.open(f"/api/v1{path}/archive.zip").content[:2] == b"PK"
    assert browser.open(f"/api/v1{path}/script").text == FAILING


def test_a_job_that_waits_says_why_and_is_cancelled(browser: Browser) -> None:
    """The page of a held job says why it waits, and its buttons release and cancel it."""
    path = browser.submit(script="#!/bin/bash\nsleep 600\n", held="on", walltime="20")
    page = _page_in(browser, path, "HELD")
    assert ">Release</button>" in page.text
    browser.fill_in(f"{path}/release")
    _page_in(browser, path, "PENDING", "RUNNING")
    browser.fill_in(f"{path}/cancel", {"confirmed": "1"})
    _page_in(browser, path, "CANCELLED")


def test_a_refusal_is_slurm_s_own(browser: Browser) -> None:
    """What sbatch refuses is shown in its own words, and the form is as it was filled in."""
    form = browser.new_form(partition="no-such-partition")
    page = browser.fill_in("/jobs", form)
    assert page.status_code == 422
    assert "invalid partition" in alerts(page)[0].lower()
    assert 'value="no-such-partition"' in page.text
    checked = browser.fill_in("/jobs", form | {"check": "1"})
    assert "invalid partition" in text_of(checked).lower()


@pytest.mark.parametrize("delay", [0.02, 0.06, 0.1, 0.3])
def test_a_bridge_that_is_killed_while_it_submits_makes_one_job(
    delay: float, service: Service, browser: Browser
) -> None:
    """When the bridge is killed during a submission, the same form sent again to the bridge that
    follows is one job."""
    name = f"killed-{delay}"
    form = browser.new_form(name=name, script="#!/bin/bash\nsleep 1\n")
    form["form_token"] = browser.form_token()

    def click() -> None:
        with contextlib.suppress(requests.ConnectionError):
            browser.fill_in("/jobs", form)

    clicking = threading.Thread(target=click)
    clicking.start()
    time.sleep(delay)
    service.kill()
    clicking.join()
    service.start()
    browser.root = service.url  # on another port, and so of another cookie
    browser.log_in(TEXT)
    form["form_token"] = browser.form_token()
    page = eventually(
        lambda: browser.fill_in("/jobs", form), lambda page: page.status_code != 503, patience=300
    )
    assert "/jobs/" in page.url, text_of(page)
    assert len(states(browser.open(f"/jobs?name={name}"))) == 1


def test_the_cluster_is_shown(browser: Browser) -> None:
    """The page of the cluster has Slurm's partitions and nodes, and its version."""
    text = text_of(browser.open("/cluster"))
    assert re.search(r"Slurm \d+\.\d+", text)
    assert "(default) UP" in text


NAMES = ["a'b\"c", "line\nbreak", "\u202egnp.exe", "x" * 255, "größe 1.txt", "<b>&amp;"]


def test_files_of_any_name_come_from_the_cluster(browser: Browser) -> None:
    """Names with quotes, a line break, marks of direction and 255 bytes are listed, downloaded, and
    in the archive."""
    lines = (f"printf %s {number} >{shlex.quote(name)}" for number, name in enumerate(NAMES))
    path = browser.submit(script="\n".join(("#!/bin/bash", *lines, "")), walltime="5")
    _page_in(browser, path, "COMPLETED")
    page = browser.open(f"{path}/files")
    links = re.findall(r'href="([^"]*)" download aria-label', page.text)
    contents = sorted(browser.open(link).content for link in links)
    assert contents == [b"%d" % number for number in range(len(NAMES))]
    assert "\u202e" not in page.text
    [link] = re.findall(r'href="([^"]*archive.zip[^"]*)"', page.text)
    with zipfile.ZipFile(io.BytesIO(browser.open(link).content)) as archive:
        found = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    assert found == {name: b"%d" % number for number, name in enumerate(NAMES)}


def test_an_edited_script_asks_for_what_it_says(browser: Browser) -> None:
    """A script that was edited by hand has the name and the resources of its own lines, and the
    fields that were filled in before say nothing."""
    script = "#!/bin/bash\n#SBATCH --job-name=by-hand --nodes=2 --time=7\nsrun hostname\n"
    path = browser.submit(name="unread", nodes="1", batch=script, shown="x")
    text = text_of(_page_in(browser, path, "COMPLETED"))
    for part in ("by-hand", "Nodes 2 nodes", "Time limit 7 min"):
        assert part in text
    assert browser.open(f"/api/v1{path}/script").text == script


def test_limits_are_those_of_the_cluster(browser: Browser) -> None:
    """The form has Slurm's partitions and what is free, marks what is more than there is, and a
    check says when the job would start, or why it would not."""
    text = text_of(browser.open("/submit"))
    assert re.search(r"\(default\): \d+ of \d+ nodes free", text)
    assert re.search(r"a node has \d+, at most \d+ free", text)
    preview = browser.fill_in("/submit/preview", {"script": "true", "nodes": "9999"}).json()
    assert re.search(r"has \d+ nodes", preview["limits"]["excesses"]["nodes"])
    page = browser.fill_in("/jobs", browser.new_form(check="1", nodes="1", walltime="5"))
    assert "The scheduler would take this job. It would start at" in text_of(page)
    form = browser.new_form(check="1", nodes="1", partition="short", walltime="20")
    text = text_of(browser.fill_in("/jobs", form))
    assert "time limit is longer than its partition allows" in text
    assert "would take this job" not in text
    assert "It would start" not in text


def test_input_files_are_there_when_the_job_starts(browser: Browser) -> None:
    """A job that is submitted with a file reads it from its first line on."""
    form = browser.new_form(script="#!/bin/bash\ncat data.txt\n")
    page = browser.fill_in("/jobs", form, files=[("files", ("data.txt", b"the data\n"))])
    path = page.url.removeprefix(browser.root)
    _page_in(browser, path, "COMPLETED")
    assert "the data" in text_of(browser.open(f"{path}/output"))
