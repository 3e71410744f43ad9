"""A browser without JavaScript: it follows links, fills in forms, and names its origin."""

import html
import re
from html.parser import HTMLParser
from typing import Any

import requests

SCRIPT = "#!/bin/bash\necho hi\n"
ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


class Browser(requests.Session):
    """A browser at a portal. ``root``: the portal's address."""

    def __init__(self, root: str) -> None:
        super().__init__()
        self.root, self.headers["Accept"] = root, ACCEPT

    def open(self, path: str, **more: Any) -> requests.Response:
        """Open a page."""
        return self.get(self.root + path, timeout=30, **more)

    def fill_in(self, path: str, fields: Any = (), **more: Any) -> requests.Response:
        """Send a form of a page that was opened before."""
        headers = {"Origin": self.root} | more.pop("headers", {})
        fields = {"form_token": self.form_token()} | dict(fields)
        return self.post(self.root + path, data=fields, headers=headers, timeout=30, **more)

    def log_in(self, token: str, next_path: str = "/") -> requests.Response:
        """Log in with a token."""
        fields = {"token": token, "next": next_path}
        headers = {"Origin": self.root}
        return self.post(f"{self.root}/login", data=fields, headers=headers, timeout=30)

    def form_token(self) -> str:
        """The token of a page's forms."""
        return hidden(self.open("/account"), "form_token")

    def new_form(self, **fields: str) -> dict[str, str]:
        """The fields of the form of a job, with a key of its own."""
        key = hidden(self.open("/submit"), "key")
        return {"name": "relax", "script": SCRIPT, "key": key, "submit": "1"} | fields

    def submit(self, **fields: str) -> str:
        """Submit a job; its path."""
        answer = self.fill_in("/jobs", self.new_form(**fields))
        assert answer.status_code == 200, answer.text
        return answer.url.removeprefix(self.root)


def hidden(page: requests.Response, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(f'name="{name}" value="([^"]*)"', page.text)
    return html.unescape(found[1]) if found else ""


def alerts(page: requests.Response) -> list[str]:
    """The sentences that a page shows as problems."""
    found = re.findall(r'role="alert">(.*?)</(?:p|span)>', page.text, re.DOTALL)
    return [html.unescape(text).strip() for text in found]


def states(page: requests.Response) -> list[str]:
    """The states of the jobs that a page shows."""
    return re.findall(r'data-state="([A-Z_]+)"', page.text)


def text_of(page: requests.Response) -> str:
    """What a reader sees of a page, with single blanks."""
    reader = _Reader()
    reader.feed(page.text)
    return " ".join("".join(reader.parts).split())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.parts.append(" " if tag in ("td", "th", "tr", "dt", "dd", "li", "p", "a") else "")

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
