"""One document over HTTP, within a time and a size; who answers otherwise is not trusted to name keys."""

import time

import requests
import urllib3

MAX_BYTES = 512 * 1024  # a key set has a few thousand


def get(url: str, timeout: float) -> bytes:
    """The document at ``url``. ``timeout``: seconds, for each wait and for the whole body.

    Raises ``ValueError`` that says why there is none: nobody answers, another status than 200 (redirections are not
    followed: the operator names the place), too large, too slow.
    """
    begun = time.monotonic()
    headers = {
        "Accept": "application/json, application/jwk-set+json",
        "Accept-Encoding": "identity",
    }
    # HTTP without TLS is for this machine itself: what a proxy in between says would be believed. (requests adds to the dict.)
    proxies = {"http": ""}
    try:
        with requests.get(
            url,
            headers=headers,
            timeout=timeout,
            stream=True,
            allow_redirects=False,
            proxies=proxies,
        ) as answer:
            if answer.is_redirect or answer.is_permanent_redirect:
                raise ValueError(
                    "it answers with a redirection: set JARVICE_BEARER_JWKS_URL to where that leads"
                )
            if answer.status_code != 200:
                raise ValueError(f"it answers with status {answer.status_code}")
            if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise ValueError("its answer is compressed, which it was not asked for")
            return _body(answer, begun + timeout)
    except urllib3.exceptions.ReadTimeoutError:
        raise ValueError("its answer comes too slowly") from None
    except urllib3.exceptions.HTTPError as error:
        raise ValueError(f"its answer cannot be read ({type(error).__name__})") from None
    except requests.Timeout:
        raise ValueError(f"no answer within {timeout:g} s") from None
    except requests.exceptions.SSLError:
        raise ValueError(
            "its certificate is not trusted (REQUESTS_CA_BUNDLE names a file of other authorities)"
        ) from None
    except requests.ConnectionError:
        raise ValueError("cannot connect: look at the name, the port and the network") from None
    except requests.RequestException as error:
        raise ValueError(f"its answer cannot be read ({type(error).__name__})") from None


def _body(answer: requests.Response, deadline: float) -> bytes:
    body = b""
    # read1: what is there, not until a piece is full, which a sender of a byte now and then would put off for hours
    while chunk := answer.raw.read1(16 * 1024, decode_content=False):
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError(
                f"its answer has more than the {MAX_BYTES // 1024} KB that a key set may have"
            )
        if time.monotonic() > deadline:
            raise ValueError("its answer comes too slowly")
    return body
