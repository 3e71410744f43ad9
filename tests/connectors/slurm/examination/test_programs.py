"""The scripts of the probe job, with this machine as login node and as node."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from connectors.slurm.examination.site import script_text
from connectors.slurm.words.examination.report import Report, report


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """The examination's two directories."""
    made = tmp_path / "state", tmp_path / "scratch"
    for place in made:
        place.mkdir()
        (place / "token").write_text("word\n")
    return made


def probed(places: tuple[Path, Path], path: str, *, answers: bool = True) -> Report:
    """What a node with these programs reports. Its name is that of this machine's loopback."""
    state, scratch = (f"{place}/" for place in places)
    environ = {"PATH": path, "HOME": state, "SLURMD_NODENAME": "localhost"}
    words = [state, scratch, "word", "/tmp", "0", "127.0.0.1:1"]
    reached: list[str] = []
    with subprocess.Popen(
        ["bash", "-c", script_text("node"), "node", *words],
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as node:
        while node.poll() is None and answers:
            look = ["/bin/sh", "-c", script_text("look"), "look", "1", state, scratch]
            said = subprocess.run(look, capture_output=True, text=True, check=True).stdout
            lines = said.splitlines()
            reached += [line.removeprefix("port ") for line in lines if line.startswith("port ")]
        printed, _ = node.communicate(timeout=60)
    return report(printed, reached)


def test_a_node(places: tuple[Path, Path]) -> None:
    """A node without a container program sees both directories, and listens by python3; its ports
    are reached, and what it cannot do has its reason."""
    found = probed(places, f"{Path(sys.executable).parent}:/usr/bin:/bin")

    said = found.of("localhost")
    assert (said["state.seen"], said["scratch.write"], said["container"]) == ("yes", "yes", "")
    assert float(said["scratch.delay"]) < 10_000
    assert "python3" in said["tools"]
    assert said["images.127.0.0.1:1"] == "no"
    assert "refused" in said["images.127.0.0.1:1.why"]
    assert said["submit"] == "no"
    assert list(found.ports["localhost"].values()) == [True] * len(found.ports["localhost"])
    assert len(found.ports["localhost"]) >= 3


def test_a_node_that_does_not_see_a_directory(places: tuple[Path, Path]) -> None:
    """A directory in which the examination's own word is missing is not the same one."""
    (places[1] / "token").write_text("of another examination\n")
    said = probed(places, os.environ["PATH"]).of("localhost")
    assert (said["state.seen"], said["scratch.seen"]) == ("yes", "no")
