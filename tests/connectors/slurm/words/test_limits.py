"""Limit reasons, part by part."""

import pytest

from connectors.slurm.words.limits import limit_of


@pytest.mark.parametrize(
    ("word", "record", "key", "tres", "parts"),
    [
        ("AssocGrpCpuLimit", "Assoc", "GrpTRES", "cpu", ["account", "cores", "its running jobs"]),
        ("AssocMaxJobsLimit", "Assoc", "MaxJobs", "", ["account", "one user's jobs"]),
        ("AssocGrpSubmitJobsLimit", "Assoc", "GrpSubmitJobs", "", ["may wait or run"]),
        ("AssocMaxWallDurationPerJobLimit", "Assoc", "MaxWallPJ", "", ["time limit", "one job"]),
        ("AssocGrpWallLimit", "Assoc", "GrpWall", "", ["walltime", "used up"]),
        ("AssocGrpCPURunMinutesLimit", "Assoc", "GrpTRESRunMins", "cpu", ["core-minutes"]),
        ("AssocGrpMemMinutes", "Assoc", "GrpTRESMins", "mem", ["budget", "memory-minutes"]),
        ("AssocMaxNodePerJobLimit", "Assoc", "MaxTRESPJ", "node", ["more nodes", "one job"]),
        ("QOSMaxJobsPerUserLimit", "QOS", "MaxJobsPU", "", ["QOS", "one user's jobs"]),
        ("QOSMaxSubmitJobPerUserLimit", "QOS", "MaxSubmitJobsPU", "", ["one user's jobs"]),
        ("QOSMaxGRESPerUser", "QOS", "MaxTRESPU", "gres/", ["GPUs", "one user's running jobs"]),
        ("QOSMaxMemoryPerNode", "QOS", "MaxTRESPN", "mem", ["more memory", "on one node"]),
        ("QOSMaxCpuMinutesPerJobLimit", "QOS", "MaxTRESMinsPJ", "cpu", ["core-minutes"]),
        ("QOSMinCpuNotSatisfied", "QOS", "MinTRESPJ", "cpu", ["fewer cores", "requires"]),
        ("QOSMinMemory", "QOS", "MinTRESPJ", "mem", ["less memory"]),
        ("MaxCpuPerAccount", "QOS", "MaxTRESPA", "cpu", ["QOS", "one account's running jobs"]),
        ("MaxJobsPerAccount", "QOS", "MaxJobsPA", "", ["one account's jobs"]),
        ("MaxGRESRunMinsPerUser", "QOS", "MaxTRESRunMinsPU", "gres/", ["one user's", "-minutes"]),
        ("QOSGrpLicense", "QOS", "GrpTRES", "license/", ["licences"]),
    ],
)
def test_a_word_says_whose_limit_it_is(
    word: str, record: str, key: str, tres: str, parts: list[str]
) -> None:
    """The parts of the word are those of the sentence, and of the place that shows the figures."""
    limit = limit_of(word)
    assert limit is not None
    assert (limit.record, limit.key, limit.tres) == (record, key, tres)
    assert [part for part in parts if part not in limit.sentence] == []


def test_a_word_of_the_same_parts_is_understood() -> None:
    """A word of a newer Slurm that combines known parts in a new way is understood."""
    limit = limit_of("QOSMaxEnergyRunMinutesPerAccount")
    assert limit is not None
    assert (limit.key, limit.tres) == ("MaxTRESRunMinsPA", "energy")


@pytest.mark.parametrize(
    "word",
    ["Priority", "MaxMemPerLimit", "MaxPoweredUpNodes", "QOSJobLimit", "MaxCpu", "", "QOSMax"],
)
def test_other_words_are_no_limits(word: str) -> None:
    """A word that is only like a limit's is left to the table of words."""
    assert limit_of(word) is None
