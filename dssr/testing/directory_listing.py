"""The rules for connectors that list directories: what is listed, and nothing else.

``dssr.testing`` says how to run them.
"""

import pytest

from dssr.errors import Denied, NotFound
from dssr.seams import Connector, DirectoryEntry, ListsDirectories
from dssr.testing.harness import ListingHarness

OUTSIDE = "/etc"  # exists on every machine, outside of every home
STRANGE = [
    "-rf",
    "--help",
    "two\nlines",
    "it's $(id) `id` *",
    "Grüße",
    "\x81\x82\x88",
    "end\n",
    " ",
    "\\n",
]


def entries(connector: Connector, path: str) -> list[DirectoryEntry]:
    """The connector's listing of the directory."""
    assert isinstance(connector, ListsDirectories)
    return list(connector.list_directory(path))


def names(harness: ListingHarness, path: str) -> list[str]:
    """The paths in a listing, relative to the directory."""
    return [entry.path.removeprefix(f"{path}/") for entry in entries(harness.connector, path)]


class DirectoryListingContract:
    """The rules for listings and for the roots."""

    @pytest.fixture
    @staticmethod
    def place(harness: ListingHarness) -> str:
        """A new directory within the roots."""
        path = f"{harness.scratch_dir}{harness.name()}"
        harness.sh('mkdir -p "$1"', path)
        return path

    def test_the_order_and_the_facts_of_a_listing(
        self, harness: ListingHarness, place: str
    ) -> None:
        """A listing has the directory, then its directories, then its files with size and time, by
        name; links and pipes are left out."""
        harness.sh(
            'cd "$1" && mkdir z && printf 12345 >b && touch -d @2000 a && ln -s z link && mkfifo p',
            place,
        )
        found = entries(harness.connector, place)
        assert [entry.path for entry in found] == [place, f"{place}/z", f"{place}/a", f"{place}/b"]
        assert [entry.is_directory for entry in found] == [True, True, False, False]
        assert found[2] == DirectoryEntry(f"{place}/a", False, 0, 2000)
        assert found[3].size == 5

    def test_strange_names_are_listed_and_entered(
        self, harness: ListingHarness, place: str
    ) -> None:
        """Names with line breaks, dashes and shell characters are listed and can be entered."""
        harness.sh(
            'cd "$1"; shift; for name; do mkdir -- "./$name" && touch "./$name/in"; done',
            place,
            *STRANGE,
        )
        assert set(names(harness, place)) == {place, *STRANGE}
        for name in STRANGE:
            assert names(harness, f"{place}/{name}") == [f"{place}/{name}", "in"]

    def test_a_name_that_is_no_text_is_listed(self, harness: ListingHarness, place: str) -> None:
        """In a name, bytes that are not UTF-8 are replaced."""
        harness.sh('cd "$1" && touch "$(printf "bad\\\\377")"', place)
        assert names(harness, place) == [place, "bad\N{REPLACEMENT CHARACTER}"]

    def test_links_that_stay_inside_are_followed(self, harness: ListingHarness, place: str) -> None:
        """A directory is listed under the path that was asked for, with links and '..' in it."""
        harness.sh('cd "$1" && mkdir real && touch real/x && ln -s real link', place)
        for path in (f"{place}/link", f"{place}/real/../link", f"{place}//real/."):
            assert [entry.path for entry in entries(harness.connector, path)] == [path, f"{path}/x"]

    @pytest.mark.parametrize(
        "path",
        [
            "{place}/out", "{place}/out/ssl", "{place}/far/passwd", "{place}/chain",
            "{place}/../../../../../../../etc", "{place}/none/../../../../../../../../etc",
            "/", "/etc", "/etc/none", "/none", "/proc/self/root/etc", "{above}x",
            "relative", "", "-P", "-", "..", "~", "$HOME", "{place}/out/none", "/dev/fd",
        ],
    )  # fmt: skip
    def test_outside_is_denied(self, harness: ListingHarness, place: str, path: str) -> None:
        """A path that leads outside the roots is ``Denied``, whether or not it exists."""
        harness.sh('cd "$1" && ln -s /etc out && ln -s /etc far && ln -s out chain', place)
        above = harness.scratch_dir.rstrip("/")
        harness.connector = harness.with_roots(above)
        asked = path.format(place=place, above=above)
        with pytest.raises(
            Denied, match="is outside what may be listed: JARVICE_PVCLS_ROOTS names"
        ):
            entries(harness.connector, asked)

    def test_the_roots_are_where_they_lead(self, harness: ListingHarness, place: str) -> None:
        """A root may be a link and '/' opens all; a missing root opens nothing, and no root opens
        a directory whose name only begins as its own."""
        harness.sh('cd "$1" && mkdir real realm && ln -s real root', place)
        linked = harness.with_roots(f"{place}/none", f"{place}/root")
        assert [entry.path for entry in entries(linked, f"{place}/real")] == [f"{place}/real"]
        assert [entry.path for entry in entries(linked, f"{place}/root")] == [f"{place}/root"]
        for path in (place, f"{place}/realm", f"{place}/none"):
            with pytest.raises((Denied, NotFound)):
                entries(linked, path)
        assert f"{OUTSIDE}/passwd" in [
            entry.path for entry in entries(harness.with_roots("/"), OUTSIDE)
        ]

    def test_a_pattern_in_a_roots_name_is_none(self, harness: ListingHarness, place: str) -> None:
        """Pattern characters in a root's name have no meaning."""
        harness.sh('cd "$1" && mkdir "[a-z]*" abc', place)
        connector = harness.with_roots(f"{place}/[a-z]*")
        assert len(entries(connector, f"{place}/[a-z]*")) == 1
        with pytest.raises(Denied):
            entries(connector, f"{place}/abc")

    def test_the_default_roots(self, harness: ListingHarness, place: str) -> None:
        """The default roots are the user's home and the scratch directory."""
        home = harness.sh('printf %s "$HOME"')
        for path in (home, harness.scratch_dir):
            assert entries(harness.connector, path)[0].path == path.rstrip("/")
        with pytest.raises(Denied):
            entries(harness.connector, OUTSIDE)

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("none", "No such file"),
            ("file", "Not a directory"),
            ("loop", "symbolic links"),
            ("x" * 300, "name too long"),
        ],
    )
    def test_nothing_to_show_inside(
        self, harness: ListingHarness, place: str, path: str, reason: str
    ) -> None:
        """A path inside the roots that is no directory is ``NotFound``, with the reason."""
        harness.sh('cd "$1" && touch file && ln -s loop loop', place)
        with pytest.raises(NotFound, match=reason):
            entries(harness.connector, f"{place}/{path}")
