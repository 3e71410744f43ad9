"""The status and the sentence of each error."""

from typing import Any

import pytest

from dssr import errors
from dssr.http.app import create_app
from dssr.http.call import Catalogue
from dssr.http.errors import sentence, status_of


def everything(cls: type[errors.DssrError]) -> list[type[errors.DssrError]]:
    own = [
        sub for sub in cls.__subclasses__() if sub.__module__ == errors.__name__
    ]  # not those of plugins
    return [cls, *(c for sub in own for c in everything(sub))]


EXPECTED = {
    "BadRequest": 400, "TooLarge": 413, "Unidentified": 401, "Denied": 403, "NotFound": 404,
    "Conflict": 409, "Refused": 502, "Unwritable": 502, "NoSpace": 502, "Busy": 503,
    "RefusedRequest": 400, "Unavailable": 503, "NotFinal": 503, "OutcomeUnknown": 503,
    "TooMany": 429, "TransportError": 503,
    "ConnectFailed": 503, "LoginRefused": 503, "HostKeyRefused": 503, "HostKeyChanged": 503,
    "CommandTimeout": 503, "Stopping": 503,
    "SettingsError": 500, "PluginError": 500, "DssrError": 500,
}  # fmt: skip


@pytest.mark.parametrize("cls", everything(errors.DssrError), ids=lambda cls: cls.__name__)
def test_every_error_of_the_project_has_its_status(
    cls: type[errors.DssrError], served: Any, failures: Any
) -> None:
    """Each class of errors has a status and a sentence; only 503 and 429 have Retry-After."""
    served.connector.failure = (
        cls(["It is so."]) if cls is errors.SettingsError else cls("It is so.")
    )
    answer = served.get("/running")
    assert answer.status_code == EXPECTED[cls.__name__]
    assert ("Retry-After" in answer.headers) == (answer.status_code in (429, 503))
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.text == "It is so.\n"
    expected = (
        []
        if cls is errors.NotFinal
        else [f"GET /running from 127.0.0.1: {answer.status_code} It is so."]
    )
    assert failures() == expected


def test_a_call_may_declare_other_statuses(served: Any) -> None:
    """A refused release is 500 and a directory without anything to show 401; other errors are as
    usual.
    """
    calls = Catalogue.of(create_app(served.bridge, served.settings)).calls
    release, pvcls = calls["legacy.release"], calls["legacy.pvcls"]
    assert status_of(errors.RefusedRequest("x"), release) == 500
    assert status_of(errors.Refused("x"), calls["legacy.submit"]) == 502
    assert status_of(errors.NotFound("x"), pvcls) == 401
    assert status_of(errors.Denied("x"), pvcls) == 401
    assert status_of(errors.Denied("x")) == 403
    assert status_of(errors.BadRequest("x"), pvcls) == 400


def test_a_fault_is_a_500_with_a_request_id(served: Any, caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets the request's id, under which the log has the traceback."""
    served.connector.failure = ZeroDivisionError("secret detail")
    answer = served.get("/running")
    assert f"request {answer.headers['X-Request-Id']} in its log" in answer.text
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    [record] = [r for r in caplog.records if r.levelname == "ERROR"]
    assert record.getMessage().endswith(answer.text.strip())
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_an_unknown_path_is_404_in_a_sentence(served: Any, failures: Any) -> None:
    """An unknown path gets a sentence, not HTML."""
    answer = served.get("/no/such;call")
    assert (answer.status_code, answer.text) == (
        404,
        "There is no call '/no/such;call': GET / lists all calls, and /docs describes them.\n",
    )
    assert len(failures()) == 1


@pytest.mark.parametrize("path", ["/submit", "/exitstatus", "/request/a/1/1/ping"])
def test_another_method_is_405_and_names_the_right_one(path: str, served: Any) -> None:
    """The Allow header and the sentence name POST."""
    answer = served.get(path)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]
    assert answer.text == f"{path} cannot be called by GET: use POST.\n"


def test_a_schedulers_lines_become_one(served: Any) -> None:
    """A message of several lines, with colours, is one line in the response and in the log."""
    assert sentence("sbatch: error:\n  \x1b[31mno\x1b[0m\r\n") == "sbatch: error: ?[31mno?[0m"
    served.connector.failure = errors.Refused("one\ntwo\x00 \udcff")
    assert served.get("/running").text == "one two? ?\n"


def test_a_long_message_is_cut() -> None:
    """A sentence has about two thousand characters at most."""
    assert len(sentence("x" * 100_000)) < 2010


def test_statuses_of_a_call_do_not_apply_at_the_gate(served: Any) -> None:
    """A caller whom the gate refuses gets 403, although the call declares another status."""
    answer = served.call(
        "/request/pvcls", {"qs": {"path": ["/"]}}, headers={"Host": "rebound.example"}
    )
    assert answer.status_code == 403
