"""The pages of the examples, in a real browser, at http://NAME.localhost:PORT/."""

import secrets

import pytest
from playwright.sync_api import Page

from tests.cluster import Cluster
from tests.deploy.services.conftest import Up

pytestmark = pytest.mark.cluster


def test_a_dashboard_reacts(up: Up, page: Page) -> None:
    """Panel's page shows its job, and a slider's move changes what it shows."""
    board = up("panel", "--health", "/liveness")
    page.goto(board["browser_url"])
    page.get_by_text(f"Job {board['job']} on {board['node']}").wait_for()
    page.get_by_text("After 100 steps").wait_for()
    slider = page.locator(".noUi-handle").first
    slider.focus()
    slider.press("ArrowRight")
    page.get_by_text("After 101 steps").wait_for()


def test_a_cell_runs_in_jupyterlab(up: Up, page: Page, cluster: Cluster) -> None:
    """JupyterLab lets the browser in with the token alone, and a cell runs in the job."""
    token = secrets.token_hex(24)
    options = ("--env", "JUPYTER_TOKEN", "--health", "/api", "--path", "/lab", "--no-overlap")
    lab = up("jupyterlab", *options, JUPYTER_TOKEN=token)
    assert lab["warnings"] == []
    page.goto(lab["browser_url"] + "lab")
    page.locator("#password_input").fill(token)
    page.keyboard.press("Enter")
    page.locator(".jp-LauncherCard", has_text="Python 3").first.click()
    # Before it has a kernel, JupyterLab drops what is run, though its toolbar shows "idle".
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    cell = page.locator(".jp-Notebook .jp-Cell .cm-content").first
    cell.fill("import os; print('in job', os.environ['SLURM_JOB_ID'], 6 * 7)")
    cell.press("Shift+Enter")
    page.locator(".jp-OutputArea-output", has_text=f"in job {lab['job']} 42").wait_for()
    processes = cluster.processes(lab["node"])
    assert [p for p in processes if "jupyterlab" in str(p.command)]
    assert [p for p in processes if token in str(p.command)] == []
