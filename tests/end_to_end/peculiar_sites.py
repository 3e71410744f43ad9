"""Sites that allow less than others, and people who use ssh alone."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from tests.cluster import Cluster
from tests.end_to_end.laptop import Laptop


@contextmanager
def submitting_from(site: Cluster, nodes: str) -> Iterator[None]:
    """Slurm takes jobs from these nodes alone."""
    shown = site.run("login", ["sinfo", "-h", "-o", "%R"]).stdout.decode().split()

    def allow(hosts: str) -> None:
        for name in dict.fromkeys(shown):
            words = ["scontrol", "update", f"partitionname={name}", f"allocnodes={hosts}"]
            site.run("login", words).check_returncode()

    allow(nodes)
    try:
        yield
    finally:
        allow("ALL")


@contextmanager
def pasted(site: Cluster, own: Laptop, block: str, words: list[str]) -> Iterator[None]:
    """``ssh`` with that block in the configuration of a person who may log in."""
    key, known, config = (own.home / name for name in ("key", "known", "config"))
    key.write_text(site.private_key)
    key.chmod(0o600)
    known.write_text(f"* {site.host_key}\n")
    usual = f"Host *\n  User jarvice\n  IdentityFile {key}\n  UserKnownHostsFile {known}\n"
    config.write_text(f"{block}\n{usual}")
    with subprocess.Popen([words[0], "-F", str(config), *words[1:]]) as process:
        try:
            yield
        finally:
            process.kill()


def answer(url: str) -> str:
    """What a browser gets there, which keeps cookies; '' while nothing listens."""
    # A browser has NAME.localhost on loopback; Python's resolver need not know it.
    place = url.replace("back.localhost", "localhost")
    try:
        with requests.Session() as browser:
            return browser.get(place, timeout=30).text
    except requests.ConnectionError:
        return ""
