"""Someone who looks at a portal while a part of the cluster fails."""

import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.cluster import Cluster
from tests.dssr.http.web.browsing import Browser, alerts, states, text_of
from tests.end_to_end.service import Service, eventually

TOKEN, TEXT = mint("alice", Scope.SUBMIT, time.time(), None)
SHOW_JOBS = ("/", "/jobs", "{job}", "{job}/output", "{job}/results")
PAGES = (*SHOW_JOBS, "{job}/files", "/submit", "/cluster")


class Visitor:
    """Someone at a bridge with a portal, who has a job that runs, and has seen all pages."""

    def __init__(self, cluster: Cluster, place: Path, **more: str) -> None:
        token_file.add(str(place / "tokens.json"), TOKEN)
        self.service = Service({
            **cluster.settings(),
            "JARVICE_BAREMETAL_EXECUTOR": "native",
            "JARVICE_ANSWER_TIMEOUT": "5",
            "JARVICE_WEB": "true",
            "JARVICE_WEB_STATE": str(place / "web"),
            "JARVICE_SCHED_TOKENS_FILE": str(place / "tokens.json"),
            "WAITRESS_BIND_ADDRESS": "127.0.0.1",
            **more,
        })  # fmt: skip
        self.browser = Browser(self.service.url)
        self.browser.log_in(TEXT)
        self.job = self.browser.submit(script="#!/bin/bash\necho begun\nsleep 900\n", name="runs")
        eventually(lambda: states(self.open("{job}")), lambda seen: seen == ["RUNNING"])
        eventually(lambda: "begun" in text_of(self.open("{job}/output")))
        self.seen = {page: states(self.open(page)) for page in PAGES}

    def open(self, page: str) -> requests.Response:
        """A page; ``{job}`` is the job."""
        return self.browser.open(page.format(job=self.job))

    def open_all(self) -> Mapping[str, requests.Response]:
        """All pages, at once: each may take as long as the bridge waits for the cluster."""
        with ThreadPoolExecutor(len(PAGES)) as pool:
            return dict(zip(PAGES, pool.map(self.open, PAGES), strict=True))

    def sees(self, sentence: str) -> None:
        """Wait until the page of the cluster says it, as the last one; then each page does, with
        the age of what it shows; no state has changed, and nothing has appeared."""
        eventually(lambda: " ".join(alerts(self.open("/cluster"))), lambda text: sentence in text)
        for page, answer in self.open_all().items():
            text = text_of(answer)
            assert sentence in text, (page, text, answer.status_code)
            if answer.status_code == 200:
                is_aged = re.search(r"(?:known|asked) \d+ (?:s|min) [\d s]*ago", text)
                assert is_aged or page == "/submit", (page, text)
                assert states(answer) == self.seen[page], page
            else:
                assert answer.status_code == 503
                assert states(answer) == []
                assert answer.headers["Retry-After"]
