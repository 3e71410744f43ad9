"""The tour of the portal on a real Slurm cluster."""

from playwright.sync_api import Page, expect

from tests.browser.portal import Portal
from tests.browser.touring import check, tour, wait_for_state


def test_the_tour_on_slurm(page: Page, slurm_portal: Portal) -> None:
    """The tour is the same on Slurm, where jobs wait, run and end on other hosts."""
    tour(page, slurm_portal)


def test_a_job_that_waits(page: Page, slurm_portal: Portal) -> None:
    """The page of a job that waits says why, and when Slurm expects it to start."""
    slurm_portal.log_in(page)
    slurm_portal.submit(page, "tonight", "#!/bin/bash\n#SBATCH --begin=now+1hour\nhostname\n")
    wait_for_state(page, "PENDING")
    why = page.locator(".why")
    expect(why).to_contain_text("start time (--begin) is in the future")
    expect(why).to_contain_text("The scheduler expects it to start at")
    check(page, "waits")
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel it").click()
    wait_for_state(page, "CANCELLED")
