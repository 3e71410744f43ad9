"""What the login node says about the two directories."""

from connectors.slurm.words.examination.directories import Directory, directories

LINES = {
    "state.path": ["/home/bob/.jarvice/state/"],
    "state.made": ["/home/bob/.jarvice/state", "/home/bob/.jarvice"],
    "state.own": ["/home/bob/.jarvice/state/doctor.1/"],
    "state.free": ["2048"],
    "state.files": [""],
    "state.kind": ["nfs"],
    "scratch.path": ["/scratch/"],
    "scratch.own": ["/scratch/.jarvice/doctor.1/"],
    "scratch.why": ["Disk quota exceeded"],
    "scratch.kind": ["tmpfs"],
    "jobs": ["12"],
    "lost": ["3"],
}


def test_both_directories() -> None:
    """Each has its place, what was missing on the way, and its room as far as that is known."""
    found = directories(LINES)
    assert found.state == Directory(
        path="/home/bob/.jarvice/state/",
        own="/home/bob/.jarvice/state/doctor.1/",
        made=("/home/bob/.jarvice/state", "/home/bob/.jarvice"),
        why="",
        kind="nfs",
        free_kb=2048,
        free_files=None,
    )
    assert (found.jobs, found.lost, found.dangling) == (12, 3, 0)
    assert not found.are_writable
    assert found.scratch.is_of_one_host
    assert not found.state.is_of_one_host


def test_no_answer() -> None:
    """A directory about which nothing was said cannot be used."""
    assert directories({}).state.why == "the login node did not say what it has"
