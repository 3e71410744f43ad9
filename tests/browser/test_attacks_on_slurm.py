"""What Slurm says in words of others stays text on the portal's pages."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.portal import Portal, ready
from tests.browser.test_attacks import PAYLOADS
from tests.cluster import Cluster
from tests.end_to_end.service import eventually

# What scontrol and sbatch take as one word.
TEXTS = [text for text in PAYLOADS if text.isprintable() and '"' not in text][:20]


@pytest.fixture
def drained(cluster: Cluster) -> Iterator[str]:
    """A node that is drained for a reason with these texts; the reason."""
    reason = " ".join(TEXTS)[:900]
    update = ["scontrol", "update", "nodename=node2", "state=drain", f"reason={reason}"]
    done = cluster.run("login", update)
    assert done.returncode == 0, done.stderr
    yield reason
    cluster.run("login", ["scontrol", "update", "nodename=node2", "state=resume"])


def test_reasons_and_errors_of_slurm_are_text(
    page: Page, slurm_portal: Portal, drained: str
) -> None:
    """The reason of a node on the cluster's page, why a job waits for that node, and the words in
    which sbatch refuses a partition, are as they were written, and nothing in them runs."""
    slurm_portal.log_in(page)

    def nodes() -> str:
        page.goto(f"{slurm_portal.url}/cluster")
        ready(page)
        return page.inner_text("main")

    shown = eventually(nodes, lambda text: drained[:60] in " ".join(text.split()))
    assert drained[-60:] in " ".join(shown.split())
    asked = {"script": "true\n", "options": {"nodelist": "node2"}}
    job = slurm_portal.call("POST", "/jobs", json=asked).json()["id"]
    page.goto(f"{slurm_portal.url}/jobs/{job}")
    expect(page.locator(".why .summary")).to_be_visible()
    assert "hit" not in page.title()
    slurm_portal.call("DELETE", f"/jobs/{job}")
    for text in ("<img/src=x/onerror=document.title=1>", "<script>document.title=1</script>"):
        page.goto(f"{slurm_portal.url}/submit")
        page.fill("[name=partition]", text)
        page.fill("[name=script]", "true\n")
        page.click("button[name=submit]")
        expect(page.locator("main > .problem").first).to_be_visible()
        assert page.input_value("[name=partition]") == text
        assert page.title().startswith("Submit a job")
