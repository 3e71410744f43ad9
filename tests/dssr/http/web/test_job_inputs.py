"""Files that a job needs from the start. The forms that send them are in other files."""

import pytest

from dssr.http.web.job_inputs import is_held


@pytest.mark.parametrize(
    ("script", "holds"),
    [
        ("#SBATCH --hold\n", True), ("#SBATCH -N 1 -H\n", True), ("#SBATCH --hold-x\n", False),
        ("echo --hold\n", False), ("# #SBATCH --hold\n", False), ("", False),
    ],
)  # fmt: skip
def test_a_script_says_that_it_is_to_be_held(script: str, holds: bool) -> None:
    """A directive holds a job, and no other line does."""
    assert is_held(script) == holds
