"""Files in the portal: an archive beside a stream of OpenSSH's, and the list of many files."""

import http.client
import subprocess
import time
from contextlib import closing
from functools import partial
from urllib.parse import urlsplit

import requests

from tests.bench.bench import Bench, MeasuredBridge
from tests.bench.costs import forget_peak, peak_memory, resident_memory
from tests.bench.figures.files import ssh_options
from tests.bench.measure import TURNS, timed
from tests.bench.table import Figure
from tests.dssr.http.web.browsing import Browser, text_of

_MB = 1 << 20
_SCRIPT = """#!/bin/bash
mkdir data many
for part in 1 2 3 4; do head -c {part} /dev/urandom >data/part$part; done
cd many && seq -f file%06.0f {files} | xargs touch
"""


def portal_files(bench: Bench) -> list[Figure]:
    """The archive of a job's files, in turns with ``ssh cat``; the bridge's memory while it is
    sent; the first page of a directory with many files."""
    size = (64 if bench.short else 1024) * _MB
    files = 2000 if bench.short else 65_000
    settings = {"JARVICE_WEB": "true", "JARVICE_WEB_STATE": f"{bench.directory}/web-files"}
    with bench.bridge(settings | {"WAITRESS_BIND_ADDRESS": "127.0.0.1"}) as bridge:
        job = _job(bridge, _SCRIPT.format(part=size // 4, files=files))
        listed = _listing(bridge, job["id"], files)
        link = f"{bridge.url}/api/v1/jobs/{job['id']}/archive.zip?path="
        _download(f"{link}many", 0)  # what is open stays open
        forget_peak(bridge)
        before, ours, theirs = resident_memory(bridge), [], []
        for _ in range(1 if bench.short else TURNS):
            ours.append(timed(partial(_download, f"{link}data", size)))
            theirs.append(timed(partial(_cat, bench, f"{job['working_directory']}/data/*")))
        peak = peak_memory(bridge)
    bench.clear()
    return [
        Figure(
            f"zip of {size // _MB} MB", "MB/s", size / _MB / (min(ours) / 1000),
            size / _MB / (min(theirs) / 1000), "ssh cat", 0.7, more_is_better=True,
        ),
        Figure("memory with the zip", "MB", peak, before, "before", 20, difference=True),
        Figure(f"page of {files} files", "s", listed, 2.0, "goal", 1.0),
    ]  # fmt: skip


def _job(bridge: MeasuredBridge, script: str) -> dict[str, str]:
    """A job that has run this script."""
    url = f"{bridge.url}/api/v1/jobs"
    job = requests.post(url, json={"script": script, "walltime_seconds": 600}, timeout=60).json()
    while not job["is_final"]:
        time.sleep(0.2)
        job = requests.get(f"{url}/{job['id']}", timeout=60).json()
    assert job["state"] == "COMPLETED", job
    found: dict[str, str] = job
    return found


def _listing(bridge: MeasuredBridge, job: str, files: int) -> float:
    """Seconds until the first page of a directory is there, which was not listed before."""
    browser = Browser(bridge.url)
    browser.open(f"/jobs/{job}/files")
    began = time.monotonic()
    page = browser.open(f"/jobs/{job}/files?path=many")
    spent = time.monotonic() - began
    assert f"1 to 500 of {files:,}." in text_of(page)
    return spent


def _download(url: str, least: int) -> None:
    """Read the archive, and throw it away."""
    parts, found, buffer = urlsplit(url), 0, bytearray(_MB)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=60)) as connection:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        while read := answer.readinto(buffer):
            found += read
    assert found > least


def _cat(bench: Bench, paths: str) -> None:
    login = f"{bench.cluster.user}@{bench.cluster.address}"
    words = ["ssh", *ssh_options(bench.cluster, bench.directory), login, f"cat {paths}"]
    subprocess.run(words, stdout=subprocess.DEVNULL, check=True)
