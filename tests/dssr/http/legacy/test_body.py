"""The JSON object that a caller sent, in the ways that curl and shells send it."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.http.legacy.body import similar

# Its base64 has line breaks and plus signs, and it ends in a way that a cut would show.
SCRIPT = "#!/bin/bash\necho '" + "~~>>~~>>??" * 40 + "'\necho the end\n"
IN_LINES = base64.encodebytes(SCRIPT.encode()).decode()
IN_ONE = base64.b64encode(SCRIPT.encode()).decode()
assert "+" in IN_ONE
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


def args(encoded: str = IN_ONE, name: str = "job") -> str:
    """JSON of a submission, as a person types it."""
    return f'{{"name": "{name}", "number": 1, "nodes": 1, "hpc_script": {{"native": "{encoded}"}}}}'


def curl(served: Any, *words: str) -> tuple[int, str]:
    """POST /submit with curl; the status and the body of the response."""
    done = subprocess.run(
        ["curl", "-sS", "-w", "\n%{http_code}", *words, f"{served.url}/submit"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


@pytest.mark.parametrize("encoded", [IN_ONE, IN_LINES], ids=["one line", "lines"])
@pytest.mark.parametrize("way", ["-d", "--data-urlencode", "-F", "json", "@file", "-F @file"])
def test_a_script_arrives_whole_however_curl_sends_it(
    way: str, encoded: str, served: Any, tmp_path: Path
) -> None:
    """Base64 may be in lines, and 'curl -d' sends a '+' as it is: neither changes the script."""
    file = tmp_path / "args.json"
    file.write_text(args(encoded))
    words = {
        "-d": ["-d", f"args={args(encoded)}"],
        "--data-urlencode": ["--data-urlencode", f"args={args(encoded)}"],
        "-F": ["-F", f"args={args(encoded)}"],
        "json": ["-H", "Content-Type: application/json", "--data-binary", args(encoded)],
        "@file": ["--data-urlencode", f"args@{file}"],
        "-F @file": ["-F", f"args=@{file}"],
    }[way]
    status, body = curl(served, *words)
    assert (status, json.loads(body)[0]) == (200, "1"), body
    assert served.connector.jobs["1"].spec.source == SCRIPT


@pytest.mark.parametrize(
    "encoded",
    [
        IN_ONE.replace("+", " "),
        "YWJj    YWJj",
        "    YWJj",
        "YWJj    ",
        " ".join(IN_ONE[i : i + 76] for i in range(0, len(IN_ONE), 76)),
    ],
    ids=["lost plus signs", "four inside", "four in front", "four behind", "in pieces"],
)
def test_a_blank_in_base64_is_refused_with_the_cure(encoded: str, served: Any) -> None:
    """A blank in base64 is refused, because it may have been a plus sign, and without that the
    script is another one."""
    answer = requests.post(served.url + "/submit", data=args(encoded), headers=JSON, timeout=30)
    assert answer.status_code == 400
    assert "it has blanks, which may have been '+'" in answer.text
    assert "--data-urlencode" in answer.text
    assert "base64 -w0" in answer.text
    assert served.connector.calls == []


def test_a_plus_sign_of_an_encoded_form_is_a_blank(served: Any) -> None:
    """A plus sign of a form is a blank, as the standard says; base64 in a half-encoded form is
    refused."""
    half = args().replace("{", "%7B").replace("}", "%7D").replace('"', "%22").replace(" ", "%20")
    answer = requests.post(served.url + "/submit", data=f"args={half}", headers=FORM, timeout=30)
    assert (answer.status_code, "may have been '+'" in answer.text) == (400, True)
    whole = requests.post(served.url + "/submit", data={"args": args()}, timeout=30)
    assert whole.status_code == 200


@pytest.mark.parametrize(
    ("sent", "headers", "message"),
    [
        (b"\xef\xbb\xbf" + args().encode(), JSON, "byte-order mark (BOM)"),
        (args().encode("utf-16"), JSON, "UTF-16"),
        (b"args=%EF%BB%BF" + args().encode(), FORM, "byte-order mark (BOM)"),
        (b"{'name': 'job'}", JSON, "single quotes"),
        (b'{\\"name\\": 1}', JSON, "backslashes before its quotes"),
        (b"{name: job}", JSON, "no double quotes"),
        (b"args=@job.json", FORM, "the name of a file"),
        (b"args=%257B%2522name%2522%253A1%257D", FORM, "percent-encoded twice"),
        (b'args={"name": "a&b"}', FORM, "perhaps at an '&'"),
        (b"args=%7B%7D", JSON, "it is a form"),
        (b'{"name": "job"}', FORM, "'Content-Type: application/json'"),
        (b"arg=%7B%7D", FORM, "'args' is missing; there is 'arg'"),
        (b"nonsense", JSON, "send a form field 'args' that holds a JSON object"),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_not_json_gets_its_cure(
    sent: bytes, headers: dict[str, str], message: str, served: Any
) -> None:
    """The error says what the bridge received instead of JSON, and what to do about it."""
    answer = requests.post(served.url + "/submit", data=sent, headers=headers, timeout=30)
    assert answer.status_code == 400
    assert answer.text.startswith("'args' is ")
    assert message in answer.text
    assert answer.text.count("\n") == 1


JOB = {"name": "x", "number": 1}
NEW = JOB | {"nodes": 1}


@pytest.mark.parametrize(
    ("path", "sent", "missing", "there"),
    [
        ("/runstatus", {"nam": "x"}, "name", "nam"),
        ("/runstatus", {"Name": "x"}, "name", "Name"),
        ("/runstatus", {"name": "x", "num": 1}, "number", "num"),
        ("/runstatus", JOB | {"job_id": 1}, "jobid", "job_id"),
        ("/submit", JOB | {"node": 1}, "nodes", "node"),
        ("/submit", NEW | {"script": {}}, "hpc_script", "script"),
        ("/online", {"hostname": "x"}, "host", "hostname"),
        ("/online", {"host": "x", "state": 1}, "status", "state"),
        ("/request/pvcls", {"q": {}}, "qs", "q"),
        ("/request/pvcls", {"qs": {"paths": ["/"]}}, "path", "paths"),
        ("/runstatus", {"number": 1}, "name", ""),
    ],
)
def test_a_missing_argument_is_compared_with_what_was_sent(
    path: str, sent: dict[str, Any], missing: str, there: str, served: Any
) -> None:
    """The error names the most similar argument that was sent and that no call knows."""
    answer = served.call(path, sent)
    where = " from 'qs'" if missing == "path" else ""
    hint = f"; there is '{there}'" if there else ""
    message = f"'{missing}' is missing{where}: this call needs it{hint}.\n"
    assert (answer.status_code, answer.text) == (400, message)


def test_many_and_long_names_are_not_compared() -> None:
    """The comparison takes no time to speak of, and the error stays short."""
    assert similar("name", [f"x{i}" for i in range(100_000)] + ["nam"]) == ""
    assert similar("name", ["name" * 100_000]) == ""
    assert similar("name", ["name\x1b[31m"]) == r"; there is 'name\x1b[31m'"
