"""Which requests enter."""

import pytest

from dssr.services.front import heads
from dssr.services.front.door import Door, Turned, entrance, entrance_by_path

TOKEN = "a-token-of-some-length"
OPEN, CLOSED = Door("demo"), Door("demo", TOKEN)


def request(
    *lines: str, host: str = "demo.localhost:8000", method: str = "GET", target: str = "/"
) -> heads.Request:
    """A request to that host."""
    first = f"{method} {target} HTTP/1.1"
    return heads.request("\r\n".join([first, f"Host: {host}", *lines]).encode())


def turned(door: Door, asked: heads.Request) -> Turned:
    """The answer to a request that does not enter."""
    answer = door.enter(asked)
    assert isinstance(answer, Turned)
    return answer


def inside(door: Door, asked: heads.Request) -> heads.Request:
    """A request as the program receives it."""
    answer = door.enter(asked)
    assert isinstance(answer, heads.Request)
    return answer


@pytest.mark.parametrize(
    "host", ["demo.localhost", "DEMO.localhost:1", "localhost:8000", "127.0.0.1:80", "[::1]:8000"]
)
def test_own_names_enter(host: str) -> None:
    """A request under one of the service's own names enters, with any port."""
    assert inside(OPEN, request(host=host)).target == b"/"


@pytest.mark.parametrize(
    "host", ["evil.example", "other.localhost", "localhost.evil.example", "127.0.0.1.evil", ""]
)
def test_other_names_do_not_enter(host: str) -> None:
    """A page whose own name was pointed at loopback cannot reach the service."""
    assert turned(OPEN, request(host=host)).status == 421


def test_two_hosts_do_not_enter() -> None:
    """A request with two hosts, or none, does not enter."""
    assert turned(OPEN, request("Host: localhost")).status == 421
    assert turned(OPEN, heads.request(b"GET / HTTP/1.1")).status == 421


def test_names_of_a_site_enter() -> None:
    """A name of the configuration enters beside those of this machine."""
    door = Door("demo", names=("demo.services.site",))
    assert inside(door, request(host="demo.services.site")).method == b"GET"


def test_pages_of_others_change_nothing() -> None:
    """A page of another site can neither post nor open a WebSocket; the service's own can."""
    upgrade = ("Connection: Upgrade", "Upgrade: websocket")
    evil, own = "Origin: https://evil.example", "Origin: http://demo.localhost:8000"
    assert turned(OPEN, request(evil, method="POST")).status == 403
    assert turned(OPEN, request("Origin: null", method="POST")).status == 403
    assert turned(OPEN, request(evil, *upgrade)).status == 403
    assert inside(OPEN, request(own, method="POST")).method == b"POST"
    assert inside(OPEN, request(own, *upgrade)).upgrades
    assert inside(OPEN, request(method="DELETE")).method == b"DELETE"  # a program's


@pytest.mark.parametrize(
    "origin", ["http://localhost:9999", "http://demo.localhost:9999", "http://demo.localhost"]
)
def test_pages_of_other_ports_change_nothing(origin: str) -> None:
    """Another user's server on this machine has another port, so its pages change nothing."""
    asked = request(f"Origin: {origin}", method="POST", host="demo.localhost:8000")
    assert turned(OPEN, asked).status == 403


def test_pages_of_a_sites_name_change_something() -> None:
    """Behind a proxy that asks under another name, the page has the name of the configuration."""
    door = Door("demo", names=("demo.services.site",))
    asked = request("Origin: https://demo.services.site", method="POST")
    assert inside(door, asked).method == b"POST"


def test_the_token_is_exchanged_for_a_cookie() -> None:
    """The token opens the door once: the browser gets a cookie, and an address without the
    token."""
    answer = turned(CLOSED, request(target=f"/lab?a=1&token={TOKEN}&b"))
    fields = dict(answer.fields)
    assert answer.status == 303
    assert fields[b"Location"] == b"/lab?a=1&b"
    assert fields[b"Set-Cookie"].endswith(b"; Path=/; HttpOnly; SameSite=Lax")
    assert TOKEN.encode() not in fields[b"Set-Cookie"]


def test_the_cookie_opens_and_stays_outside() -> None:
    """The cookie lets the browser in, and the program sees the others alone."""
    cookie = f"Cookie: first=1; dssr-demo={CLOSED.cookie}; last=2"
    entered = inside(CLOSED, request(cookie))
    assert entered.values(b"cookie") == [b"first=1; last=2"]


@pytest.mark.parametrize("value", ["", "0" * 64, TOKEN, Door("other", TOKEN).cookie])
def test_a_wrong_cookie_does_not_open(value: str) -> None:
    """A wrong cookie does not open the door, nor does the token as one, or another service's."""
    assert turned(CLOSED, request(f"Cookie: dssr-demo={value}")).status == 401


@pytest.mark.parametrize("target", ["/", "/?token=", "/?token=wrong", f"/?x=token={TOKEN}"])
def test_without_the_token_the_door_is_closed(target: str) -> None:
    """Without the right token, a request does not enter."""
    assert turned(CLOSED, request(target=target)).status == 401


def test_programs_send_the_token_with_each_request() -> None:
    """A request that is no page's, with the token, enters as it is; the program sees no token."""
    entered = inside(CLOSED, request(method="POST", target=f"/run?token={TOKEN}"))
    assert entered.bytes.startswith(b"POST /run HTTP/1.1\r\n")
    asked = request("Connection: Upgrade", "Upgrade: websocket", target=f"/ws?token={TOKEN}&q=1")
    assert inside(CLOSED, asked).target == b"/ws?q=1"


def test_the_way_in_leads_to_this_host() -> None:
    """The address without the token is one of this service, however many slashes it begins
    with."""
    answer = turned(CLOSED, request(target=f"//evil.example/?token={TOKEN}"))
    assert dict(answer.fields)[b"Location"] == b"/evil.example/"


JOB = Door("job-7", TOKEN, by_path=True)


@pytest.mark.parametrize(
    ("rest", "place"),
    [
        ("", b"/"),
        ("/", b"/"),
        ("/lab?a=1", b"/lab?a=1"),
        ("//evil", b"/evil"),
        ("/\\evil", b"/evil"),
    ],
)
def test_the_secret_of_a_job_is_in_the_path(rest: str, place: bytes) -> None:
    """The first part of the path opens the door of a job once: the browser gets a cookie, goes on
    to an address without the secret, and names it to no other host."""
    answer = turned(JOB, request(target=f"/{TOKEN}{rest}", host="job-7.localhost"))
    fields = dict(answer.fields)
    assert (answer.status, fields[b"Location"]) == (303, place)
    assert fields[b"Referrer-Policy"] == b"no-referrer"
    cookie = fields[b"Set-Cookie"].partition(b";")[0].decode()
    entered = inside(JOB, request(f"Cookie: {cookie}", target="/lab", host="job-7.localhost"))
    assert entered.bytes == b"GET /lab HTTP/1.1\r\nHost: job-7.localhost\r\n\r\n"


def test_a_program_sends_the_secret_of_a_job_in_each_path() -> None:
    """What follows the secret is the path that the job's server sees."""
    sent = request(method="POST", target=f"/{TOKEN}/run?a=1", host="job-7.localhost")
    assert inside(JOB, sent).target == b"/run?a=1"


@pytest.mark.parametrize(
    "target", ["/", f"/{TOKEN}x/", f"/x/{TOKEN}/", f"/?token={TOKEN}", f"/x?{TOKEN}/", "*"]
)
def test_another_path_does_not_open_a_job(target: str) -> None:
    """The secret opens as a whole, in its own place."""
    sent = request(target=target, host="job-7.localhost", method="OPTIONS")
    assert turned(JOB, sent).status == 401


def test_the_entrance_has_the_token() -> None:
    """The owner's address has the token, where there is one."""
    assert entrance_by_path("http://localhost:1/", TOKEN) == f"http://localhost:1/{TOKEN}/"
    assert entrance_by_path("http://localhost:1/", "") == "http://localhost:1/"
    assert entrance("http://localhost:1/", TOKEN) == f"http://localhost:1/?token={TOKEN}"
    assert entrance("http://localhost:1/", "") == "http://localhost:1/"
