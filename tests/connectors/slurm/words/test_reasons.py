"""Every reason word of Slurm has a sentence and a cure of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.slurm.words.reasons import head_of, reason_of
from tests.connectors.slurm.recordings import GENERATIONS, recorded
from tests.connectors.slurm.situations import SITUATIONS, findings

WORDS = {generation: recorded(generation, "reasons.txt").split() for generation in GENERATIONS}
ALL = sorted({word for words in WORDS.values() for word in words})
ONLY_ON_THE_PAGE = ["QOSMaxBBMinutesPerJob"]  # of Job Reason Codes: libslurm prints another word
# What slurmctld prints in place of a word; scontrol has "_" for each blank.
PHRASES = [
    "ReqNodeNotAvail, UnavailableNodes:node[1-2]",
    "ReqNodeNotAvail, Reserved for maintenance",
    "ReqNodeNotAvail, May be reserved for other job",
    "ReqNodeNotAvail, Reserved for other reservations",
    "Nodes required for job are DOWN, DRAINED or reserved for jobs in higher priority partitions",
    "Nodes required for job are DOWN, DRAINED, RESERVED or reserved for jobs in higher priority",
    "job requeued in held state",
    "job requeued in special exit state",
    "launch failed requeued held",
    "launch failure limit exceeded requeued held",
    "user env retrieval failed requeued held",
    "RaisedSignal:11(Segmentation fault)",
    "Burst buffer pre_run error",
    "burst_buffer/lua: slurm_bb_data_in: no such pool",
    "Job's account not permitted to use this partition (gpu allows a,b not c)",
    "Job's QOS not permitted to use this partition (gpu denies normal including normal)",
    "Job's QOS not known, so it can't use this partition (gpu allows x)",
    "Reservation course was deleted",
    "License request 'x:1' is no longer valid, holding job",
    "Job is at or exceeds QOS q's group max TRES(cpu) minutes of 10 with 12",
]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_no_word_of_a_generation_is_missing(generation: str) -> None:
    """The table knows each word that the generation's own library can print."""
    assert len(WORDS[generation]) > 190
    assert [word for word in WORDS[generation] if not reason_of(word).known] == []


@pytest.mark.parametrize("word", [*ALL, *ONLY_ON_THE_PAGE, *PHRASES])
def test_each_word_has_a_sentence_and_a_cure(word: str) -> None:
    """Each word has a whole sentence and a whole cure, which are the same for the word as scontrol
    prints it."""
    reason = reason_of(word)
    assert reason.known
    for text in (reason.sentence, reason.cure):
        assert text[0].isupper()
        assert text.endswith(".")
        assert "  " not in text
    assert reason_of(word.replace(" ", "_")) == reason


def test_no_two_words_share_a_sentence() -> None:
    """Each word says whose limit it is, on what, over what: no sentence fits two of them."""
    words: dict[str, list[str]] = {}
    for word in ALL:
        words.setdefault(reason_of(word).sentence, []).append(word)
    assert [shared for shared in words.values() if len(shared) > 1] == []


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_recorded_reason_is_known(generation: str) -> None:
    """The reasons of real jobs are known, with what Slurm appends to them."""
    shown = {findings(generation, name).job["Reason"] for name in SITUATIONS[generation]}
    assert len(shown) > 25
    assert [reason for reason in shown if not reason_of(reason).known] == []


@pytest.mark.parametrize(
    ("reason", "head"),
    [
        ("Priority", "Priority"),
        ("(Resources)", "Resources"),
        ("ReqNodeNotAvail,_UnavailableNodes:node2", "ReqNodeNotAvail"),
        ("RaisedSignal:11(Segmentation_fault)", "RaisedSignal"),
        ("job_requeued_in_held_state", "job"),
        ("", ""),
    ],
)
def test_the_head_is_the_word_alone(reason: str, head: str) -> None:
    """What Slurm appends to a word is not part of it."""
    assert head_of(reason) == head


@pytest.mark.parametrize("word", ["QuantumLimit", "priority", "", "\x1b[31mPriority", "QOS", "Max"])
def test_an_unknown_word_is_shown_and_not_guessed(word: str) -> None:
    """The sentence says that the word is unknown, and shows it without control characters."""
    reason = reason_of(word)
    assert not reason.known
    assert word.replace("\x1b", "?") in reason.sentence
    assert "does not know" in reason.sentence
    assert "\x1b" not in reason.sentence


@given(st.text(max_size=400))
def test_any_text_gets_an_answer(word: str) -> None:
    """Any text as a reason gets a sentence and a cure."""
    reason = reason_of(word)
    assert reason.sentence.endswith(".")
    assert len(reason.sentence) < 2500
