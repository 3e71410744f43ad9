"""A host's own words, and words about a host, in errors. Pure."""

MOST = 300  # characters of a host's own words in an error
FORWARDS_NOTHING = (
    "it forwards no connections there; check AllowTcpForwarding and PermitOpen in its sshd_config"
)


def printable(words: str) -> str:
    """Words of a host that is not verified yet, as one short line without control characters."""
    return "".join(c if c.isprintable() else "?" for c in words)[:MOST]
