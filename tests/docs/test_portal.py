"""The handbook's page about the portal: its proxy is a real nginx, and its tables are true."""

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.docs.conftest import Serve
from tests.docs.markdown import handbook
from tests.dssr.http.web.browsing import Browser, hidden, states
from tests.end_to_end.service import Service, eventually

CONFIGURATION = """
daemon off; master_process off; pid {place}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {place}/b; proxy_temp_path {place}/p; fastcgi_temp_path {place}/f;
    uwsgi_temp_path {place}/u; scgi_temp_path {place}/s;
    server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""


@pytest.fixture
def address() -> str:
    """Where nginx is going to listen, with the path of the handbook."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"http://127.0.0.1:{free.getsockname()[1]}/bridge"


@pytest.fixture
def token(tmp_path: Path) -> str:
    """A token of scope submit, in the file of the bridge."""
    token, text = mint("alice", Scope.SUBMIT, 0, None)
    token_file.add(str(tmp_path / "tokens"), token)
    return text


@pytest.fixture
def service(serve: Serve, tmp_path: Path, address: str, token: str) -> Service:
    """A bridge with a portal behind a proxy."""
    return serve(
        JARVICE_WEB="true",
        JARVICE_WEB_URL=address,
        JARVICE_WEB_STATE=str(tmp_path / "web"),
        JARVICE_SCHED_TOKENS_FILE=str(tmp_path / "tokens"),
        WAITRESS_BIND_ADDRESS="127.0.0.1",
    )


@pytest.fixture
def nginx(service: Service, tmp_path: Path, address: str) -> Iterator[str]:
    """The address of the portal behind nginx, which is set up as the handbook says."""
    if shutil.which("nginx") is None:
        pytest.skip("there is no nginx: bash deploy/packages.sh nginx-light")
    location = handbook("portal").block("file: nginx.conf")
    port = address.split(":")[2].partition("/")[0]
    text = CONFIGURATION.format(
        place=tmp_path, port=port, location=location.replace("http://127.0.0.1:5000", service.url)
    )
    (tmp_path / "nginx.conf").write_text(text)
    process = subprocess.Popen(["nginx", "-c", tmp_path / "nginx.conf", "-p", tmp_path])
    eventually(lambda: _answers(address))
    yield address
    process.terminate()
    process.wait(30)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/live", timeout=5).ok
    except requests.ConnectionError:
        return False


def test_the_portal_works_behind_nginx(nginx: str, token: str) -> None:
    """Behind nginx, as the handbook sets it up, a user logs in, submits, reads a stream, and logs
    out, and all links stay below the prefix."""
    browser = Browser(nginx.removesuffix("/bridge"))
    page = browser.open("/bridge/jobs")
    assert page.url == f"{nginx}/login?next=/jobs"
    sent = {"token": token, "next": hidden(page, "next")}
    own = {"Origin": browser.root}
    page = browser.post(f"{nginx}/login", data=sent, headers=own, timeout=30)
    assert page.url == f"{nginx}/jobs"
    links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
    assert [link for link in links if not link.startswith("/bridge/")] == []
    form = {"form_token": hidden(page, "form_token"), "name": "far", "script": "sleep 1\n"}
    page = browser.post(f"{nginx}/jobs", data=form, headers=own, timeout=30)
    assert page.url.startswith(f"{nginx}/jobs/")
    assert states(page)
    job = page.url.rpartition("/")[2]
    with browser.get(f"{nginx}/follow/jobs/{job}/output", stream=True, timeout=30) as stream:
        assert b"event: end" in b"\n".join(stream.iter_lines())
    out = {"form_token": form["form_token"]}
    page = browser.post(f"{nginx}/logout", data=out, headers=own, timeout=30)
    assert page.url == f"{nginx}/login?ended=1"


def test_the_bridge_s_own_address_is_no_origin(service: Service, token: str) -> None:
    """With JARVICE_WEB_URL, a form that comes from the bridge's own address is refused."""
    answer = Browser(service.url).log_in(token)
    assert answer.status_code == 403


def test_the_pages_of_the_table_exist(service: Service) -> None:
    """Each page that the handbook names is one of the portal, and asks for a login."""
    table = handbook("portal").text.partition("| page | shows |")[2].partition("\n\n")[0]
    paths = re.findall(r"^\| `(/\S*)`", table, re.MULTILINE)
    assert len(paths) > 5
    for path in paths:
        answer = requests.get(
            service.url + path, headers={"Accept": "text/html"}, allow_redirects=False, timeout=30
        )
        assert (answer.status_code, path) == (303, path)
