"""The form's quoting against the real sbatch of each generation of Slurm."""

import pytest

from dssr.form.fields import Form
from dssr.form.writing import script_of
from tests.cluster import Cluster
from tests.connectors.shared.submitting import submitted

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]
VALUES = (
    "two words",
    "it's",
    'a "quoted" word',
    "back\\slash \\",
    "#SBATCH --uid=0",
    "a # remark",
    "\\' --hold",
    '" --requeue --nice=5 "',
    ":colon : colon",
    "$HOME `id` $(id) ;&|<>!*?[]{}()~",
    "\u00e4\u00f6 \u202e x",
    "%j",
)


def test_sbatch_reads_each_value_as_it_was(any_cluster: Cluster) -> None:
    """A value is the option's whole value, and the job has no other option by it."""
    forms = [Form(command="true", options=(("comment", value),), name="a=b") for value in VALUES]
    answers = submitted(any_cluster, [script_of(form) for form in forms])
    for value, (code, printed, job) in zip(VALUES, answers, strict=True):
        assert code == 0, (value, printed)
        assert f"   Comment={value} \n" in job or f"   Comment={value}\n" in job, (value, job)
        assert "JobName=a=b\n" in job
        assert "Nice=0" in job
