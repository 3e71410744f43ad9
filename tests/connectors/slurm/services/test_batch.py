"""The files of a service's version."""

import re
import subprocess
from typing import Any

import pytest

from connectors.slurm.services import batch
from dssr.errors import BadRequest
from dssr.service import ServiceSpec

NAMES = ("spec.json", "script", "launch", "environment", "options", "batch", "relay.py")


def files(script: str = "serve\n", **members: Any) -> dict[str, str]:
    """The files of a service with this script, by name."""
    spec = ServiceSpec("demo", script, **members)
    return dict(zip(NAMES, batch.version(spec, "launch it", ()), strict=True))


def test_the_specification_is_kept_as_it_was() -> None:
    """A version holds the specification, which can be read again."""
    made = files(retries=7)
    assert ServiceSpec.from_json(made["spec.json"]) == ServiceSpec("demo", "serve\n", retries=7)
    assert made["launch"] == "launch it"


@pytest.mark.parametrize("shell", ["dash", "bash --posix"])
def test_the_batch_script_is_one_command_of_posix_sh(shell: str) -> None:
    """The batch script can be read by any sh, and a part of it runs nothing."""
    text = files(health="/it's", port_pattern="a|b$(x)'")["batch"]
    check = [*shell.split(), "-n"]
    assert subprocess.run(check, input=text, text=True, check=False).returncode == 0
    part = text[: len(text) * 2 // 3]
    done = subprocess.run(shell.split(), input=part, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")


def test_secrets_are_in_their_own_file_alone() -> None:
    """Values of the environment reach the job by a file that the shell reads, and by no other."""
    made = files(environment=(("KEY", "it's $HOME\n`secret`"),))
    shell = ["sh", "-c", '. /dev/stdin; printf %s "$KEY"']
    read = subprocess.run(shell, input=made["environment"], text=True, capture_output=True)
    assert read.stdout == "it's $HOME\n`secret`"
    assert "secret`" not in made["batch"] + made["options"]


def test_the_requests_options_come_after_the_scripts() -> None:
    """Of a directive and an option of the request, sbatch takes the request's."""
    script = "#!/bin/sh\n#SBATCH --partition=slow -J mine\n#SBATCH --time=1:00:00\nserve\n"
    made = files(script, options=(("partition", "fast"),), walltime=7200)
    assert made["options"].splitlines() == [
        "--partition=slow",
        "--time=1:00:00",
        "--partition=fast",
        "--time=0-02:00:00",
    ]
    assert "\nwalltime=7200\n" in made["batch"]


def test_the_walltime_is_the_scripts_or_the_default() -> None:
    """Without a limit of the request, the script's is valid, and without one, eight hours."""
    assert "\nwalltime=3600\n" in files("#!/bin/sh\n#SBATCH -t 60\nserve\n")["batch"]
    made = files()
    assert "\nwalltime=28800\n" in made["batch"]
    assert made["options"] == "--time=0-08:00:00\n"


@pytest.mark.parametrize("name", ["dependency", "array", "requeue", "begin", "output", "hold"])
def test_options_that_break_the_chain_are_refused(name: str) -> None:
    """An option of the service's own is refused, with its name."""
    value = "" if name in ("requeue", "hold") else "1"
    with pytest.raises(BadRequest, match=name):
        files(options=((name, value),))


@pytest.mark.parametrize("limit", ["UNLIMITED", "0:30", "soon"])
def test_a_limit_that_no_chain_can_have_is_refused(limit: str) -> None:
    """A chain needs jobs that end, and not before their successors can begin."""
    with pytest.raises(BadRequest, match="time limit"):
        files(f"#!/bin/sh\n#SBATCH --time={limit}\nserve\n")


def test_a_version_is_named_by_its_contents() -> None:
    """The name's first half is that of the specification alone."""
    one, same, other = files(), files(), files(retries=1)
    newer = one | {"batch": "of another release"}
    names = [batch.version_name(tuple(each.values())) for each in (one, same, other, newer)]
    assert all(re.fullmatch(r"[0-9a-f]{12}\.[0-9a-f]{12}", name) for name in names)
    assert names[0] == names[1]
    assert names[2].split(".")[0] != names[0].split(".")[0]
    assert names[3].split(".")[0] == names[0].split(".")[0]
    assert names[3] != names[0]
