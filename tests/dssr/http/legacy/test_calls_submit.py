"""/submit, over real HTTP."""

import base64
from typing import Any

import pytest
import requests

from dssr.errors import OutcomeUnknown, Refused, RefusedRequest


def test_submit_answers_the_id_as_a_string_and_the_script(served: Any) -> None:
    """The response is [jobid, script]."""
    answer = served.submit("#!/bin/bash\necho 'hi'\n")
    assert answer.status_code == 200
    assert answer.json() == ["1", "#!/bin/bash\necho 'hi'\n"]


def test_submit_takes_a_json_body_too(served: Any) -> None:
    """/submit also takes the object itself as application/json."""
    script = base64.b64encode(b"#!/bin/bash\n").decode()
    args = {"name": "job", "number": "17", "nodes": 2, "hpc_script": {"native": script}}
    assert requests.post(served.url + "/submit", json=args, timeout=30).json()[0] == "1"
    assert served.connector.jobs["1"].spec.number == 17
    assert served.connector.jobs["1"].spec.nodes == 2


def test_submit_takes_a_multipart_form_too(served: Any) -> None:
    """/submit also takes a multipart form with args as one part, as curl -F sends it."""
    script = base64.b64encode(b"#!/bin/bash\n" + b"#" * 1_000_000).decode()
    args = f'{{"name": "job", "number": 1, "nodes": 1, "hpc_script": {{"native": "{script}"}}}}'
    assert (
        requests.post(served.url + "/submit", files={"args": (None, args)}, timeout=30).json()[0]
        == "1"
    )


def test_submit_twice_is_one_job_and_the_same_response(served: Any) -> None:
    """A submission that is sent twice makes one job and gets its id twice."""
    assert served.submit().json() == served.submit().json()
    assert len(served.connector.jobs) == 1


def test_submit_of_another_script_under_the_same_name_is_a_conflict(served: Any) -> None:
    """Another script under the same name and number gets 409."""
    served.submit("#!/bin/bash\necho 1\n")
    answer = served.submit("#!/bin/bash\necho 2\n")
    assert answer.status_code == 409
    assert "another script" in answer.text


@pytest.mark.parametrize("held", [True, False])
def test_submit_reads_held(held: bool, served: Any) -> None:
    """The connector gets 'held' from the call."""
    served.submit(held=held)
    assert served.connector.jobs["1"].spec.held is held


@pytest.mark.parametrize(
    "script",
    [
        "#!/bin/bash\necho 'it'\"s\" ${X} $(id) `id` \\n %s {} {{x}}\n",
        "#!/bin/bash\ncat <<'EOF'\n$X \\\nEOF\n",
        "#!/bin/bash\r\necho umlauts: äöü €\r\n",
        "#!/bin/bash\n: " + "x" * 100_000 + "\n",
        "#!/bin/bash\n" + "echo 0123456789\n" * 70_000,
    ],
    ids=["quotes", "heredoc", "CRLF and umlauts", "a long line", "1 MB"],
)
def test_a_script_arrives_whole(script: str, served: Any) -> None:
    """The connector and the response get the script with exactly its characters."""
    answer = served.submit(script)
    assert answer.json()[1] == script
    assert served.connector.jobs["1"].spec.source == script


def test_base64_may_be_wrapped(served: Any) -> None:
    """base64(1) breaks its lines at 76 columns; line breaks are not part of the script."""
    wrapped = base64.encodebytes(b"#!/bin/bash\n" * 50).decode()
    assert "\n" in wrapped.strip()
    served.submit(hpc_script={"native": wrapped})
    assert served.connector.jobs["1"].spec.source == "#!/bin/bash\n" * 50


def test_a_plain_script_needs_no_executor(served: Any) -> None:
    """A batch script without JOBOBJ_ lines names no image: it is taken under the name
    native only."""
    script = base64.b64encode(b"#!/bin/bash\n").decode()
    assert served.submit(hpc_script={"native": script}).status_code == 200
    refused = served.submit(hpc_script={"singularity": script}, number=2)
    assert refused.status_code == 400
    assert "'native'" in refused.text
    assert served.connector.launches == [""]


def test_an_old_application_definition_is_refused(served: Any) -> None:
    """Application definition version 1 gets 400 and the reason, where the reference answers 200."""
    answer = served.submit("JOBOBJ_APPDEFVERSION=1\nJOBOBJ_INTERACTIVE=False\n")
    assert answer.status_code == 400
    assert "JOBOBJ_APPDEFVERSION" in answer.text


def test_a_refusal_of_what_was_asked_for_is_400_with_the_schedulers_words(served: Any) -> None:
    """A refusal of what the job asks for, such as too many nodes, gets 400 with the scheduler's
    words."""
    served.connector.failure = RefusedRequest("sbatch: error: Node count specification invalid")
    answer = served.submit()
    assert (answer.status_code, "Node count specification invalid" in answer.text) == (400, True)


def test_a_refusal_for_the_sites_reasons_is_502(served: Any) -> None:
    """A refusal for the site's reasons, such as an account without budget, gets 502."""
    served.connector.failure = Refused("sbatch: error: Job violates accounting policy")
    assert served.submit().status_code == 502


def test_an_outcome_that_is_not_known_yet_is_503(served: Any) -> None:
    """A submission with an outcome that is not known yet gets 503, which says to send the same
    again, and when."""
    served.connector.failure = OutcomeUnknown("Send the same again.", retry_after=11)
    answer = served.submit()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "11")
