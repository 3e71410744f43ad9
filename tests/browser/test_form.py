"""The form of a job in a real browser: the script beside it, edits by hand, files."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.portal import Portal, ready
from tests.browser.touring import check, wait_for_state


def _open(page: Page, portal: Portal) -> None:
    portal.log_in(page)
    page.goto(f"{portal.url}/submit")
    ready(page)


def test_the_script_is_shown_while_the_form_is_filled_in(page: Page, portal: Portal) -> None:
    """Each key changes the script beside the form; limits and mistakes are at their fields; what
    the page promises, the job is."""
    _open(page, portal)
    batch = page.locator("#batch")
    page.fill("[name=name]", "shown")
    page.fill("[name=script]", "echo hi")
    page.fill("[name=nodes]", "1")
    expect(batch).to_have_value(
        "#!/bin/bash\n#SBATCH --job-name=shown\n#SBATCH --nodes=1\n\necho hi\n"
    )
    expect(page.locator("[data-start]")).to_contain_text("it could start at once")
    page.fill("[name=cores]", "99999")
    page.fill("[name=walltime]", "soon")
    expect(page.locator("[data-excess=cores]")).to_contain_text("has more than")
    expect(page.locator("[data-problem=walltime]")).to_contain_text("'soon' is no time limit")
    expect(page.locator("[name=walltime]")).to_have_attribute("aria-invalid", "true")
    check(page, "form-wrong")
    page.fill("[name=cores]", "1")
    page.fill("[name=walltime]", "5")
    expect(page.locator("[data-excess=cores]")).to_be_hidden()
    expect(page.locator("[data-problem=walltime]")).to_be_hidden()
    shown = batch.input_value()
    page.click("button[name=check]")
    page.wait_for_selector("#checked")
    assert page.locator("#batch").input_value() == shown
    page.click("button[name=submit]")
    wait_for_state(page, "COMPLETED")


def test_an_edit_by_hand_locks_the_form(page: Page, portal: Portal) -> None:
    """Who edits the script finds the fields locked until they discard the edits; what is edited is
    submitted as it is."""
    _open(page, portal)
    page.fill("[name=name]", "before")
    page.wait_for_selector("form[data-previewed]")
    locked, name = page.locator("[data-locked]"), page.locator("[name=name]")
    page.locator("#batch").press("Control+End")
    page.keyboard.type("echo by hand")
    expect(locked).to_be_visible()
    expect(page.locator("[data-start]")).to_be_hidden()
    assert page.evaluate("e => e.closest('[inert]') !== null", name.element_handle())
    expect(locked).to_contain_text("Discard edits?")
    check(page, "form-edited")
    page.click("text=Discard edits >> nth=-1")
    expect(locked).to_be_hidden()
    page.fill("[name=name]", "after")
    expect(page.locator("#batch")).to_have_value("#!/bin/bash\n#SBATCH --job-name=after\n")
    edited = "#!/bin/sh\n#SBATCH --job-name=own\necho own\n"
    page.fill("#batch", edited)
    page.click("button[name=submit]")
    page.wait_for_selector("h1 [data-state]")
    assert page.inner_text("pre.script") == edited
    assert page.inner_text("h1").startswith("own")


def test_files_come_with_the_form(page: Page, portal: Portal, tmp_path: Path) -> None:
    """A script from a file is put right, and the page says so; an input file is there when the job
    starts; what is pasted with Windows line ends is put right, too."""
    _open(page, portal)
    (tmp_path / "run.sh").write_bytes(b"\xef\xbb\xbf#!/bin/bash\r\ncat data.txt\r\n")
    (tmp_path / "data.txt").write_text("the data\n")
    page.set_input_files("[name=script_file]", tmp_path / "run.sh")
    fixed = page.locator("[data-fixed]")
    expect(fixed).to_contain_text(
        "run.sh had a byte-order mark and Windows line ends (CRLF): the script is without."
    )
    assert page.input_value("[name=script]") == "#!/bin/bash\ncat data.txt\n"
    page.evaluate(_PASTE)
    expect(fixed).to_contain_text("What you pasted had Windows line ends (CRLF)")
    page.fill("[name=name]", "reads")
    page.click("summary:has-text('More')")
    (tmp_path / "large").write_bytes(bytes(8 * 1024 * 1024 + 1))
    page.set_input_files("[name=files]", tmp_path / "large")
    expect(page.locator("[data-problem=files]")).to_contain_text("large is larger than a form")
    page.set_input_files("[name=files]", tmp_path / "data.txt")
    expect(page.locator("[data-problem=files]")).to_be_hidden()
    page.click("button[name=submit]")
    wait_for_state(page, "COMPLETED")
    page.click("text=Output")
    page.wait_for_selector(".line:has-text('the data')")


_PASTE: Any = """() => {
  const data = new DataTransfer();
  data.setData("text", "a\\r\\nb");
  document.querySelector("#script").dispatchEvent(
    new ClipboardEvent("paste", {clipboardData: data}));
}"""
