"""The accessibility checker, a file of another project that the browser's tests load."""

from tests import vendored
from tests.source_tree import ROOT

VENDOR = ROOT / "tests/browser/vendor"


def test_the_checker_is_as_it_was_published() -> None:
    """Its files are those of the manifest, and its licences are beside it."""
    assert vendored.changed(VENDOR) == []
    assert vendored.unlisted(VENDOR) == set()
    assert vendored.unlicensed(VENDOR) == []
