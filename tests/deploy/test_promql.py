"""Queries of Prometheus are read far enough to compare them with metrics."""

import pytest

from tests.deploy.promql import Selector, grouping, selectors


@pytest.mark.parametrize(
    ("query", "found", "labels"),
    [
        ("up", [Selector("up", ())], set()),
        ('up{job="dssr"} == 0', [Selector("up", (("job", "dssr"),))], set()),
        (
            'sum by (state, le) (rate(a_total{code=~"[45]..",x!="y"}[5m])) > 5 + max(b_total)',
            [Selector("a_total", (("code", "[45].."), ("x", "y"))), Selector("b_total", ())],
            {"state", "le"},
        ),
        (
            "increase(a[15m]) > 0 or (a unless a offset 15m)",
            [Selector("a", ())] * 3,
            set(),
        ),
        ("histogram_quantile(0.95, sum(rate(a_bucket[1m])) by (le))", [Selector("a_bucket", ())],
         {"le"}),
    ],
)  # fmt: skip
def test_metrics_and_labels_are_found(query: str, found: list[Selector], labels: set[str]) -> None:
    """Functions, durations and keywords are no metrics."""
    assert list(selectors(query)) == found
    assert grouping(query) == labels
