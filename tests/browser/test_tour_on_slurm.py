"""The tour of the portal on a real Slurm cluster."""

from playwright.sync_api import Page

from tests.browser.portal import Portal
from tests.browser.touring import tour


def test_the_tour_on_slurm(page: Page, slurm_portal: Portal) -> None:
    """The tour is the same on Slurm, where jobs wait, run and end on other hosts."""
    tour(page, slurm_portal)
