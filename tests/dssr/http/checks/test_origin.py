"""Pages of other sites, in a browser that can reach the bridge."""

from collections.abc import Callable
from typing import Any

import pytest

from dssr.settings import Settings

JOB = {"name": "job", "number": 1, "jobid": "1"}


@pytest.mark.parametrize(
    "path", ["/submit", "/terminate", "/exitstatus", "/online", "/request/job/1/1/abort"]
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "http://[broken"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_a_page_of_another_site_changes_nothing(
    path: str, headers: dict[str, str], served: Any
) -> None:
    """Requests of another site's page get 403, before the cluster is queried."""
    answer = served.call(path, JOB | {"qs": {}}, headers=headers)
    assert (answer.status_code, "from a browser" in answer.text) == (403, True)
    assert served.connector.calls == []


def test_a_page_of_the_bridge_may_change_something(served: Any) -> None:
    """A request whose origin is the host that it calls is accepted, and so is one without a
    browser's headers."""
    own = {"Origin": served.url, "Sec-Fetch-Site": "same-origin"}
    assert served.call("/online", {"host": "n", "status": 1}, headers=own).status_code == 200
    assert (
        served.call(
            "/online", {"host": "n", "status": 1}, headers={"Sec-Fetch-Site": "none"}
        ).status_code
        == 200
    )
    assert served.call("/online", {"host": "n", "status": 1}).status_code == 200


def test_what_changes_nothing_is_answered(served: Any) -> None:
    """A call that changes nothing is answered to other sites' pages, without a CORS header, so the
    browser keeps the response from them."""
    answer = served.get(
        "/running", headers={"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:5000",
        "127.0.0.1.evil.example",
        "localhost.evil.example.",
        "127.0.0.1, evil.example",
    ],
)
def test_another_name_is_refused_where_callers_need_no_credentials(host: str, served: Any) -> None:
    """Where callers need no credentials, requests under another host name get 403, as in DNS
    rebinding."""
    answer = served.get("/running", headers={"Host": host})
    assert answer.status_code == 403
    assert "JARVICE_SCHED_SERVER_KEY" in answer.text
    assert served.connector.calls == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:5000",
        "127.0.0.1",
        "[::1]:5000",
        "[::1]",
        "192.0.2.1:80",
        "dssr",
        "bridge:5000",
        "a.localhost",
    ],
)
def test_addresses_and_local_names_are_served(host: str, served: Any) -> None:
    """Requests under an IP address or a name without a dot are served, because no site can own
    these."""
    assert served.get("/running", headers={"Host": host}).status_code == 200


def test_live_answers_to_any_name(served: Any) -> None:
    """/live answers under any host name, because it reveals nothing."""
    assert served.get("/live", headers={"Host": "evil.example"}).status_code == 200


@pytest.mark.parametrize(
    "settings",
    [Settings(server_key="u:p", bind="127.0.0.1"), Settings(run_open=True, bind="127.0.0.1")],
    ids=["key", "open"],
)
def test_with_a_password_or_open_any_name_is_served(
    settings: Settings, serve: Callable[[Settings], Any]
) -> None:
    """With a password, or on a bridge that is expressly open, requests under any host name are
    served."""
    assert (
        serve(settings)
        .get("/running", headers={"Host": "dssr.example"}, auth=("u", "p"))
        .status_code
        == 200
    )
