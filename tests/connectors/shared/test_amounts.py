"""Amounts as people read them."""

import pytest

from connectors.shared import amounts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (-3, "0 s"), (88, "1 min 28 s"), (3600, "1 h"), (93784, "1 d 2 h 3 min")],
)
def test_spans_have_their_largest_parts(seconds: int, text: str) -> None:
    """A span of time has its largest parts, three at most, and is never negative."""
    assert amounts.span(seconds) == text


@pytest.mark.parametrize(
    ("megabytes", "text"),
    [(3.1, "3 MB"), (60, "60 MB"), (1536, "1.5 GB"), (2048, "2 GB"), (0.5, "512 kB"), (0, "0 MB")],
)
def test_memory_has_a_unit_that_fits(megabytes: float, text: str) -> None:
    """Memory is shown in the unit in which it is a small number, without needless digits."""
    assert amounts.memory(megabytes) == text
