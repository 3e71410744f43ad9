"""A file of a job that must be one JSON object. Pure."""

import json
from typing import Any

from dssr.http.web.results.unreadable import Unreadable


def object_of(data: bytes, largest: int, example: str) -> dict[str, Any]:
    """The object. ``largest``: bytes. Raises ``Unreadable``."""
    if len(data) > largest:
        raise Unreadable(f"The file is larger than {largest >> 10} KB: write the data to a table.")
    try:
        found = json.loads(data)
    except UnicodeDecodeError:
        raise Unreadable("The file is no text in UTF-8.") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"Line {error.lineno} is no JSON: {error.msg}.") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, deep nesting
        raise Unreadable("The file is no JSON that can be read.") from error
    if not isinstance(found, dict):
        raise Unreadable(f"The file must be one JSON object, such as {example}.")
    return found
