"""One document over HTTP, within a time and a size. Only a plain 200 is trusted to name keys."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests
import urllib3

MAX_BYTES = 512 * 1024  # a key set has a few thousand
_HEADERS = {
    "Accept": "application/json, application/jwk-set+json",
    "Accept-Encoding": "identity",
}


def get(url: str, timeout: float) -> bytes:
    """The document at ``url``. ``timeout``: seconds, for each wait and for the whole body.

    Raises ``ValueError`` that says why there is none: no answer, another status than 200 (the
    operator names the place, so redirections are not followed), too large, too slow.
    """
    deadline = time.monotonic() + timeout
    # HTTP without TLS is for this machine alone: a proxy could put in keys of its own. (requests
    # writes into the dict.)
    proxies = {"http": ""}
    with (
        explained(timeout),
        requests.get(
            url,
            headers=_HEADERS,
            timeout=timeout,
            stream=True,
            allow_redirects=False,
            proxies=proxies,
        ) as response,
    ):
        _check(response)
        return body(response, deadline)


@contextmanager
def explained(timeout: float) -> Iterator[None]:
    """Within the block, the errors of requests and urllib3 become sentences."""
    try:
        yield
    except urllib3.exceptions.ReadTimeoutError:
        raise ValueError("its answer comes too slowly") from None
    except requests.Timeout:
        raise ValueError(f"no answer within {timeout:g} s") from None
    except requests.exceptions.SSLError:
        raise ValueError(
            "its certificate is not trusted (REQUESTS_CA_BUNDLE names a file of other authorities)"
        ) from None
    except requests.ConnectionError:
        raise ValueError("cannot connect: look at the name, the port and the network") from None
    except (urllib3.exceptions.HTTPError, requests.RequestException) as error:
        raise ValueError(f"its answer cannot be read ({type(error).__name__})") from None


def _check(response: requests.Response) -> None:
    if response.is_redirect or response.is_permanent_redirect:
        raise ValueError("it answers with a redirection: set its URL to where that leads")
    if response.status_code != 200:
        raise ValueError(f"it answers with status {response.status_code}")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ValueError("its answer is compressed, which it was not asked for")


def body(response: requests.Response, deadline: float) -> bytes:
    """The body of a response that was asked for as a stream.

    Raises ``ValueError``: it is too large, or not here at ``deadline``.
    """
    body = b""
    # read1 returns what has arrived. A read of a full piece would wait for hours for a sender of a
    # byte now and then.
    while chunk := response.raw.read1(16 * 1024, decode_content=False):
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError(
                f"its answer has more than the {MAX_BYTES // 1024} KB that such an answer may have"
            )
        if time.monotonic() > deadline:
            raise ValueError("its answer comes too slowly")
    return body
