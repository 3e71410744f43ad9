"""Amounts of time and memory as people read them. Pure."""


def span(seconds: int) -> str:
    """``1 d 2 h 3 min``: the two or three largest parts; ``0 s`` for none."""
    parts, rest = [], max(0, seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        amount, rest = divmod(rest, size)
        if amount:
            parts.append(f"{amount} {unit}")
    return " ".join(parts[:3]) or "0 s"


def memory(amount: float) -> str:
    """``60 MB``, ``1.5 GB``."""
    if amount >= 1024:
        return f"{amount / 1024:.1f} GB".replace(".0 GB", " GB")
    return f"{amount:.0f} MB" if amount >= 1 or amount == 0 else f"{amount * 1024:.0f} kB"
