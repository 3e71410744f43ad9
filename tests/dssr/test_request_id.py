"""The id of the request that a thread works on."""

import re
import threading

import pytest

from dssr import request_id


def test_a_thread_without_a_request_has_no_id() -> None:
    """A thread that is started during a request may work for others, so it has no id."""
    request_id.begin("mine")
    seen: list[str] = []
    thread = threading.Thread(target=lambda: seen.append(request_id.current()))
    thread.start()
    thread.join()
    assert seen == [""]
    assert request_id.current() == "mine"


@pytest.mark.parametrize("sent", ["a", "x" * 128, "3f2A-b_c.d"])
def test_an_acceptable_id_is_kept(sent: str) -> None:
    """The caller's id is the id of the request."""
    assert request_id.begin(sent) == request_id.current() == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "a\n", 'a"', "ä", "a/b", "a\x1b[31m"])
def test_another_id_is_replaced(sent: str) -> None:
    """An id that is missing, too long or of other characters is replaced, by another one each
    time."""
    first, second = request_id.begin(sent), request_id.begin(sent)
    assert first != second
    assert re.fullmatch("[0-9a-f]{16}", first)
