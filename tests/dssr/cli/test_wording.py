"""How times and sizes are written for people."""

from datetime import UTC, datetime, timedelta

import pytest

from dssr.cli.wording import counted, duration, megabytes, moment, size
from dssr.client.display import ago

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC).astimezone()


def before(**span: float) -> str:
    """A time of the API."""
    return (NOW - timedelta(**span)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0, "0s"), (59, "59s"), (60, "1m"), (130, "2m10s"), (3600, "1h"),
     (3725, "1h02m"), (86400 * 3 + 3600 * 4, "3d04h"), (-5, "0s")],
)  # fmt: skip
def test_time_spans(seconds: float | None, text: str) -> None:
    """A time span has its two largest units."""
    assert duration(seconds) == text


def test_times_of_the_day() -> None:
    """A time is the local one, without the date where that is today's; a far one has its year."""
    near = NOW - timedelta(minutes=5)
    assert moment(before(minutes=5), NOW) == f"{near:%H:%M:%S}"
    assert moment(before(days=3), NOW) == f"{NOW - timedelta(days=3):%-d %b %H:%M}"
    assert moment(before(days=400), NOW) == f"{NOW - timedelta(days=400):%Y-%m-%d %H:%M}"
    assert moment(None, NOW) == ""


def test_ages() -> None:
    """An age has its largest unit; a time that is to come has none."""
    ages = [ago(before(**span), NOW) for span in (
        {"seconds": 9}, {"minutes": 5}, {"hours": 30}, {"days": 9}, {"seconds": -9})]  # fmt: skip
    assert ages == ["9s", "5m", "1d", "9d", "0s"]
    assert ago(None, NOW) == ""


def test_sizes() -> None:
    """A size has its unit; memory is in whole units where it can be."""
    assert [size(n) for n in (0, 1023, 1536, 20 * 1024, 5 * 1024**4)] == [
        *("0 B", "1023 B", "1.5 KB", "20 KB", "5.0 TB")
    ]
    assert [megabytes(n) for n in (500, 4096, 1536)] == ["500 MB", "4 GB", "1.5 GB"]
    assert [counted(n, "node") for n in (None, 1, 2)] == ["", "1 node", "2 nodes"]
