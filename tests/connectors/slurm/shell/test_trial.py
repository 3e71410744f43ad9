"""Whether a job could be submitted: what the program tries, and when it is sent."""

import pytest

from connectors.slurm.connector import SlurmConnector
from connectors.slurm.settings import SlurmSettings
from dssr.errors import Conflict, Refused, Unavailable
from dssr.testing.harness import LAUNCH
from tests.connectors.slurm.login_node import LoginNode
from tests.connectors.slurm.scripted_node import Node
from tests.connectors.slurm.specs import spec


def trials(node: Node) -> int:
    """How often the program was sent."""
    return len(node.times["trial"])


def test_it_is_tried_once(connector: SlurmConnector, node: Node) -> None:
    """After a success, /gc sends nothing but the query for jobs."""
    for _ in range(3):
        connector.ping()
    assert trials(node) == 1


@pytest.mark.parametrize(
    ("answer", "error", "again"),
    [
        ("refused no", Refused, True),
        ("unknown", Unavailable, True),
        ("unwritable /state", Unavailable, True),
        ("conflict", Conflict, False),
    ],
)
def test_it_is_tried_again_after_a_failed_submission(
    answer: str, error: type[Exception], again: bool, connector: SlurmConnector, node: Node
) -> None:
    """A submission that failed for another reason than its own request raises a doubt."""
    connector.ping()
    node.submitted = answer
    with pytest.raises(error):
        connector.submit(spec(), LAUNCH)
    connector.ping()
    connector.ping()
    assert trials(node) == 1 + again


def test_it_is_tried_again_after_a_failed_check(connector: SlurmConnector, node: Node) -> None:
    """When the cluster has been away, it must prove again that it takes jobs."""
    connector.ping()
    node.squeue_code = 1
    connector._snapshot.changed()
    with pytest.raises(Unavailable):
        connector.ping()
    node.squeue_code = 0
    connector._snapshot._failure = None
    connector.ping()
    assert trials(node) == 2


@pytest.mark.parametrize(
    ("printed", "words"),
    [
        (
            "state /a/\nwhy mkdir: no",
            r"state directory /a/ .* as jarvice \(mkdir: no\).*_STATE_DIR",
        ),
        ("scratch /b/\nwhy mkdir: no", "scratch directory /b/ .*JARVICE_JOB_SCRATCH_DIR"),
        ("code 1\nallocation failure: Invalid account or account/partition", "defaultaccount=NAME"),
        ("code 1\nallocation failure: Invalid partition name specified", "Default=YES"),
        ("code 1\nallocation failure: Required partition not available (inactive or drain)", "=up"),
        ("code 1\nallocation failure: Requested node configuration is not available", "sinfo -R"),
        ("code 1\nallocation failure: Invalid qos specification", "JARVICE_SLURM_CHECK_OPTIONS"),
        ("code 1\nUnable to contact slurm controller", "^Slurm cannot accept the request now"),
        ("code 127\n/bin/sh: sbatch: not found", "put Slurm's commands on the PATH"),
        ("code 124\n", r"no answer from Slurm within \d+ s"),
    ],
)
def test_the_sentence_says_what_is_wrong_and_what_to_do(printed: str, words: str) -> None:
    """The reason of /gc names the directory or what Slurm said, and the setting or command."""
    node = Node()
    node.tried = printed
    with pytest.raises(Unavailable, match=words):
        SlurmConnector(SlurmSettings(ssh_user="jarvice"), node).ping()


def test_the_operators_options_are_sent(login: LoginNode) -> None:
    """sbatch examines a job of the service user with the options of the setting, for some
    seconds."""
    sbatch = 'echo "$@" >"$HOME/words"'
    assert login.run("trial", "", "9", "--account=p1", sbatch=sbatch) == "code 0\n"
    words = (login.home / "words").read_text().split()
    assert words == ["--test-only", "-J", "dssr-trial", "--wrap=true", "--account=p1"]


def test_it_leaves_no_file(login: LoginNode) -> None:
    """Both directories are made if they are missing, and are empty afterwards."""
    scratch = f"{login.home}/scratch/"
    assert login.run("trial", scratch, "9", sbatch="echo x >&2; exit 3") == "code 3\nx\n"
    made = login.home / ".jarvice/state", login.home / "scratch/.jarvice"
    assert [list(directory.iterdir()) for directory in made] == [[], []]


@pytest.mark.parametrize("which", ["state", "scratch"])
def test_a_directory_that_cannot_be_made(which: str, login: LoginNode) -> None:
    """The program says which one, and why; sbatch is not run then."""
    (login.home / ".jarvice").mkdir()
    (login.home / ".jarvice/state").mkdir()
    place = login.home / {"state": ".jarvice/state", "scratch": "scratch"}[which]
    if which == "state":
        place.rmdir()
    place.touch()
    printed = login.run("trial", f"{login.home}/scratch/", "9", sbatch="exit 9").splitlines()
    below = {"state": f"{place}/", "scratch": f"{place}/.jarvice/"}[which]
    assert printed[0] == f"{which} {below}"
    assert printed[1].startswith("why mkdir: ")
    assert len(printed) == 2
