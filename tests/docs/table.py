"""Writes the bridge's own table of settings into the handbook: ``python -m tests.docs.table``."""

import re
import subprocess
import sys

from tests.docs.markdown import Page, handbook

BEGIN, END = "<!-- dssr settings -->\n", "\n<!-- end -->"


def settings_page() -> Page:
    """The page that holds the table."""
    return handbook("settings")


def shown() -> str:
    """The table in the handbook."""
    return settings_page().text.partition(BEGIN)[2].partition(END)[0]


def current() -> str:
    """The table that ``dssr settings --markdown`` prints."""
    words = [sys.executable, "-m", "dssr", "settings", "--markdown"]
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.rstrip("\n")


def renew() -> None:
    """Replace the table in the handbook by the current one."""
    old = settings_page()
    text = re.sub(f"{BEGIN}.*?{END}", lambda _: BEGIN + current() + END, old.text, flags=re.DOTALL)
    old.path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    renew()
