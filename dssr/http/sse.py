"""Server-sent events as bytes (WHATWG HTML, 9.2). Pure."""


def event(name: str, json_text: str, id: str = "") -> bytes:
    """An event. ``json_text``: JSON on one line. ``id``: what a client that comes back sends as
    ``Last-Event-ID``; without one, that stays as it is."""
    number = f"id: {id}\n" if id else ""
    return f"{number}event: {name}\ndata: {json_text}\n\n".encode("utf-8", "replace")


def beginning(id: str = "") -> bytes:
    """What begins a stream: how soon a client comes back when it breaks, and from where on.

    Without data it is no event for a client, which remembers the id all the same.
    """
    number = f"id: {id}\n" if id else ""
    return f"retry: 2000\n{number}\n".encode()


def comment(text: str) -> bytes:
    """A line for people who look at the stream; clients ignore it."""
    return f": {' '.join(text.split())}\n\n".encode("utf-8", "replace")
