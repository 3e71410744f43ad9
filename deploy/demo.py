"""The Python part of ``deploy/demo.sh``: calls the bridge and prints what happens.

show URL [--keep]   submits a job through the HTTP API at URL and prints each of its steps
end-jobs            cancels the jobs under the state directory that the environment names
"""

import base64
import json
import os
import shutil
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from connectors.local.connector import LocalConnector
from connectors.local.settings import LocalSettings
from dssr.settings.reading import parse

SCRIPT = Path(__file__).parent / "examples" / "hello.sh"
WIDTH = 76
PATIENCE = 60.0  # seconds that the job may take
_DIRECT = urllib.request.build_opener(
    urllib.request.ProxyHandler({})
)  # the bridge is on this machine


class Bridge:
    """The HTTP API at a URL."""

    def __init__(self, url: str) -> None:
        self._url = url

    def get(self, path: str) -> Any:
        """The answer to a GET, read as JSON."""
        return json.loads(self._send(path, None))

    def post(self, path: str, args: dict[str, Any]) -> Any:
        """The answer to a POST of ``args``, read as JSON."""
        return json.loads(self._send(path, args))

    def text(self, path: str, args: dict[str, Any]) -> str:
        """The answer to a POST of ``args`` as it is; empty when there is nothing yet."""
        try:
            return self._send(path, args).decode()
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            return ""

    def _send(self, path: str, args: dict[str, Any] | None) -> bytes:
        form = None if args is None else urllib.parse.urlencode({"args": json.dumps(args)}).encode()
        with _DIRECT.open(self._url + path, data=form, timeout=30) as answer:
            return bytes(answer.read())


def show(url: str, keep: bool) -> None:
    """Run a job through the bridge and print each step, then what to try next."""
    bridge = Bridge(url)
    print(bold("A job runs through the bridge, on this machine and without a cluster."))
    print(f"The bridge listens on {url}; its connector is `local`, its executor `native`.")
    heading("Does the bridge answer?", "GET /gc")
    print(f"  {json.dumps(bridge.get('/gc'))}")
    job = submit(bridge)
    watch(bridge, job)
    end(bridge, job)
    heading("What to try next", "by curl")
    if shutil.which("curl") is None:
        print("curl is not installed on this machine: the lines below need it.\n")
    print(next_steps(url, keep), flush=True)


def submit(bridge: Bridge) -> dict[str, Any]:
    """Submit the example script; return the arguments by which the other calls name the job."""
    heading("Submit", "POST /submit")
    script = SCRIPT.read_text()
    file = f"deploy/examples/{SCRIPT.name}"
    print(f"  {dim('name')} demo  {dim('number')} 1  {dim('nodes')} 1  {dim('script')} {file}:")
    for line in script.splitlines():
        print(f"  {dim('|')} {line}")
    encoded = base64.b64encode(script.encode()).decode()
    job = {"name": "demo", "number": 1}
    jobid, _ = bridge.post("/submit", {**job, "nodes": 1, "hpc_script": {"native": encoded}})
    print(f"  The response: job id {bold(jobid)}, and the batch script as submitted.", flush=True)
    return {**job, "jobid": jobid}


def watch(bridge: Bridge, job: dict[str, Any]) -> None:
    """Print each change of state and each new line of output, until neither list has the job."""
    heading("Watch", "GET /queued, GET /running, POST /runstatus, POST /request/.../tail")
    last_place, shown = "", 0
    for place in places(bridge, job["jobid"]):
        elapsed = bridge.post("/runstatus", job)[1] or "        "
        if place != last_place:
            print(f"  {elapsed}  {bold(place)}", flush=True)
            last_place = place
        if place == "running":
            lines = bridge.text(
                f"/request/{job['name']}/{job['number']}/{job['jobid']}/tail", {"qs": {}}
            ).splitlines()
            for line in lines[shown:]:
                print(f"  {elapsed}  {dim('|')} {line}", flush=True)
            shown = len(lines)


def places(bridge: Bridge, jobid: str) -> Iterator[str]:
    """``queued`` or ``running`` a few times a second while the job is in that list; raises
    ``TimeoutError`` in the end."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = [
            name
            for name in ("running", "queued")
            if any(known == jobid for _, known in bridge.get(f"/{name}"))
        ]
        if not found:
            yield "in neither list: it has ended"
            return
        yield found[0]
        time.sleep(0.3)
    raise TimeoutError(f"The job has not ended after {PATIENCE:.0f} s.")


def end(bridge: Bridge, job: dict[str, Any]) -> None:
    """Print how the job ended; raises ``RuntimeError`` if it did not complete."""
    heading("Exit status", "POST /exitstatus")
    rc, elapsed, (output, last_words) = bridge.post("/exitstatus", job)
    print(f"  {dim('rc')} {bold(str(rc))}  {dim('elapsed')} {elapsed}  {dim('output')}")
    for line in [*output.splitlines(), last_words]:
        print(f"  {dim('|')} {line}")
    if rc != 0:
        raise RuntimeError(f"The demo's job should complete, but it ended with exit status {rc}.")


def next_steps(url: str, keep: bool) -> str:
    """Lines to paste into a shell in the checkout's directory."""
    if keep:
        return f"""The bridge runs until Ctrl-C. In another terminal, in {os.getcwd()}:

{CALLS.format(url=url)}"""
    return f"""The bridge of this demo has stopped. Start another one in one terminal:

    .venv/bin/dssr serve

(or keep the demo's bridge: bash deploy/demo.sh --keep), and call it from another terminal,
in {os.getcwd()}:

{CALLS.format(url="http://127.0.0.1:5000")}"""


CALLS = """\
    export DSSR_URL={url}
    name=hello-$(date +%s)
    curl -s $DSSR_URL/api/v1/jobs -H 'Content-Type: application/json' -d '{{
        "name": "'$name'", "script": "echo Hello; sleep 1; echo Bye"}}'; echo
    curl -sN "$DSSR_URL/api/v1/jobs/$name/output?follow=true"   # as it is printed
    curl -s $DSSR_URL/api/v1/jobs/$name/why; echo

A browser shows the other calls, and tries them: {url}/docs. The same through the legacy API:

    curl -s $DSSR_URL/gc
    code=$(base64 < deploy/examples/hello.sh | tr -d '\\n')
    number=$(date +%s)
    args='{{"name": "try", "number": '$number', "nodes": 1, "hpc_script": {{"native": "'$code'"}}}}'
    id=$(curl -s $DSSR_URL/submit --data-urlencode "args=$args" | cut -d '"' -f 2)
    sleep 1   # until it runs
    job='{{"name": "try", "number": '$number', "jobid": "'$id'"}}'
    curl -s $DSSR_URL/running
    curl -s $DSSR_URL/runstatus --data-urlencode "args=$job"
    tail=/request/try/$number/$id/tail
    curl -s $DSSR_URL$tail --data-urlencode 'args={{"qs": {{"lines": ["5"]}}}}'
    curl -s --retry 9 $DSSR_URL/exitstatus --data-urlencode "args=$job"

The same with scripts that do the quoting:

    job=$(deploy/examples/submit.sh deploy/examples/hello.sh)
    deploy/examples/watch.sh $job
    deploy/examples/output.sh $job

README.md describes how to connect the bridge to a Slurm cluster."""


def end_jobs() -> None:
    """Cancel the jobs under the state directory that the environment names, and return when they
    have ended."""
    connector = LocalConnector(parse(os.environ, LocalSettings))
    until = time.monotonic() + PATIENCE
    while (jobs := connector.snapshot()) and time.monotonic() < until:
        for status in jobs.values():
            connector.cancel(status.ref)
        time.sleep(0.2)


def heading(title: str, calls: str) -> None:
    """Print a title on the left and the calls that it is about on the right."""
    print(f"\n{bold(title)}{dim(calls.rjust(WIDTH - len(title)))}".rstrip(), flush=True)


def _style(code: str) -> Callable[[str], str]:
    coloured = (
        sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    )
    return (lambda text: f"\033[{code}m{text}\033[0m") if coloured else (lambda text: text)


bold, dim = _style("1"), _style("2")


def main(words: list[str]) -> int:
    """Run one command; the exit code is 1, after one sentence, if the bridge does not do what
    the demo expects."""
    try:
        match words:
            case ["show", url, *options]:
                show(url, "--keep" in options)
            case ["end-jobs"]:
                end_jobs()
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except KeyboardInterrupt:
        return 130
    except (OSError, RuntimeError) as error:
        print(f"The demo has failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
