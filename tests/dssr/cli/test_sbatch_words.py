"""Options of sbatch behind ``--``."""

import pytest

from dssr.cli.failure import Failure
from dssr.cli.sbatch_words import pairs


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--partition=gpu"], [("partition", "gpu")]),
        (["--partition", "gpu", "--exclusive"], [("partition", "gpu"), ("exclusive", "")]),
        (["-p", "gpu", "-c4"], [("partition", "gpu"), ("cpus-per-task", "4")]),
        (["--comment="], [("comment", "")]),
        ([], []),
    ],
)
def test_options_are_read_as_people_write_them(
    words: list[str], found: list[tuple[str, str]]
) -> None:
    """Long and short options, with their values in the same word or in the next one."""
    assert list(pairs(words)) == found


@pytest.mark.parametrize("word", ["partition=gpu", "-Z", "--"])
def test_a_word_that_is_no_option_is_refused(word: str) -> None:
    """A word that is no option is named."""
    with pytest.raises(Failure, match=f"'{word}' behind -- is no option"):
        list(pairs([word]))
