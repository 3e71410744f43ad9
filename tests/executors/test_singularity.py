"""The singularity executor's text, on this machine: what needs no container."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dssr import plugins
from dssr.errors import BadRequest
from dssr.job import JobSpec
from dssr.settings import Settings
from dssr.testing.executor import ExecutorContract, ThisMachine, job
from dssr.upstream.syntax import PLACEHOLDER
from executors.singularity import Singularity


class TestContained(ExecutorContract):
    """A script with the placeholder starts its container by itself, so it is run as it is."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> ThisMachine:
        """This machine is the node."""
        return ThisMachine(Singularity(), tmp_path, front=PLACEHOLDER)

    def test_it_has_a_short_name(self) -> None:
        """The singularity executor's name is `singularity`."""
        assert plugins.find(plugins.EXECUTOR, "singularity").plugin_class is Singularity

    def test_the_sites_environment_comes_first(self, place: ThisMachine) -> None:
        """~/.jarvice_custom_env is sourced where it exists, ~/.jarvice_cuda_env for GPU
        jobs too."""
        (place.base / ".jarvice_custom_env").write_text("export SITE=custom\n")
        (place.base / ".jarvice_cuda_env").write_text("export SITE=$SITE+cuda\n")
        body = f"{PLACEHOLDER}\necho $SITE"
        assert place.run(job(body)).out == "custom\n"
        assert place.run(job(body, JOBOBJ_GPUS="1")).out == "custom+cuda\n"

    def test_the_script_gets_its_credentials(self, place: ThisMachine) -> None:
        """A script that pulls its image by itself gets its credentials, and its text does not hold
        them."""
        secret = '{{"server": "docker.io", "username": "u", "password": "p"}}'
        body = f"{PLACEHOLDER}\necho $JARVICE_DOCKER_USERNAME"
        assert place.run(job(body, JOBOBJ_DOCKER_SECRET=secret)).out == "dQ==\n"


def path_with(directory: Path, *programs: str) -> dict[str, str]:
    """A PATH with these programs of this machine and nothing else."""
    directory.mkdir()
    for program in programs:
        found = subprocess.run(
            ["bash", "-c", f"type -P {program}"], capture_output=True, check=True
        ).stdout
        (directory / program).symlink_to(found.decode().strip())
    return {"PATH": str(directory)}


def test_a_node_without_a_container_program_says_so(tmp_path: Path) -> None:
    """A job on a node without a container program fails with 127 and a sentence that names the node
    and the cure."""
    ran = ThisMachine(Singularity(), tmp_path).run(
        job("echo ran"), path_with(tmp_path / "bin", "uname")
    )
    node = subprocess.run(["uname", "-n"], capture_output=True, check=True).stdout.decode().strip()
    assert (ran.code, ran.out) == (127, "")
    assert ran.err.startswith(f"Node {node} has neither singularity nor apptainer on its PATH")


def test_an_overlay_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """A job whose overlay cannot be made fails with 1, the program's own words, and a sentence with
    the file, its size and the node."""
    environ = path_with(tmp_path / "bin", "uname", "rm", "mktemp", "mkdir")
    (tmp_path / "bin" / "apptainer").symlink_to("/bin/false")
    spec = job("echo ran", settings=Settings(overlay_mb=70))
    ran = ThisMachine(Singularity(), tmp_path).run(spec, environ)
    assert (ran.code, ran.out) == (1, "")
    assert f"overlay {tmp_path}/work/overlay.0.img of 70 MB could not be made on node" in ran.err
    assert "truncate" in ran.err
    assert not list((tmp_path / "work").iterdir())


def test_a_job_without_an_image_is_refused() -> None:
    """A script that starts no container must name the one to run it in."""
    with pytest.raises(BadRequest, match="JOBOBJ_REPO is missing"):
        Singularity().launch(job("", JOBOBJ_REPO=""), Settings())


@pytest.mark.parametrize(
    ("values", "verbose", "words"),
    [
        ({}, False, '-s exec "${dssr_options[@]}" docker://site/box /bin/bash'),
        ({}, True, '-v exec "${dssr_options[@]}"'),
        ({"JOBOBJ_GPUS": "2"}, False, '-s exec --nv "${dssr_options[@]}"'),
        ({"JOBOBJ_REPO": "/apps/a b.sif"}, False, "'/apps/a b.sif' /bin/bash"),
    ],
)
def test_the_container_is_started_as_the_job_asks(
    values: dict[str, Any], verbose: bool, words: str
) -> None:
    """Verbosity, GPUs and the image are in the words that start it."""
    assert words in Singularity().launch(job("", **values), Settings(verbose=verbose))


CARRIABLE = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(CARRIABLE, CARRIABLE)
def test_no_image_or_interpreter_becomes_shell(image: str, interpreter: str) -> None:
    """bash reads the last line as one command with these very words, whatever they hold."""
    spec = JobSpec("n", 1, 1, "", f"#!{interpreter}\n", image=image, secrets=(("S", "x"),))
    launch = Singularity().launch(spec, Settings())
    command = launch[launch.rindex('exec "$dssr_tool"') :].replace(
        'exec "$dssr_tool"', "printf '%s\\0'", 1
    )
    done = subprocess.run(
        ["bash", "-c", command], env={"DSSR_JOB_DIR": "/d"}, capture_output=True, check=True
    )
    words = done.stdout.decode().split("\0")
    assert words[:3] == ["-s", "exec", image]
    assert words[-2:] == ["/d/script", ""]
