"""The time limit that a plain batch script asks for."""

import pytest

from connectors.local.directives import walltime
from dssr.errors import RefusedRequest


@pytest.mark.parametrize(
    ("time", "seconds"),
    [
        ("5", 300), ("0:07", 7), ("2:30", 150), ("1:02:03", 3723), ("1-0", 86400), ("2-03:04", 183840), ("1-00:00:01", 86401),
        ("UNLIMITED", None), ("infinite", None), ("0", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["--time={}", "--time {}", "-t {}", "-t{}", "-n 1 --time={} -J x"])
def test_every_form_of_sbatch(time: str, seconds: int | None, form: str) -> None:
    """The forms that sbatch(1) names for --time, in each of the ways to write an option."""
    assert walltime(f"#!/bin/bash\n# a comment\n\n#SBATCH {form.format(time)}\necho\n") == seconds


@pytest.mark.parametrize(
    "script",
    [
        "",
        "echo\n#SBATCH --time=5\n",
        "# SBATCH --time=5\n",
        "##SBATCH -t 5\n",
        "#SBATCH --time-min=5\n#SBATCH --test\n",
    ],
)
def test_what_is_no_directive(script: str) -> None:
    """Directives count before the first command only; comments and other options are none."""
    assert walltime(script) is None


def test_the_last_one_counts() -> None:
    """As with sbatch, a later directive replaces an earlier one."""
    assert walltime("#SBATCH -t 5\n#SBATCH --time=1\n") == 60


@pytest.mark.parametrize("time", ["soon", "1:2:3:4", "-5", "1-2-3", "5m", "٣", "$(date)"])
def test_a_time_that_is_none(time: str) -> None:
    """What sbatch would refuse is refused, and the message shows it."""
    with pytest.raises(RefusedRequest, match="is no time limit"):
        walltime(f"#SBATCH --time={time}\n")
