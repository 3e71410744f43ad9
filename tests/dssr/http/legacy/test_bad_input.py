"""Every call with each argument absent, null, of the wrong type, empty, enormous, hostile or not
text.
"""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

ABSENT = object()
SCRIPT = base64.b64encode(b"#!/bin/bash\necho hi\n").decode()
JOB = {"name": "job", "number": 1, "jobid": "1"}
CALLS: dict[str, dict[str, Any]] = {
    "/submit": {
        "name": "job", "number": 1, "nodes": 1, "hpc_script": {"native": SCRIPT}, "held": False,
        "bearer": "a.b.c",
    },
    "/runstatus": JOB,
    "/exitstatus": JOB,
    "/terminate": JOB,
    "/release": JOB,
    "/events": JOB,
    "/online": {"host": "node1", "status": True},
    "/request/job/1/1/shutdown": {"qs": {}},
    "/request/job/1/1/tail": {"qs": {"lines": ["5"]}},
    "/request/pvcls": {"qs": {"path": ["/home"]}},
}  # fmt: skip
BAD: dict[str, Any] = {
    "absent": ABSENT, "null": None, "list": ["x"], "object": {"x": 1}, "empty list": [],
    "empty object": {}, "true": True,
    "fraction": 1.5, "infinite": float("inf"), "negative": -1, "enormous number": 10**5000,
    "empty": "", "blank": " ",
    "enormous": "x" * 40_000, "substitution": "x$(touch f)", "backquotes": "`touch f`",
    "semicolon": "1;touch f",
    "quote": "x'y", "option": "--wrap=x", "parent": "../x", "NUL": "x\0y", "newline": "x\ny",
    "not UTF-8": "x\udcffy",
}  # fmt: skip
# The contract allows these: optional arguments may be absent, a bearer that is not used is any
# text, a status any word, and a query may be empty.
FINE: dict[str, set[str]] = {
    "held": {"absent", "null", "true"},
    "bearer": {
        "absent", "null", "empty", "blank", "substitution", "backquotes", "semicolon", "quote",
        "option", "parent", "NUL",
        "newline",
    },
    "status": {"true", "negative"},
    "qs": {"object", "empty object"},
}  # fmt: skip


def cases() -> Iterator[Any]:
    for path, valid in CALLS.items():
        for argument in valid:
            for kind, value in BAD.items():
                if kind not in FINE.get(argument, ()):
                    yield pytest.param(path, argument, value, id=f"{path}-{argument}-{kind}")


def altered(valid: dict[str, Any], argument: str, value: Any) -> dict[str, Any]:
    args = valid | {argument: value}
    if value is ABSENT:
        del args[argument]
    return args


def text_of(args: dict[str, Any]) -> bytes:
    """The object as JSON, with surrogates as the bytes that they were."""
    huge = json.dumps(
        args | {k: "HUGE" for k, v in args.items() if v == BAD["enormous number"]},
        ensure_ascii=False,
    )
    return huge.replace('"HUGE"', "1" + "0" * 5000).encode("utf-8", "surrogateescape")


def post_form(url: str, args: dict[str, Any]) -> requests.Response:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return requests.post(
        url, data=b"args=" + quote(text_of(args)).encode(), headers=headers, timeout=30
    )


def post_json(url: str, args: dict[str, Any]) -> requests.Response:
    return requests.post(
        url, data=text_of(args), headers={"Content-Type": "application/json"}, timeout=30
    )


def assert_refused(
    answer: requests.Response,
    argument: str,
    served: Any,
    failures: Callable[[], list[str]],
    status: int | None = None,
) -> None:
    assert 400 <= answer.status_code < 500
    assert status in (None, answer.status_code)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f"'{argument}'" in answer.text
    assert answer.text.count("\n") == 1
    assert len(answer.text) < 1000
    assert served.connector.calls == []
    assert len(failures()) == 1
    assert answer.text.strip() in failures()[0]


@pytest.mark.parametrize("post", [post_form, post_json])
@pytest.mark.parametrize(("path", "argument", "value"), list(cases()))
def test_a_bad_argument_is_named_in_one_sentence_and_in_one_line_of_the_log(
    path: str, argument: str, value: Any, post: Any, served: Any, failures: Any
) -> None:
    """A bad argument gets a 4xx that names it and one line in the log, and causes no call of the
    scheduler.
    """
    assert_refused(
        post(served.url + path, altered(CALLS[path], argument, value)), argument, served, failures
    )


@pytest.mark.parametrize("path", CALLS)
def test_the_valid_calls_of_the_table_are_accepted(path: str, served: Any) -> None:
    """The cases of the table are refused for the altered argument alone."""
    assert served.call(path, CALLS[path]).status_code in (200, 401, 404)
    if path != "/online":
        assert served.connector.calls != []


@pytest.mark.parametrize("argument", FINE)
def test_what_the_contract_allows_is_accepted(argument: str, served: Any) -> None:
    """Optional arguments may be absent or null, and ignored ones may be any text."""
    path = next(p for p, valid in CALLS.items() if argument in valid)
    for kind in FINE[argument]:
        args = altered(CALLS[path], argument, BAD[kind])
        assert post_form(served.url + path, args).status_code in (200, 404), kind


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize(
    "body",
    [b"", b"args=", b"arg=%7B%7D", b"args=%7B", b"args=null", b"args=5", b"args=[]",
     b"args=%FF%FE", b"args=" + b"[" * 60_000,
     b"&" * 5000, b"args=%00", b"\xff\xfe\xfd"],
)  # fmt: skip
def test_args_that_are_no_object_are_named(
    path: str, body: bytes, served: Any, failures: Any
) -> None:
    """Without a JSON object in 'args' there is a 400 that says how to send one."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = requests.post(served.url + path, data=body, headers=headers, timeout=30)
    assert_refused(answer, "args", served, failures, 400)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"null", b"[]", b'"x"', b"\xff", b"[" * 60_000, b"NaN"]
)
def test_a_json_body_that_is_no_object_is_named(body: bytes, served: Any, failures: Any) -> None:
    """An application/json body is read as 'args' itself, with the same errors."""
    answer = requests.post(
        served.url + "/submit", data=body, headers={"Content-Type": "application/json"}, timeout=30
    )
    assert_refused(answer, "args", served, failures, 400)


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("not base64!", 400), ("YQ", 400), ("ü", 400), ("", 400), ("  \n", 400), (7, 400), (None,
         400), (["x"], 400), ({}, 400),
        ("YQ==\udcff", 400), ("x;touch f", 400), (base64.b64encode(b"\xff\xfe").decode(), 400),
        (base64.b64encode(b"a\0b").decode(), 400), (base64.b64encode(b" \n").decode(), 400),
        (base64.b64encode(b"x" * (4 * 1024 * 1024 + 1)).decode(), 413), ("A" * 8_000_000, 413),
    ],
    ids=lambda value: str(value)[:12],
)  # fmt: skip
def test_a_script_that_is_no_text_in_base64_is_refused(
    script: Any, status: int, served: Any, failures: Any
) -> None:
    """A job script is base64 of UTF-8 text, not empty, without NUL, of at most 4 MB."""
    args = CALLS["/submit"] | {"hpc_script": {"native": script}}
    assert_refused(post_form(served.url + "/submit", args), "hpc_script", served, failures, status)


def test_a_script_for_another_executor_is_named(served: Any, failures: Any) -> None:
    """A job for another executor is refused, and the error names both executors."""
    job = base64.b64encode(b"JOBOBJ_APPDEFVERSION=2\n").decode()
    answer = served.call("/submit", CALLS["/submit"] | {"hpc_script": {"singularity": job}})
    assert_refused(answer, "hpc_script", served, failures, 400)
    assert "'native'" in answer.text
    assert "'singularity'" in answer.text


PARTS = ["job", "1", "1", "ping"]


@pytest.mark.parametrize("argument", ["name", "number", "jobid"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "%20",
        "x" * 5000,
        "%24%28touch%20f%29",
        "1;touch%20f",
        "1%0A2",
        "%FF",
        "..",
        "--x",
        "1'2",
        "x%00y",
        "-1",
        "1%",
    ],
)
def test_a_bad_part_of_the_path_is_named(
    argument: str, value: str, served: Any, failures: Any
) -> None:
    """The parts of /request's path are checked as the arguments of the same name."""
    parts = list(PARTS)
    parts[["name", "number", "jobid"].index(argument)] = value
    if argument == "name" and value in ("..", "--x", "-1"):
        parts[0] = "." + value  # a client resolves '..' by itself
    answer = requests.post(
        f"{served.url}/request/{'/'.join(parts)}", data={"args": '{"qs": {}}'}, timeout=30
    )
    if ".." in parts:  # resolved away by the client: too few parts are left
        assert answer.status_code in (400, 404)
        assert served.connector.calls == []
    else:
        assert_refused(answer, argument, served, failures, 400)


@pytest.mark.parametrize(
    "path", ["job", "job/1", "job/1/1", "job/1/1/ping/more", "job/1/1/", "pvclsx"]
)
def test_another_number_of_parts_is_refused(path: str, served: Any, failures: Any) -> None:
    """/request needs four parts, and the error shows them."""
    answer = served.call(f"/request/{path}", {"qs": {}})
    assert answer.status_code == 400
    assert "/request/<name>/<number>/<jobid>/<method>" in answer.text
    assert len(failures()) == 1


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [None],
        [1],
        1,
        [""],
        "",
        {"0": "/"},
        [["/"]],
        ["a\nb"],
        ["a\0"],
        ["x" * 5000],
        ["\udcff"],
    ],
)
def test_a_bad_path_to_list_is_named(value: Any, served: Any, failures: Any) -> None:
    """pvcls takes one directory, one line of at most 4096 bytes."""
    assert_refused(
        post_form(served.url + "/request/pvcls", {"qs": {"path": value}}),
        "path",
        served,
        failures,
        400,
    )


@pytest.mark.parametrize("value", [1, [], [1], {}, True])
def test_bad_details_are_named(value: Any, served: Any, failures: Any) -> None:
    """details is a string, or a list of one."""
    answer = post_form(served.url + "/request/pvcls", {"qs": {"path": ["/"], "details": value}})
    assert_refused(answer, "details", served, failures, 400)


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_terminate_ignores_force_and_nodes_whatever_they_are(value: Any, served: Any) -> None:
    """Upstreams send force and nodes; only the job matters."""
    jobid = served.submit().json()[0]
    args = {"name": "job", "number": 1, "jobid": jobid}
    if value is not ABSENT:
        args |= {
            "force": value,
            "nodes": None if value == BAD["enormous"] else value,
        }  # together they are too large
    assert post_form(served.url + "/terminate", args).json() is True
