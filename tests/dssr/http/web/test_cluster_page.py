"""The page of the cluster."""

import time
from typing import Any

from dssr.errors import ConnectFailed
from dssr.seams import ClusterLimits, ClusterView, Count, Node, Partition
from tests.dssr.http.web.browsing import Browser, alerts, text_of

COUNT = Count(total=4, free=3, busy=1, down=0)
PARTITIONS = [Partition("batch<b>", True, "UP", COUNT, COUNT, COUNT, Count(), 3600)]
NODES = [
    Node("n10", "IDLE", ("batch",), COUNT, COUNT, Count()),
    Node("n2", "DOWN*", ("batch",), COUNT, COUNT, Count(), "disk <b>full</b>", 0.0),
]


def _show(portal: Any, problem: str = "", accounting: str = "") -> None:
    def cluster() -> ClusterView:
        if problem:
            raise ConnectFailed(problem)
        limits, now = ClusterLimits(), time.monotonic()
        return ClusterView(
            *("slurm", "24.11", "login", PARTITIONS, NODES, [], limits, now), accounting=accounting
        )

    portal.connector.cluster = cluster


def test_partitions_and_nodes_are_shown(portal: Any, browser: Browser) -> None:
    """The page has the free nodes and limits of each partition, and why a node is down."""
    _show(portal)
    page = browser.open("/cluster")
    text = text_of(page)
    assert "Slurm 24.11, asked on login" in text
    assert "batch<b> (default) UP 3 of 4" in text
    down = "n2 DOWN* 3 of 4 3 MB of 4 MB – 1970-01-01 00:00:00 UTC disk <b>full</b>"
    assert text.index(down) < text.index("n10 IDLE")
    assert "<b>" not in page.text


def test_a_silent_cluster_is_said(portal: Any) -> None:
    """While the cluster does not answer, the page has that sentence and the figures that were last
    seen, with their age; none where it has never answered."""
    _show(portal, "The login node cannot be reached.")
    browser = portal.browser()
    page = browser.open("/cluster")
    assert page.status_code == 200
    assert "cannot be reached" in alerts(page)[0]
    assert "has not answered yet" in alerts(page)[0]
    assert "Partitions" not in text_of(page)
    _show(portal)
    browser.open("/cluster")
    _show(portal, "The login node cannot be reached.")
    page = browser.open("/cluster")
    assert "cannot be reached" in alerts(page)[0]
    assert "This page shows what was known 0 s ago." in alerts(page)[0]
    assert "batch<b> (default) UP 3 of 4" in text_of(page)
    form = text_of(browser.open("/submit"))
    assert "are not shown: The login node cannot be reached." in form
    assert "nodes free" not in form


def test_limits_are_at_the_field_of_the_form(portal: Any, browser: Browser) -> None:
    """The form shows what is free in each partition, and its limits."""
    _show(portal)
    assert "batch<b> (default): 3 of 4 nodes free, at most 01:00:00" in text_of(
        browser.open("/submit")
    )


def test_the_form_is_there_while_the_cluster_is_silent(portal: Any, browser: Browser) -> None:
    """Without an answer of the cluster the form says why it has no limits, and makes the script all
    the same."""
    _show(portal, "The login node cannot be reached.")
    text = text_of(browser.open("/submit"))
    assert "Limits and free nodes are not shown: The login node cannot be reached." in text
    preview = browser.fill_in("/submit/preview", {"script": "true", "nodes": "2"}).json()
    assert preview["script"] == "#!/bin/bash\n#SBATCH --nodes=2\n\ntrue\n"
    assert preview["limits"] == {"hints": {}, "excesses": {}, "start": ""}


def test_a_cluster_without_accounting_is_said_on_each_page(portal: Any, browser: Browser) -> None:
    """Where the ends of jobs are not known from accounting, each page says so, with the age of
    that; where they are, none does."""
    path = browser.submit()
    pages = ("/", "/jobs", path, f"{path}/output", "/submit", "/cluster", "/account")
    assert "no accounting" not in "".join(text_of(browser.open(page)) for page in pages)
    _show(portal, accounting="The cluster keeps no accounting.")
    browser.open("/cluster")
    for page in pages:
        text = text_of(browser.open(page))
        assert "The cluster keeps no accounting. It was asked 0 s ago." in text, page
