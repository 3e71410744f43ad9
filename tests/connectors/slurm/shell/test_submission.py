"""What a submission and a check return, with real programs."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from dssr.errors import BadRequest, Conflict, ConnectFailed, RefusedRequest
from dssr.job import Resources
from dssr.testing.harness import LAUNCH
from tests.connectors.slurm.shell.records import found
from tests.connectors.slurm.shell_node import ShellNode
from tests.connectors.slurm.specs import spec

KEPT = spec(keeps_files=True, by_exit_code=True, plain=True, script="#!/bin/bash\ntrue\n")
WILL_START = "sbatch: Job 7 to start at 1795600790 using 4 processors on nodes n1 in partition x"


@pytest.fixture
def node(tmp_path: Path) -> ShellNode:
    """A login node with a real shell."""
    return ShellNode(tmp_path)


def sbatch(node: ShellNode, script: str) -> None:
    """What sbatch does."""
    (node.home / "bin/sbatch").write_text(f"#!/bin/sh\n{script}\n")


def test_the_answer_names_the_job(node: ShellNode) -> None:
    """A submission returns the native id, the permanent id and the batch script; sent again it
    returns the same ids and says so."""
    connector = node.connector()
    first, again = connector.submit(KEPT, LAUNCH), connector.submit(KEPT, LAUNCH)
    assert (first.again, again.again) == (False, True)
    assert (first.native_id, first.id) == (again.native_id, again.id)
    assert first.script.startswith("#!/bin/bash")
    assert connector.record(first.id).ref == replace(KEPT.ref, native_id=first.native_id)


def test_a_working_directory_that_cannot_be_used(node: ShellNode) -> None:
    """The error names the directory, the reason and the cure, and nothing was submitted."""
    wrong = replace(KEPT, working_directory="/dev/null/x")
    with pytest.raises(BadRequest, match=r"'/dev/null/x' cannot be used.*Name a directory"):
        node.connector().submit(wrong, LAUNCH)
    assert not (node.home / "runs").exists()


def test_a_working_directory_of_the_request(node: ShellNode) -> None:
    """A job is submitted in the directory that it names, which is made if it is missing, whatever
    characters its name has."""
    place = f"{node.home}/it's $HOME \\ new"
    connector = node.connector()
    submitted = connector.submit(replace(KEPT, working_directory=place), LAUNCH)
    assert Path(place).is_dir()
    ref = replace(KEPT.ref, native_id=submitted.native_id)
    assert found(connector, ref).about.working_directory == place
    assert not (node.home / ".jarvice/work").exists()


def test_a_key_that_belongs_to_another_request(node: ShellNode) -> None:
    """The error about a key says what to do."""
    keyed, connector = replace(KEPT, idempotency="ab" * 16), node.connector()
    connector.submit(keyed, LAUNCH)
    with pytest.raises(Conflict, match="send a new key with a new request"):
        connector.submit(replace(keyed, source="other"), LAUNCH)


def test_a_key_of_a_refused_request_can_be_used_again(node: ShellNode) -> None:
    """A request that Slurm refused can be corrected under the same key."""
    keyed, connector = replace(KEPT, idempotency="ab" * 16), node.connector()
    (node.home / "refusal").write_text("sbatch: error: invalid partition specified: nowhere\n")
    with pytest.raises(RefusedRequest, match="nowhere"):
        connector.submit(keyed, LAUNCH)
    (node.home / "refusal").unlink()
    assert not connector.submit(replace(keyed, source="corrected"), LAUNCH).again


def test_a_submission_is_not_held_up_by_a_list(node: ShellNode) -> None:
    """A job that was submitted while the list cannot be read has its record as soon as it can."""
    connector = node.connector()
    with node.breaking("journal"):
        submitted = connector.submit(KEPT, LAUNCH)
        assert connector.record(submitted.id).evidence == ("submission",)
        with pytest.raises(ConnectFailed):
            connector.records()
    time.sleep(1.0)  # for which a failure is repeated at most
    assert connector.records().jobs[0].id == submitted.id


def test_a_check_shows_what_would_be_sent(node: ShellNode) -> None:
    """A check returns the batch script, sbatch's words and the expected start, and leaves
    nothing."""
    sbatch(node, f'echo "{WILL_START}" >&2')
    checked = node.connector().check(KEPT, LAUNCH)
    assert checked.batch_script.startswith("#!/bin/bash")
    assert checked.options[0] == "sbatch"
    assert (checked.warnings, checked.expected_start) == ([], 1795600790.0)
    assert list(node.state.iterdir()) == []


def test_a_check_names_the_directory(node: ShellNode) -> None:
    """A check has the working directory that the submission would have, and does not make it."""
    sbatch(node, 'echo "$*" >"$HOME/words"')
    place = f"{node.home}/run7"
    checked = node.connector().check(replace(KEPT, working_directory=place), LAUNCH)
    assert checked.options[-1] == f"--chdir={place}"
    assert f"--chdir={place} " in (node.home / "words").read_text()
    assert not Path(place).exists()


def test_a_start_in_another_millennium_is_none(node: ShellNode) -> None:
    """A start that Slurm expects more than a year from now is not known."""
    sbatch(node, f'echo "{WILL_START.replace("1795600790", "33991234567")}" >&2')
    assert node.connector().check(KEPT, LAUNCH).expected_start is None


def test_a_new_job_shows_what_it_asks_for(node: ShellNode) -> None:
    """Before squeue lists a job its record has what its request asks for, for the whole job; after
    that it has squeue's figures, and the others as they were asked for."""
    connector = node.connector()
    connector.records()
    asked = replace(
        KEPT, nodes=2, cores=8, memory_mb=1000, gpus=1, walltime=600, partition="batch",
        options=(("account", "p123"),),
    )  # fmt: skip
    id = connector.submit(asked, LAUNCH).id
    new = Resources("batch", "p123", "", 2, 16, 2000, 2, 600)
    assert connector.record(id).resources == new
    connector.records()
    listed = Resources("batch", "research", "normal", 1, 4, 100, 2, 300, memory_each=100)
    assert connector.record(id).resources == listed


def test_each_bridge_knows_what_was_asked_for(node: ShellNode) -> None:
    """What squeue does not say, another bridge says as the one that submitted the job: that a job
    asks for no GPUs, and that its memory is of each core."""
    connector = node.connector()
    script = "#!/bin/sh\n#SBATCH --mem=1G\n#SBATCH --mem-per-cpu=100\n"
    id = connector.submit(replace(KEPT, script=script), LAUNCH).id
    connector.records()
    asked = connector.record(id).resources
    assert asked is not None
    assert (asked.cores, asked.memory_mb, asked.gpus) == (4, 400, 0)
    assert node.connector().record(id).resources == asked


def test_a_check_has_slurms_objections(node: ShellNode) -> None:
    """What Slurm refuses is a warning in its words."""
    sbatch(node, 'echo "allocation failure: Requested node configuration is not available" >&2')
    file = node.home / "bin/sbatch"
    file.write_text(f"{file.read_text()}exit 1\n")
    checked = node.connector().check(KEPT, LAUNCH)
    assert "not available" in " ".join(checked.warnings)
    assert checked.expected_start is None


def test_each_hour_old_jobs_are_forgotten(node: ShellNode, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list has old jobs forgotten once an hour, in a thread of its own, and a purge that fails
    leaves the list as it is."""
    connector = node.connector()
    submitted = connector.submit(KEPT, LAUNCH)
    connector.records()
    assert "purge" not in node.asked
    connector._cleaning._all_purged -= 3601.0  # seconds
    connector._cleaning._began -= 3601.0
    with node.breaking("purge"):
        assert connector.records().jobs[0].id == submitted.id
        for thread in [each for each in threading.enumerate() if each.name == "dssr-purge"]:
            thread.join(60)
    connector.records()
    assert node.asked.count("purge") == 1
