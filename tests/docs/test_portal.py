"""The handbook's page about the portal: its proxy is a real nginx, and its tables are true."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from dssr.settings import Settings
from dssr.settings.reading import parse
from dssr.settings.validation import completed, contradictions, has_provider
from tests.docs.conftest import Serve
from tests.docs.markdown import handbook
from tests.dssr.http.web.browsing import Browser, hidden
from tests.end_to_end.nginx import Nginx
from tests.end_to_end.service import Service
from tests.source_tree import ROOT


@pytest.fixture
def proxy(tmp_path: Path) -> Nginx:
    """nginx, which does not run yet."""
    return Nginx(tmp_path)


@pytest.fixture
def token(tmp_path: Path) -> str:
    """A token of scope submit, in the file of the bridge."""
    token, text = mint("alice", Scope.SUBMIT, 0, None)
    token_file.add(str(tmp_path / "tokens"), token)
    return text


@pytest.fixture
def service(serve: Serve, tmp_path: Path, proxy: Nginx, token: str) -> Service:
    """A bridge with a portal behind a proxy."""
    return serve(
        JARVICE_WEB="true",
        JARVICE_WEB_URL=proxy.url,
        JARVICE_WEB_STATE=str(tmp_path / "web"),
        JARVICE_SCHED_TOKENS_FILE=str(tmp_path / "tokens"),
        JARVICE_SCHED_TRUSTED_PROXY="127.0.0.1",
        WAITRESS_BIND_ADDRESS="127.0.0.1",
    )


@pytest.fixture
def browser(service: Service, proxy: Nginx) -> Iterator[Browser]:
    """A browser that reaches the portal through nginx."""
    proxy.start(service.url)
    found = Browser(proxy.origin)
    found.verify, found.trust_env = str(proxy.certificate), False
    yield found
    proxy.stop()


def test_the_handbook_shows_the_configuration_of_the_tests() -> None:
    """The handbook's lines for nginx are those of deploy/nginx.conf, which the tests run."""
    shown = handbook("portal-proxy").block("file: nginx.conf")
    lines = [line.strip() for line in (ROOT / "deploy/nginx.conf").read_text().splitlines()]
    assert "\n".join(line.strip() for line in shown.splitlines()) in "\n".join(lines)


def test_the_settings_for_a_provider_are_complete(tmp_path: Path) -> None:
    """The handbook's lines for a login by a provider are settings that agree with each other."""
    lines = handbook("portal-proxy").block("provider").replace("export ", "")
    environ = dict(word.split("=", 1) for word in lines.split())
    (tmp_path / "secret").write_text("of the provider\n")
    environ["JARVICE_WEB_OIDC_CLIENT_SECRET_FILE"] = str(tmp_path / "secret")
    settings = completed(parse(environ, Settings))
    assert has_provider(settings)
    assert settings.web_oidc_client_secret == "of the provider"
    assert contradictions(settings) == []


def test_the_portal_works_behind_nginx(browser: Browser, proxy: Nginx, token: str) -> None:
    """Behind nginx, as the handbook sets it up, a user logs in, submits, reads the output while it
    is printed, and logs out; all links stay below the prefix, and the cookie is for it alone."""
    page = browser.open("/hpc/jobs")
    assert page.url == f"{proxy.url}/login?next=/jobs"
    sent = {"token": token, "next": hidden(page, "next")}
    own = {"Origin": browser.root}
    page = browser.post(f"{proxy.url}/login", data=sent, headers=own, timeout=30)
    assert page.url == f"{proxy.url}/jobs"
    cookies: Any = browser.cookies
    assert [(cookie.path, cookie.secure) for cookie in cookies] == [("/hpc", True)]
    links = re.findall(r'(?:href|action|src)="(/[^"]*)"', page.text)
    assert [link for link in links if not link.startswith("/hpc/")] == []
    form = {"form_token": hidden(page, "form_token"), "name": "far", "script": SLOW}
    page = browser.post(f"{proxy.url}/jobs", data=form, headers=own, timeout=30)
    job = page.url.rpartition("/")[2]
    with browser.get(f"{proxy.url}/follow/jobs/{job}/output", stream=True, timeout=60) as stream:
        lines = stream.iter_lines(chunk_size=1)
        assert any(b"first" in line for line in lines)
        Path(_path_of(browser, proxy, job), "go-on").touch()
        assert any(b"event: end" in line for line in lines)
    out = {"form_token": form["form_token"]}
    page = browser.post(f"{proxy.url}/logout", data=out, headers=own, timeout=30)
    assert page.url == f"{proxy.url}/login?ended=1"


# It ends after someone has read its first line.
SLOW = "#!/bin/bash\necho first\nuntil [ -e go-on ]; do sleep 0.1; done\n"


def _path_of(browser: Browser, proxy: Nginx, job: str) -> str:
    answer = browser.get(f"{proxy.url}/api/v1/jobs/{job}", timeout=30)
    return str(answer.json()["working_directory"])


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
