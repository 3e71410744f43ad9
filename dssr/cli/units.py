"""Sizes, times and pairs as people write them: ``4G``, ``2h``, ``1-00:00:00``, ``K=V``."""

import os
import re
import time
from datetime import UTC, datetime
from typing import Any

import click

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+)s)?")
_OF_SLURM = re.compile(r"(?:(\d+)-)?(\d+)(?::(\d+))?(?::(\d+))?")
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGTP]?)(?:i?B)?", re.IGNORECASE)
_MB = {"K": 1 / 1024, "": 1, "M": 1, "G": 1024, "T": 1024**2, "P": 1024**3}
_SECONDS = (86400, 3600, 60, 1)
_LONGEST = 10 * 365 * 86400


def seconds(text: str) -> int:
    """A duration: ``90m``, ``2h``, ``1d12h``, or as Slurm writes it: minutes, ``H:MM:SS``,
    ``D-HH``. Raises ``ValueError``.
    """
    word = text.strip().lower()
    match = _DURATION.fullmatch(word)
    if word and match:
        found = sum(int(n or 0) * unit for n, unit in zip(match.groups(), _SECONDS, strict=True))
    elif match := _OF_SLURM.fullmatch(word):
        found = _of_slurm(*match.groups())
    else:
        raise ValueError("is no time: write 90m, 2h, 1d12h, 1-00:00:00, or a number of minutes")
    if not 0 < found <= _LONGEST:
        raise ValueError("is no time between a second and ten years")
    return found


def _of_slurm(days: str | None, first: str, second: str | None, third: str | None) -> int:
    """Slurm reads ``M``, ``M:S``, ``H:M:S``, and with days ``D-H``, ``D-H:M``, ``D-H:M:S``."""
    if days is None and third is None:
        return int(first) * 60 + int(second or 0)
    return int(days or 0) * 86400 + int(first) * 3600 + int(second or 0) * 60 + int(third or 0)


def megabytes(text: str) -> int:
    """A size: ``4G``, ``500M``, ``1.5T``, or a number of MB as Slurm reads it. Raises
    ``ValueError``."""
    match = _SIZE.fullmatch(text.strip())
    if not match:
        raise ValueError("is no size: write 500M, 4G or 1.5T")
    found = float(match[1]) * _MB[match[2].upper()]
    if not 1 <= found <= 1e9:
        raise ValueError("is no size between 1M and 950T")
    return round(found)


def moment(text: str, now: float) -> str:
    """A time in the past as the API takes it: ``2d`` (ago), ``2030-01-31``, or with a time of day.

    Raises ``ValueError``.
    """
    try:
        when = datetime.fromisoformat(text.strip()).timestamp()
    except ValueError:
        try:
            when = now - seconds(text)
        except ValueError:
            raise ValueError(
                "is no time: write 30m, 12h or 2d (ago), or 2030-01-31T12:00"
            ) from None
    return datetime.fromtimestamp(when, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Parsed(click.ParamType[Any]):
    """A parameter that a function above reads."""

    def parse(self, value: str) -> Any:
        """The value. Raises ``ValueError``."""
        raise NotImplementedError

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See ``click.ParamType``."""
        try:
            return self.parse(value) if isinstance(value, str) else value
        except (ValueError, OverflowError) as error:
            self.fail(f"{value!r} {error}.", param, ctx)


class Duration(_Parsed):
    """A number of seconds that is not less than ``least``."""

    name = "time"

    def __init__(self, least: int = 0) -> None:
        self._least = least

    def parse(self, value: str) -> int:
        """See ``seconds``."""
        found = seconds(value)
        if found < self._least:
            raise ValueError(f"is too short: it must be {self._least} seconds or more")
        return found


class Seconds(Duration):
    """A number of seconds, also where it is a number alone: for what never takes minutes."""

    def parse(self, value: str) -> int:
        """See ``seconds``."""
        return super().parse(f"{value}s" if value.isascii() and value.isdigit() else value)


class Size(_Parsed):
    """A number of MB."""

    name = "size"

    def parse(self, value: str) -> int:
        """See ``megabytes``."""
        return megabytes(value)


class Moment(_Parsed):
    """A time, as the API takes it."""

    name = "when"

    def parse(self, value: str) -> str:
        """See ``moment``."""
        return moment(value, time.time())


class Whole(_Parsed):
    """A whole number from ``least`` to ``most``; None: without a limit."""

    name = "n"

    def __init__(self, least: int = 1, most: int | None = None) -> None:
        self._least, self._most = least, most

    def parse(self, value: str) -> int:
        """The number."""
        if not (value.isascii() and value.isdigit()) or int(value[:10]) < self._least:
            raise ValueError(f"must be a whole number, at least {self._least}")
        if self._most is not None and int(value) > self._most:
            raise ValueError(f"must be a whole number, at most {self._most}")
        return int(value[:10])


class Pair(_Parsed):
    """A name and a value."""

    name = "name=value"

    def __init__(self, example: str) -> None:
        self._example = example

    def parse(self, value: str) -> tuple[str, str]:
        """Split at the first ``=``."""
        name, equals, rest = value.partition("=")
        if not name or not equals:
            raise ValueError(f"is no NAME=VALUE: write it as {self._example}")
        return name, rest


class Directory(click.Path):
    """A directory of this machine; it may be missing, unless it must exist."""

    def __init__(self, **more: Any) -> None:
        super().__init__(file_okay=False, **more)
        self.name = "directory"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """See ``click.Path``, whose words for a file are 'Directory ... is a file'."""
        if os.path.exists(value) and not os.path.isdir(value):
            self.fail(f"{os.fsdecode(value)!r} is a file, and not a directory.", param, ctx)
        return super().convert(value, param, ctx)
