"""``dssr open``: the job's page."""

import subprocess
import sys
from pathlib import Path

from tests.dssr.cli.running import Dssr, home_of


def test_without_a_browser(dssr: Dssr, user: dict[str, str]) -> None:
    """Where there is no browser, the address is printed."""
    job = dssr.submit("true", "--held")
    address = f"{user['DSSR_URL']}/api/v1/jobs/{job}"
    done = dssr("open", job, PATH="/nonexistent")
    assert (done.code, done.out) == (0, f"{address}\n")
    assert dssr("open", "--print", job).out == f"{address}\n"
    assert dssr("open", "--json", job).document == {"url": address}


def test_with_a_browser(dssr: Dssr, user: dict[str, str], here: Path) -> None:
    """The browser gets the address, and nothing is printed."""
    job = dssr.submit("true", "--held")
    browser = here / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {here}/opened\n')
    browser.chmod(0o755)
    words = [sys.executable, "-m", "dssr", "open", job]  # webbrowser looks once in a process
    environ = user | {"BROWSER": str(browser)}
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (here / "opened").read_text() == f"{user['DSSR_URL']}/api/v1/jobs/{job}\n"


def test_where_there_is_no_page(tmp_path: Path) -> None:
    """On this machine alone it says why there is no page, and what to do."""
    done = Dssr(home_of(tmp_path))("open", "1")
    assert (done.code, done.out) == (1, "")
    assert "no bridge is served there" in done.err
    assert "dssr serve" in done.err
