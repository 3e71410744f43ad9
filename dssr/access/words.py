"""The errors about credentials: what is wrong, a colon, and what to send. They name only what the
settings have set up.
"""

_BASIC = "the user and password of JARVICE_SCHED_SERVER_KEY by HTTP Basic authentication"
_BEARER = "a token that 'dssr token new' made, as 'Authorization: Bearer TOKEN'"


_PORTAL_ALONE = "This bridge takes calls of the portal alone: log in there."


def wrong(password: bool, tokens: bool) -> str:
    """The credentials are wrong. ``password``, ``tokens``: whether the bridge has a password, and a
    file of tokens.
    """
    if not password and not tokens:
        return _PORTAL_ALONE
    if password and tokens:
        what = "Neither the right password nor a valid token"
    else:
        what = "Not the right user and password" if password else "Not a valid token"
    return f"{what}: {_send(password, tokens)}"


def missing(password: bool, tokens: bool) -> str:
    """No credentials were sent; the arguments are those of ``wrong``."""
    if not password and not tokens:
        return _PORTAL_ALONE
    if password and tokens:
        what = "Neither a password nor a token was sent"
    else:
        what = "User and password were not sent" if password else "No token was sent"
    return f"{what}: {_send(password, tokens)}"


def _send(password: bool, tokens: bool) -> str:
    return f"send {', or '.join([_BASIC] * password + [_BEARER] * tokens)}."
