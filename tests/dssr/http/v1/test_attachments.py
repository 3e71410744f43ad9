"""The headers of files: names of any characters, no page of the bridge's."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dssr.http.v1.attachments import content_type, file_headers

HEADER = re.compile(r"""attachment; filename="([ !#-\[\]-~]*)"(?:; filename\*=UTF-8''([!-~]+))?""")


@given(st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1))
@example("bytes that are no text: \udcff")
def test_every_name_is_one_header(name: str) -> None:
    """The header has any name for clients that read RFC 8187, and something
    readable for the others."""
    match = HEADER.fullmatch(file_headers(f"some/{name}")["Content-Disposition"])
    assert match is not None
    shown = name.replace("\udcff", "\N{REPLACEMENT CHARACTER}")
    assert (unquote(match[2]) if match[2] else match[1]) == shown


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text/plain"),
        ("a/b.png", "image/png"),
        ("a.tar.gz", "application/octet-stream"),
        ("noend", "application/octet-stream"),
    ],
)
def test_the_type_is_that_of_the_name(name: str, kind: str) -> None:
    """The type follows the name; compressed files are bytes."""
    assert content_type(name) == kind
