"""The ``KEY=value`` lines of the upstream's script: found, and read as text or whole numbers."""

import re

from dssr.errors import BadRequest
from dssr.upstream.here_documents import own_lines

_FIELD = re.compile(r"(JOBOBJ_[A-Z0-9_]*|JARVICE_CPU_CORES|JARVICE_CMD)=(.*)")
_BEGINS = ("JOBOBJ_", "JARVICE_C")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}")
LARGEST = 1_000_000_000


class Fields:
    """The keys that a script sets, here-documents left out. The first line of a key takes effect;
    an empty value is the same as an absent key."""

    def __init__(self, text: str) -> None:
        self._values: dict[str, str] = {}
        lines = text.split("\n")  # nothing else ends a line
        for line in own_lines(lines) if "<<" in text else lines:
            # A pattern that looks for the lines by itself would look at each character of them.
            if line.startswith(_BEGINS) and (match := _FIELD.fullmatch(line)):
                self._values.setdefault(match[1], match[2].removesuffix("\r"))

    @property
    def describe_a_job(self) -> bool:
        """Whether there is any ``JOBOBJ_`` line; a script without one is a plain batch script."""
        return any(key.startswith("JOBOBJ_") for key in self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def text(self, key: str) -> str:
        """The key's value, empty if absent. Raises ``BadRequest`` for a NUL, which no command or
        variable can hold."""
        value = self._values.get(key, "")
        if "\0" in value:
            raise BadRequest(f"{key} in the job script holds a NUL character: take it out.")
        return value

    def optional(self, key: str) -> str:
        """Like ``text``, for a key where the upstream writes Python's ``None`` for 'none'."""
        value = self.text(key).strip()
        return "" if value == "None" else value

    def whole(self, key: str, low: int, default: int | None = None) -> int:
        """The key's value as a whole number of at least ``low``; ``default`` if absent.

        Raises ``BadRequest`` naming the key when it is not one, and when it is absent and there is
        no default.
        """
        value = self.text(key).strip()
        if not value:
            if default is None:
                raise BadRequest(
                    f"{key} is missing in the job script: add a line {key}= with a whole number, "
                    f"{low} or more."
                )
            return default
        return whole(value, f"{key} in the job script", low)


def whole(value: str, where: str, low: int, high: int = LARGEST) -> int:
    """``value`` as a number from ``low`` to ``high``. Raises ``BadRequest``, with ``where``."""
    if not _NUMBER.fullmatch(value) or not low <= int(value) <= high:
        raise BadRequest(
            f"{where} is {value[:40]!r}: it must be a whole number from {low} to {high}."
        )
    return int(value)
