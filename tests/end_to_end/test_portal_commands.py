"""The commands that a job's page shows submit the same job, on a real Slurm cluster."""

import html
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dssr.access import token_file
from dssr.access.scopes import Scope
from dssr.access.tokens import mint
from tests.cluster import Cluster
from tests.dssr.http.web.browsing import Browser, text_of
from tests.end_to_end.people import FINAL
from tests.end_to_end.service import Service, eventually

TOKEN, TEXT = mint("alice", Scope.SUBMIT, time.time(), None)
# Prints what it was given, and texts that a shell, a page or a here-document could take for
# something else; it has no newline at its end.
SCRIPT = r"""#!/bin/bash
#SBATCH --nice=7
echo "$SLURM_JOB_NAME $SLURM_JOB_NUM_NODES $SLURM_NTASKS $SLURM_NTASKS_PER_NODE"
echo "$SLURM_MEM_PER_NODE $SLURM_JOB_PARTITION $SLURM_JOB_ACCOUNT"
scontrol show job "$SLURM_JOB_ID" | grep -o "TimeLimit=[^ ]*\|Nice=[^ ]*"
cat <<'EOF'
@EOF@</pre><b>&amp;&lt;é$(id) `id` \\ "
EOF
echo 'it'\''s' "$#" !""".replace("@", "\t\u202e")


@pytest.fixture(scope="module")
def browser(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser of someone who may submit, at a bridge with a portal."""
    place = tmp_path_factory.mktemp("portal")
    token_file.add(str(place / "tokens.json"), TOKEN)
    service = Service(cluster.settings() | {
        "JARVICE_BAREMETAL_EXECUTOR": "native",
        "JARVICE_WEB": "true",
        "JARVICE_WEB_STATE": str(place / "web"),
        "JARVICE_SCHED_TOKENS_FILE": str(place / "tokens.json"),
        "WAITRESS_BIND_ADDRESS": "127.0.0.1",
    })  # fmt: skip
    browser = Browser(service.url)
    browser.log_in(TEXT)
    yield browser
    service.stop()


def _commands(browser: Browser, path: str) -> dict[str, str]:
    """The commands of a job's page, by their programs, as a user copies them."""
    found = re.findall(r'data-command="(\w+)">\n(.*?)</pre>', browser.open(path).text, re.DOTALL)
    return {name: html.unescape(text) for name, text in found}


def _new_job(browser: Browser, command: str, home: Path) -> str:
    """Paste a command into a shell of this machine; the id of the one job that there is after it
    and was not before."""

    def ids() -> set[str]:
        return {job["id"] for job in browser.open("/api/v1/jobs").json()["items"]}

    before = ids()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"PATH": path, "HOME": str(home), "DSSR_TOKEN": TEXT}
    done = subprocess.run(
        ["bash", "-euc", command], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    [id] = ids() - before
    return id


def _output(browser: Browser, id: str) -> bytes:
    """What a job has printed, once it has ended."""
    job = f"/api/v1/jobs/{id}"
    eventually(lambda: browser.open(job).json(), lambda seen: seen["is_final"], FINAL)
    return browser.open(f"{job}/output").content


def _output_of_sbatch(cluster: Cluster, command: str) -> bytes:
    """Paste a command into a shell on the login node; what its job prints."""
    done = cluster.run("login", ["bash", "-euc", command], user=cluster.user)
    assert done.returncode == 0, done.stderr
    [id] = re.findall(r"Submitted batch job (\d+)", done.stdout.decode())
    look = ["squeue", "-h", "-j", id]
    eventually(lambda: not cluster.run("login", look).stdout.strip(), patience=FINAL)
    return cluster.path(f"/home/{cluster.user}/slurm-{id}.out").read_bytes()


def test_the_commands_of_a_job_submit_the_same(
    browser: Browser, cluster: Cluster, tmp_path: Path
) -> None:
    """dssr, curl and sbatch, each pasted as it is shown, submit a job with the same resources, and
    it prints the same bytes; the script that is shown is that of the form, byte for byte."""
    asked = {"nodes": "2", "cores": "1", "memory": "64M", "walltime": "7", "partition": "batch"}
    path = browser.submit(script=SCRIPT, name="same", **asked)
    expected = _output(browser, path.rpartition("/")[2])
    assert expected.startswith(b"same 2 2 1\n64 batch "), expected
    assert expected.endswith(b"it's 0 !\n")
    assert browser.open(f"/api/v1{path}/script").content == SCRIPT.encode()
    assert f'href="/api/v1{path}/script?batch=true"' in browser.open(path).text
    batch = browser.open(f"/api/v1{path}/script?batch=true").text
    assert batch.startswith("#!")
    assert "export DSSR_JOB_DIR=" in batch
    commands = _commands(browser, path)
    assert tuple(commands) == ("dssr", "curl", "sbatch")
    for name in ("dssr", "curl"):
        id = _new_job(browser, commands[name], tmp_path)
        assert _output(browser, id) == expected, name
        again = browser.open(f"/api/v1/jobs/{id}/script").content
        assert again.removesuffix(b"\n") == SCRIPT.encode(), name
    assert _output_of_sbatch(cluster, commands["sbatch"]) == expected


def test_a_job_in_a_container_has_no_line_for_sbatch(
    browser: Browser, cluster: Cluster, tmp_path: Path
) -> None:
    """Of a job in a container the page shows no line for sbatch, and why; the others submit the
    same job."""
    script = "#!/bin/bash\necho in ${APPTAINER_NAME:-no container}\n"
    path = browser.submit(script=script, name="boxed", image=cluster.image, walltime="5")
    expected = _output(browser, path.rpartition("/")[2])
    assert b"in box" in expected
    assert "sbatch alone would run the script on the node" in text_of(browser.open(path))
    commands = _commands(browser, path)
    assert tuple(commands) == ("dssr", "curl")
    for name, command in commands.items():
        assert _output(browser, _new_job(browser, command, tmp_path)) == expected, name


def test_a_script_that_sbatch_would_refuse_has_a_line_that_it_takes(
    browser: Browser, cluster: Cluster
) -> None:
    """A script without a `#!` line runs under the bridge; its line for sbatch runs as well."""
    path = browser.submit(script="echo plain", name="plain", walltime="5")
    expected = _output(browser, path.rpartition("/")[2])
    assert expected == b"plain\n"
    assert _output_of_sbatch(cluster, _commands(browser, path)["sbatch"]) == expected
