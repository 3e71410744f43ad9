"""The handbook's pictures of the portal."""

import re

from tests.docs.markdown import handbook
from tests.source_tree import ROOT

PICTURE = re.compile(r"assets/portal-([a-z-]+)-(?:1280|390)-(?:light|dark)\.png")
TOURS = ("touring.py", "test_tour_on_slurm.py")


def test_each_picture_is_one_of_the_tour() -> None:
    """The tour of the tests makes each picture of the portal that the handbook shows, and no
    other one is kept."""
    page = handbook("portal").text
    tours = "".join((ROOT / "tests/browser" / name).read_text("utf-8") for name in TOURS)
    made = set(re.findall(r'check\(page, "([a-z-]+)"\)', tours))
    shown = {found[0]: found[1] for found in PICTURE.finditer(page)}
    assert set(shown.values()) <= made
    kept = {f"assets/{path.name}" for path in (ROOT / "docs/pages/assets").glob("*.png")}
    assert kept == set(shown)
