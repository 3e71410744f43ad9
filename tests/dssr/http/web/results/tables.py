"""Tables for the tests of this directory."""

from dssr.http.web.results.table import TableReader


def table_of(data: bytes | str, size: int = 1 << 20) -> TableReader:
    """The table that comes in pieces of this size, to its end."""
    data = data if isinstance(data, bytes) else data.encode()
    reader = TableReader()
    for at in range(0, len(data), size):
        reader.feed(data[at : at + size])
    reader.finish()
    return reader
