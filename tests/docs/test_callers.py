"""The handbook's commands for tokens."""

import grp
import os
import re
from pathlib import Path

from tests.docs.conftest import Serve
from tests.docs.console import run
from tests.docs.markdown import handbook

PAGE = handbook("callers")


def here(text: str, etc: Path) -> str:
    """The lines with a directory of the test in place of /etc, and a group that exists in place
    of dssr."""
    group = grp.getgrgid(os.getgid()).gr_name
    text = re.sub(r"(?<=-g )dssr|(?<=chgrp )dssr", group, text)
    return text.replace("/etc/", f"{etc}/")


def test_tokens_are_made_listed_revoked_and_used(serve: Serve, tmp_path: Path) -> None:
    """The lines make two tokens, list both, revoke one; the other one may call a bridge that
    knows the file."""
    lines = here(PAGE.block("tokens"), tmp_path) + '\necho "token=$DSSR_TOKEN"\n'
    done = run(lines, "", tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"dashboard .*read", done.stdout)
    assert re.search(r"ci .*submit", done.stdout)
    tokens = tmp_path / "dssr" / "tokens"
    assert '"ci"' not in tokens.read_text()
    token = done.stdout.rpartition("token=")[2].strip()
    bridge = serve(JARVICE_SCHED_TOKENS_FILE=str(tokens), WAITRESS_BIND_ADDRESS="127.0.0.1")
    used = run(PAGE.block("token use"), bridge.url, tmp_path, DSSR_TOKEN=token)
    assert (used.returncode, used.stdout) == (0, "[]\n"), used.stderr
    assert run(PAGE.block("token use"), bridge.url, tmp_path, DSSR_TOKEN="wrong").stdout != "[]\n"
