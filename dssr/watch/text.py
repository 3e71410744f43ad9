"""Bytes of an output as text, without cutting characters. Pure."""

import codecs

_DECODER = codecs.getincrementaldecoder("utf-8")


def decoded(data: bytes, *, is_last: bool) -> tuple[str, int]:
    """The text of these bytes, and how many of them it takes.

    A character that may go on is left out, unless ``is_last``. What is not UTF-8 is replaced.
    """
    decoder = _DECODER("replace")
    text = decoder.decode(data, final=is_last)
    return text, len(data) - len(decoder.getstate()[0])
