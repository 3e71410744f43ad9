"""Runs the documentation's shell lines as a reader does, and compares the output with what the
page shows."""

import doctest
import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from tests.docs.markdown import ROOT, Page

PATIENCE = 60.0  # seconds for an output to become the one that the page shows


def run(text: str, url: str, directory: Path, **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run shell lines in a directory that shows the checkout's ``deploy`` and ``.venv``, with
    the bridge at ``url``."""
    for name in ("deploy", ".venv"):
        if not (directory / name).exists():
            (directory / name).symlink_to(ROOT / name)
    env = os.environ | {"DSSR_URL": url, "DSSR_INTERVAL": "0.2", **environ}
    words = ["bash", "-euc", text]
    return subprocess.run(
        words, cwd=directory, env=env, capture_output=True, text=True, timeout=240, check=False
    )


def dialogue(page: Page) -> list[tuple[str, str]]:
    """The commands of the page's console blocks, each with the output shown below it (empty:
    none is shown)."""
    text = "".join(block.text for block in page.blocks("console"))
    return re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE)


def check_dialogue(page: Page, url: str, directory: Path, wrap: Callable[[str], str] = str) -> int:
    """Run the page's console blocks in their order and compare each output; ``...`` in the page
    matches any text. ``wrap``: makes of the lines those that are run.

    Returns the number of outputs that were compared. A command without an output runs again before
    each later one, so that variables keep their values.
    """
    before, compared = "", 0
    for command, shown in dialogue(page):
        if shown:
            _expect(wrap(before + command), shown, url, directory)
            compared += 1
        else:
            before += command + "\n"
    return compared


def _expect(command: str, shown: str, url: str, directory: Path) -> None:
    until = time.monotonic() + PATIENCE  # a job is not running the moment it was submitted
    while True:
        done = run(command, url, directory)
        got = done.stdout.rstrip("\n") + "\n"
        if doctest.OutputChecker().check_output(shown, got, doctest.ELLIPSIS):
            return
        assert time.monotonic() < until, f"{command}\n{got}{done.stderr}\ninstead of\n{shown}"
        time.sleep(0.1)
