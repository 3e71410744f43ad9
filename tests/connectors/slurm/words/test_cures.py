"""What helps when sbatch refuses a job that does nothing."""

import pytest

from connectors.slurm.words.cures import cure, is_about_the_account


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Invalid account or account/partition combination specified", "modify user bob"),
        ("No partition specified or system default partition", "Default=YES"),
        ("Requested node configuration is not available", "sinfo -R"),
        ("Required partition not available (inactive or drain)", "state=up"),
        ("Invalid qos specification", "qos=NAME"),
    ],
)
def test_the_cure_of_a_refusal(said: str, words: str) -> None:
    """The cure is about what sbatch named; of a refusal that is not known it names the setting."""
    assert words in cure(said, "bob")


def test_refusals_that_another_account_may_cure() -> None:
    """An account that is missing, and a limit of one, may be cured by another account."""
    assert is_about_the_account("Invalid account or account/partition combination specified")
    assert is_about_the_account("Job violates accounting/QOS policy (job submit limit, ...)")
    assert not is_about_the_account("Requested node configuration is not available")
