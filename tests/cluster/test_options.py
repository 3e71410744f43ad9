"""Options as words of the command line."""

from __future__ import annotations

import pytest

from tests.cluster.errors import ClusterError
from tests.cluster.options import Options, parse_options


def test_words_become_options() -> None:
    """A bare word turns an option on, no-NAME turns it off, and NAME=VALUE sets it."""
    words = ["chatty-shell", "no-accounting", "max-sessions=3", "max-startups=2:50:5"]

    assert parse_options(words) == Options(
        chatty_shell=True, accounting=False, max_sessions=3, max_startups="2:50:5"
    )


@pytest.mark.parametrize(
    "word", ["chatty", "csh=1", "max-sessions", "max-sessions=many", "no-max-sessions", ""]
)
def test_unknown_words_are_refused_with_the_known_ones(word: str) -> None:
    """The error about an unknown option or a wrong value names it and lists the known ones."""
    with pytest.raises(ClusterError, match="known are: site-wrapper") as caught:
        parse_options([word])

    assert f"'{word}'" in str(caught.value)
