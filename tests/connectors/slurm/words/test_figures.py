"""Slurm's figures as people read them."""

import pytest

from connectors.slurm.words import figures


def test_times_are_utc() -> None:
    """A number of seconds is a time; other words of Slurm's stay as they are."""
    assert figures.when("1795753545") == "2026-11-27 04:25:45 UTC"
    assert figures.when("Unknown") == "Unknown"
    assert figures.seconds_since_epoch("1795753545") == 1795753545
    assert figures.seconds_since_epoch("Unknown") is None
    assert figures.seconds_since_epoch("0") is None


@pytest.mark.parametrize(
    ("text", "shown"), [("1-02:04:00", "1 d 2 h 4 min"), ("UNLIMITED", "unlimited"), ("", "")]
)
def test_time_limits(text: str, shown: str) -> None:
    """Time limits are read as scontrol prints them."""
    assert figures.span_of(text) == shown


@pytest.mark.parametrize(
    ("text", "amount"),
    [("3176K", 3.1015625), ("60M", 60), ("1.5Gn", 1536), ("2Gc", 2048), ("0", 0), ("1T", 1048576)],
)
def test_memory(text: str, amount: float) -> None:
    """Sizes as sacct and scontrol print them are read, among them 22.05's per node and per core."""
    assert figures.megabytes(text) == amount


@pytest.mark.parametrize("text", ["", "?", "16?", "M", "-3K"])
def test_no_size(text: str) -> None:
    """A text that is no size is not read as one."""
    assert figures.megabytes(text) is None


def test_a_sentence_behind_a_colon() -> None:
    """A sentence behind a colon begins with a small letter, unless a name begins it."""
    assert figures.inside("The job waits.") == "the job waits."
    assert figures.inside("Slurm gives no reason.") == "Slurm gives no reason."
    assert figures.inside("") == ""


def test_trackable_resources() -> None:
    """The resources that a job asks for are read as a mapping, without the parts that have no
    value."""
    assert figures.tres("cpu=2,mem=750M,gres/gpu=4,x") == {
        "cpu": "2", "mem": "750M", "gres/gpu": "4",
    }  # fmt: skip
    assert figures.tres("") == {}
