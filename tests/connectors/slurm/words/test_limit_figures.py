"""The figures of limits, on what three generations' controllers showed."""

import pytest

from connectors.slurm.words.limit_figures import limit_sentences
from connectors.slurm.words.limits import limit_of
from tests.connectors.slurm.recordings import GENERATIONS
from tests.connectors.slurm.situations import findings

SENTENCES = {
    "QOSMaxJobsPerUserLimit": "QOS qosmaxjobsperuserlimit, user alice: the limit for jobs is 1; "
    "1 in use.",
    "QOSMaxCpuPerUserLimit": "QOS qosmaxcpuperuserlimit, user alice: the limit for cores is 2; "
    "2 in use.",
    "MaxCpuPerAccount": "QOS maxcpuperaccount, account research: the limit for cores is 2; 2 in "
    "use.",
    "QOSGrpNodeLimit": "QOS qosgrpnodelimit: the limit for nodes is 1; 1 in use.",
    "QOSMaxWallDurationPerJobLimit": "QOS qosmaxwalldurationperjoblimit: the limit for walltime of "
    "one job is 5 min.",
    "QOSMaxGRESPerJob": "QOS qosmaxgresperjob: the limit for gres/gpu is 1.",
    "QOSMinCpuNotSatisfied": "QOS qosmincpunotsatisfied: the minimum for cores is 4.",
    "AssocMaxJobsLimit": "Association of account assocmaxjobslimit, user alice: the limit for jobs "
    "is 1; 1 in use.",
    "AssocGrpCpuLimit": "Association of account assocgrpcpulimit: the limit for cores is 2; 2 in "
    "use.",
    "AssocGrpCPURunMinutesLimit": "Association of account assocgrpcpurunminuteslimit: the limit "
    "for "
    "core-minutes is 50; 40 in use.",
}


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("word", SENTENCES)
def test_the_limit_is_found_with_its_use(generation: str, word: str) -> None:
    """The record that sets the limit is named, and records without it are not."""
    found, limit = findings(generation, word), limit_of(word)
    assert limit is not None
    sentences = limit_sentences(found.sections["limits"], limit, found.job)
    assert SENTENCES[word] in sentences
    assert len(sentences) <= 2  # a user's association takes limits over from its account


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_block_of_another_user_is_left_out(generation: str) -> None:
    """A QOS lists each user's use; only that of the job's own user is shown."""
    found, limit = (
        findings(generation, "QOSMaxJobsPerUserLimit"),
        limit_of("QOSMaxJobsPerUserLimit"),
    )
    assert limit is not None
    job = {**found.job, "UserId": "bob(2003)"}
    assert limit_sentences(found.sections["limits"], limit, job) == []


def test_memory_has_its_unit() -> None:
    """The controller's memory limits are in MB."""
    limit = limit_of("QOSGrpMemLimit")
    assert limit is not None
    text = "QOS=big(7)\n    GrpTRES=cpu=N(4),mem=2048(1536),node=N(1)\n"
    assert limit_sentences(text, limit, {}) == [
        "QOS big: the limit for memory is 2 GB; 1.5 GB in use."
    ]


@pytest.mark.parametrize(
    "text", ["", "scontrol: error: Access denied\n", "QOS=\n\n    =\n      x\n"]
)
def test_no_figures_give_no_sentence(text: str) -> None:
    """Where a site hides its limits (PrivateData), there is no sentence about them."""
    limit = limit_of("QOSGrpMemLimit")
    assert limit is not None
    assert limit_sentences(text, limit, {}) == []
