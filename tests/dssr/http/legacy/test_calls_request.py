"""/request, over real HTTP."""

from typing import Any

import pytest

from dssr.job import JobState, Output
from dssr.seams import DirectoryEntry


@pytest.mark.parametrize("method", ["ping", "connect", "whatever"])
def test_request_methods_that_do_nothing(method: str, served: Any) -> None:
    """Methods that do nothing get 200 and an empty body."""
    answer = served.call(f"/request/job/1/1/{method}", {"qs": {}})
    assert (answer.status_code, answer.content) == (200, b"")
    assert served.connector.calls == []


@pytest.mark.parametrize("method", ["shutdown", "abort"])
def test_request_shutdown_and_abort_end_the_job(method: str, served: Any) -> None:
    """shutdown and abort cancel the job as /terminate does, with an empty body."""
    served.submit()
    answer = served.call(f"/request/job/1/1/{method}", {"qs": {}})
    assert (answer.status_code, answer.content) == (200, b"")
    assert served.connector.jobs["1"].status.state is JobState.CANCELLED


def test_the_screenshot_of_a_job(served: Any) -> None:
    """A screenshot is the image that the job offers; without one, the body is empty."""
    assert served.call("/request/job/1/1/screenshot", {"qs": {}}).content == b""
    served.connector.image = b"\x89PNG\r\n\x1a\n..."
    answer = served.call("/request/job/1/1/screenshot", {"qs": {}})
    assert (answer.content, answer.headers["Content-Type"]) == (
        served.connector.image,
        "image/png",
    )


def test_request_info_has_the_url_of_what_the_job_serves(served: Any) -> None:
    """The URL is empty for a job that serves nothing."""
    assert served.call("/request/job/1/1/info", {"qs": {}}).json() == {
        "about": "",
        "help": "",
        "url": "",
        "actions": {},
    }
    served.connector.address = "https://job.example/"
    assert served.call("/request/job/1/1/info", {"qs": {}}).json()["url"] == "https://job.example/"


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["2"], 2), ([2], 2), (["1"], 1), (None, 100), (["0"], 100), (["-5"], 100), (["x"], 100),
        (["2.5"], 100), ([], 100), ([None], 100), ([True], 100), (["7;id"], 100), (["7\n"], 100),
        ("7", 7), (7, 7), (True, 100), ("x", 100), ({"0": "7"}, 100), (["007"], 7),
        (["100000"], 300), (["100001"], 300), (100001, 300), (["9" * 5000], 300),
        (10**40, 300), (-(10**40), 100),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_tail_shows_the_last_lines(lines: Any, shown: int, served: Any) -> None:
    """The number is the first of qs.lines, or qs.lines itself, and at most 100000; without one it
    is 100.
    """
    served.submit()
    served.connector.jobs["1"].output = Output(b"".join(b"%d\n" % i for i in range(300)))
    answer = served.call("/request/job/1/1/tail", {"qs": {} if lines is None else {"lines": lines}})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "".join(f"{i}\n" for i in range(300 - shown, 300))


def test_tail_while_there_is_no_output_is_404_with_a_sentence(served: Any) -> None:
    """A job without output yet differs from one with empty output."""
    served.submit()
    answer = served.call("/request/job/1/1/tail", {"qs": {}})
    assert (answer.status_code, answer.text) == (404, "The job has printed nothing yet.\n")


def test_tail_replaces_what_is_not_utf8_and_says_what_was_cut(served: Any) -> None:
    """Bytes that are not UTF-8 do not fail the call."""
    served.submit()
    served.connector.jobs["1"].output = Output(b"a\xffb\n", cut=5)
    text = served.call("/request/job/1/1/tail", {"qs": {}}).text
    assert text == "<< dssr: the first 5 bytes of the output are left out >>\na\ufffdb\n"


HOME = [
    DirectoryEntry("/home/a b", True, 4096, 1700000000),
    DirectoryEntry("/home/a b/dir", True, 4096, 1700000001),
    DirectoryEntry("/home/a b/file;id", False, 12, 1700000002),
    DirectoryEntry("/home/a b/not\udcfftext", False, 1, 1700000003),
    DirectoryEntry("/home/a b/two\nlines", False, 1, 1700000004),
]


@pytest.mark.parametrize("path", ["/home/a b", "/home/a b/", "home/a b"])
def test_pvcls_lists_a_directory(path: str, served: Any) -> None:
    """Each line is /data and an entry, with a slash after directories; names of two lines are left
    out.
    """
    served.connector.directories["/home/a b"] = HOME
    answer = served.call("/request/pvcls", {"qs": {"path": [path]}})
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    names = ["", "dir/", "file;id", "not\ufffdtext"]
    assert answer.text == "".join(f"/data/home/a b/{name}\n" for name in names)


def test_pvcls_with_details(served: Any) -> None:
    """Each line is mtime in seconds, size and path."""
    served.connector.directories["/home/a b"] = HOME[:3]
    answer = served.call("/request/pvcls", {"qs": {"path": ["/home/a b"], "details": ["True"]}})
    assert (
        served.call("/request/pvcls", {"qs": {"path": "/home/a b", "details": "True"}}).text
        == answer.text
    )
    assert answer.text == (
        "1700000000 4096 /data/home/a b/\n"
        "1700000001 4096 /data/home/a b/dir/\n"
        "1700000002 12 /data/home/a b/file;id\n"
    )


def test_pvcls_of_the_root(served: Any) -> None:
    """A listing of the root shows the root as '/data/'."""
    served.connector.directories["/"] = [
        DirectoryEntry("/", True, 1, 1),
        DirectoryEntry("/home", True, 1, 1),
    ]
    assert served.call("/request/pvcls", {"qs": {"path": ["/"]}}).text == "/data/\n/data/home/\n"


def test_pvcls_without_anything_to_show_is_401_with_the_reason(served: Any) -> None:
    """A directory that cannot be shown gets 401 with the reason."""
    answer = served.call("/request/pvcls", {"qs": {"path": ["/x$(id)"]}})
    assert (answer.status_code, answer.text) == (401, "There is no directory /x$(id).\n")
