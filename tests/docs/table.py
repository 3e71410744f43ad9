"""Puts the bridge's own table of settings into the README: ``python -m tests.docs.table``."""

import re

from dssr.cli.settings import table as settings_table
from tests.docs.markdown import README, ROOT

BEGIN, END = "<!-- dssr settings -->\n", "\n<!-- end -->"


def shown() -> str:
    """The table that stands in the README."""
    return README.partition(BEGIN)[2].partition(END)[0]


def renew() -> None:
    """Put what is true now in its place."""
    text = re.sub(
        f"{BEGIN}.*?{END}", lambda _: BEGIN + settings_table() + END, README, flags=re.DOTALL
    )
    (ROOT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    renew()
