"""Colours and weights of terminal output (ECMA-48, 8.3.117, SGR) as names of CSS classes. Pure.

``static/output.css`` has the classes: a page that allows no inline style cannot take a colour as a
number. So each of the 256 and of the 16 million colours becomes the nearest of the usual sixteen.
"""

import re
from collections import deque
from functools import lru_cache

_WEIGHTS = {1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "crossed"}
_ENDS = {22: ("bold", "faint"), 23: ("italic",), 24: ("underline",), 27: ("inverse",)} | {
    29: ("crossed",), 39: ("fg",), 49: ("bg",)
}  # fmt: skip
_SIXTEEN = (
    *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0)),
    *((0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0)),
    *((92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)),
)
_CUBE = (0, 95, 135, 175, 215, 255)  # the levels of xterm's colours 16 to 231
_NUMBER = re.compile("[0-9]{1,3}")


class Style:
    """What the next character looks like."""

    def __init__(self) -> None:
        self._parts: dict[str, str] = {}
        self.classes = ""  # separated by blanks; empty: as the page has it

    def change(self, parameters: str) -> None:
        """Apply the parameters between ``ESC [`` and ``m``; unknown ones have no effect."""
        words = deque(re.split("[;:]", parameters)[:100])
        while words:
            self._apply(_number(words.popleft()), words)
        self.classes = " ".join(f"sgr-{self._parts[part]}" for part in sorted(self._parts))

    def _apply(self, code: int, words: deque[str]) -> None:
        if code == 0:
            self._parts.clear()
        elif code in _WEIGHTS:
            self._parts[_WEIGHTS[code]] = _WEIGHTS[code]
        elif code in _ENDS:
            for part in _ENDS[code]:
                self._parts.pop(part, None)
        elif code in (38, 48):
            if (colour := _extended(words)) is not None:
                self._colour("fg" if code == 38 else "bg", colour)
        elif code // 10 in (3, 4) and code % 10 < 8:
            self._colour("fg" if code < 40 else "bg", code % 10)
        elif 90 <= code <= 97 or 100 <= code <= 107:
            self._colour("fg" if code < 100 else "bg", code % 10 + 8)

    def _colour(self, part: str, colour: int) -> None:
        self._parts[part] = f"{part}{colour}"


def _number(word: str) -> int:
    """-1 for what is no number; an absent one is 0."""
    if not word:
        return 0
    return int(word) if _NUMBER.fullmatch(word) else -1


def _extended(words: deque[str]) -> int | None:
    """The colour behind 38 or 48, as ``5;N`` or ``2;R;G;B``."""
    kind = _number(words.popleft()) if words else -1
    size = {5: 1, 2: 3}.get(kind, 0)
    values = [_number(words.popleft()) for _ in range(min(size, len(words)))]
    if len(values) != size or not size or not all(0 <= value <= 255 for value in values):
        return None
    return _nearest(_of_256(values[0]) if size == 1 else (values[0], values[1], values[2]))


def _of_256(number: int) -> tuple[int, int, int]:
    if number < 16:
        return _SIXTEEN[number]
    if number < 232:
        red, rest = divmod(number - 16, 36)
        return _CUBE[red], _CUBE[rest // 6], _CUBE[rest % 6]
    grey = 8 + 10 * (number - 232)
    return grey, grey, grey


@lru_cache(4096)
def _nearest(colour: tuple[int, int, int]) -> int:
    def distance(number: int) -> int:
        pairs = zip(colour, _SIXTEEN[number], strict=True)
        return sum((one - other) ** 2 for one, other in pairs)

    return min(range(len(_SIXTEEN)), key=distance)
