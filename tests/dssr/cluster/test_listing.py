"""Lists in pages whose members come and go."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr.cluster.listing import ByName, ByPriority, Listing
from dssr.errors import BadRequest
from dssr.job import JobState
from dssr.seams import QueuedJob


@dataclass(frozen=True)
class Node:
    """Something with a name."""

    name: str


def page(listing: Listing[Node], names: str, limit: int, after: str) -> tuple[str, str | None]:
    """The names on a page, and the cursor of the next one."""
    found, following = listing.page([Node(name) for name in names.split()], limit, after)
    return " ".join(node.name for node in found), following


@given(st.lists(st.text(min_size=1), unique=True), st.integers(1, 5))
def test_pages_have_each_member_once(names: list[str], limit: int) -> None:
    """Page after page has all members, whatever their names and the size of a page."""
    listing, nodes = Listing[Node](ByName()), [Node(name) for name in names]
    found, following = listing.page(nodes, limit, "")
    seen = list(found)
    while following is not None:
        found, following = listing.page(nodes, limit, following)
        assert found
        seen += found
    assert sorted(node.name for node in seen) == sorted(names)


def test_numbers_in_names_are_numbers() -> None:
    """The second node comes before the tenth, and equal numbers differ by their zeros."""
    listing = Listing[Node](ByName())
    assert page(listing, "n10 n2 n1 rack n02", 9, "") == ("n1 n02 n2 n10 rack", None)


def test_a_name_that_another_begins_with_is_before_it() -> None:
    """A name comes before the same name with a number, and each is a place for a cursor."""
    listing = Listing[Node](ByName())
    assert page(listing, "gpu2 gpu gpu-a", 9, "") == ("gpu gpu2 gpu-a", None)
    assert page(listing, "gpu2 gpu", 9, "gpu") == ("gpu2", None)


def test_a_member_that_is_gone_ends_no_list() -> None:
    """The cursor is a place: the next page begins behind it, also when its member is gone and
    others have come before."""
    listing = Listing[Node](ByName())
    assert page(listing, "b d f", 2, "") == ("b d", "d")
    assert page(listing, "a b c e f", 2, "d") == ("e f", None)


@pytest.mark.parametrize("after", ["x", "2~1~7", "0~-1~7", "0~1~", "0~1~a\nb", "0~1", "٠~1~7"])
def test_another_text_is_no_place_in_the_queue(after: str) -> None:
    """A cursor of another list, or of nothing, is refused with what to do."""
    with pytest.raises(BadRequest, match=r"'after' is .* no cursor: send the member 'next'"):
        Listing[QueuedJob](ByPriority()).page([], 2, after)


def test_a_job_in_the_queue_has_a_place_of_its_own() -> None:
    """The cursor of a job leads behind that job, also behind one that has the same priority."""
    jobs = [
        QueuedJob(str(n), "x", "bob", JobState.PENDING, "", "batch", 1, None, None, 5)
        for n in range(12)
    ]
    listing = Listing[QueuedJob](ByPriority())
    found, following = listing.page(jobs, 11, "")
    assert [job.native_id for job in found] == [str(n) for n in range(11)]
    assert following is not None
    assert listing.page(jobs, 11, following) == ([jobs[11]], None)
