"""What a caller is told whom nobody knows: what is wrong, a colon, and what to send. Only what is in force is named."""

_BASIC = "the user and password of JARVICE_SCHED_SERVER_KEY by HTTP Basic authentication"
_BEARER = "a token that 'dssr token new' made, as 'Authorization: Bearer TOKEN'"


def wrong(password: bool, tokens: bool) -> str:
    """What was sent is not right. ``password``, ``tokens``: whether there is one, and whether there are any."""
    if password and tokens:
        return f"Neither the right password nor a valid token: {_send(password, tokens)}"
    return f"{'Not the right user and password' if password else 'Not a valid token'}: {_send(password, tokens)}"


def missing(password: bool, tokens: bool) -> str:
    """Nothing was sent; the arguments as for ``wrong``."""
    if password and tokens:
        return f"Neither a password nor a token was sent: {_send(password, tokens)}"
    return f"{'User and password were not sent' if password else 'No token was sent'}: {_send(password, tokens)}"


def _send(password: bool, tokens: bool) -> str:
    return f"send {', or '.join([_BASIC] * password + [_BEARER] * tokens)}."
