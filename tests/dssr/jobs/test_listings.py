"""Lists of directories in pages: one list for all pages, for a while."""

from collections.abc import Sequence

from dssr.jobs.listings import Listings
from dssr.seams import FileEntry


class Directory:
    """A directory that counts how often it is listed."""

    def __init__(self, size: int) -> None:
        self.listed = 0
        self._entries = [FileEntry("x", False, 0, 0.0)] * size

    def list(self) -> Sequence[FileEntry]:
        """List it."""
        self.listed += 1
        return self._entries


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_pages_of_a_list_are_of_one_list() -> None:
    """The first page makes a list, and the others are of the same one for a minute."""
    clock, directory = Clock(), Directory(3)
    listings = Listings(clock)
    first = listings.get("a", False, directory.list)
    clock.now += 59
    assert listings.get("a", True, directory.list) is first
    assert (directory.listed, first.taken) == (1, 1000.0)
    clock.now += 2
    assert listings.get("a", True, directory.list).taken == 1061.0


def test_a_first_page_is_new() -> None:
    """A caller who begins a list gets what is there now, and goes on with that."""
    directory = Directory(3)
    listings = Listings()
    listings.get("a", False, directory.list)
    second = listings.get("a", False, directory.list)
    assert directory.listed == 2
    assert listings.get("a", True, directory.list) is second


def test_directories_are_not_mixed() -> None:
    """The pages of a directory are never those of another."""
    one, other = Directory(1), Directory(2)
    listings = Listings()
    listings.get("a", False, one.list)
    assert len(listings.get("b", True, other.list).entries) == 2


def test_what_is_kept_is_bounded() -> None:
    """Of lists that are too large together, the oldest are made again."""
    directory = Directory(90_000)
    listings = Listings()
    for name in "abc":
        listings.get(name, False, directory.list)
    listings.get("c", True, directory.list)
    listings.get("b", True, directory.list)
    assert directory.listed == 3
    listings.get("a", True, directory.list)
    assert directory.listed == 4
