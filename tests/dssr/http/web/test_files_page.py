"""The pages of a job's files."""

import io
import os
import re
import subprocess
import zipfile
from typing import Any

import pytest

from tests.dssr.http.web.browsing import Browser, alerts, text_of

PNG = b"\x89PNG\r\n\x1a\n\0\0"
ATTACK = b"<script>top.location='//evil.example'</script><form action='//evil.example'>"


def _names(page: Any) -> list[str]:
    return re.findall(r'<td class="long"><a href="[^"]*">([^<]*)</a></td>', page.text)


def test_files_are_listed_with_links(files: Any, visitor: Browser, here: str) -> None:
    """Directories come first, each file has its size and a download, and links lead on and back."""
    (files.directory / "sub dir&more").mkdir()
    (files.directory / "sub dir&more/deep.txt").write_text("deep")
    (files.directory / "out.csv").write_text("a,b\n1,2\n")
    page = visitor.open(here)
    assert _names(page) == ["sub dir&amp;more/", "out.csv"]
    assert "out.csv 8 bytes" in text_of(page)
    [inside] = re.findall(r'<td class="long"><a href="([^"]*path=[^"]*)"', page.text)
    deeper = visitor.open(inside)
    assert _names(deeper) == ["deep.txt"]
    [link] = re.findall(r'<td class="long"><a href="([^"]*)">deep.txt', deeper.text)
    assert "deep" in text_of(visitor.open(link))
    [download] = re.findall(r'href="([^"]*)" download aria-label', deeper.text)
    assert visitor.open(download).content == b"deep"


@pytest.mark.parametrize(
    "name",
    [b"a'b\"c", b"<img src=x onerror=alert(1)>", b"line\nbreak", b"\xff\xfe", b"q?a#b%41",
     "\u202egnp.exe".encode(), b"x" * 255, b" ", b"-rf", "größe".encode()],
    ids=ascii,
)  # fmt: skip
def test_any_name_is_shown_and_leads_to_its_file(
    name: bytes, files: Any, visitor: Browser, here: str
) -> None:
    """The name of a file is text in the list, whatever it is, and its links lead to its bytes."""
    path = os.path.join(os.fsencode(files.directory), name)
    with open(path, "wb") as file:
        file.write(b"content\n")
    page = visitor.open(here)
    assert len(_names(page)) == 1
    assert "\u202e" not in page.text
    assert "<img" not in page.text
    [link] = re.findall(r'<tr><td class="long"><a href="([^"]*)"', page.text)
    assert "content" in text_of(visitor.open(link))
    assert visitor.open(f"{link}?raw=1").content == b"content\n"


@pytest.mark.parametrize(
    ("name", "data", "shown"),
    [
        ("notes.txt", b"\x1b[31mred\x1b[0m <b>\n", '<span class="sgr-fg1">red</span> &lt;b&gt;'),
        ("image.png", PNG, '<img class="picture" src='),
        ("drawing.svg", b"<svg onload='alert(1)'/>", '<img class="picture" src='),
        ("plot.html", ATTACK, "<iframe"),
        ("data.bin", b"\0\1\2", "cannot show this kind of file"),
        ("empty", b"", "0 bytes"),
        ("long.log", b"x\n" * 100_000, "The first 64 KB"),
    ],
)
def test_each_kind_of_file_has_its_view(
    name: str, data: bytes, shown: str, files: Any, visitor: Browser, here: str
) -> None:
    """Text is shown as a terminal shows it, pictures as such, pages in a sandbox, and nothing of a
    file becomes part of the portal's own page."""
    (files.directory / name).write_bytes(data)
    page = visitor.open(f"{here}/{name}")
    assert page.status_code == 200
    assert shown in page.text
    assert "evil" not in page.text
    assert "onload" not in page.text


@pytest.mark.parametrize("name", ["page.html", "drawing.svg", "script.js", "style.css", "any"])
def test_a_file_itself_is_in_a_sandbox(name: str, files: Any, visitor: Browser, here: str) -> None:
    """A file that a browser opens has no origin, no network, no forms and no scripts, and is not
    sniffed."""
    (files.directory / name).write_bytes(ATTACK)
    headers = visitor.open(f"{here}/{name}?raw=1").headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none';")
    assert "script-src" not in policy
    assert "form-action 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_scripts_run_apart_after_a_click(files: Any, visitor: Browser, here: str) -> None:
    """A page that a job wrote runs its scripts when a user asks for that, without the portal's
    origin and without a network."""
    (files.directory / "plot.html").write_bytes(ATTACK)
    still, moving = (visitor.open(f"{here}/plot.html{query}") for query in ("", "?scripts=1"))
    assert 'sandbox=""' in still.text
    assert 'sandbox="allow-scripts"' in moving.text
    [link] = re.findall(r'<iframe[^>]*src="([^"]*)"', moving.text)
    policy = visitor.open(link).headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none';")
    assert "allow-same-origin" not in policy
    assert "http" not in policy


def test_scripts_run_only_in_the_frame_of_their_page(
    files: Any, visitor: Browser, here: str
) -> None:
    """A link that anyone can make, or with the token of another file, a form or another session,
    runs no scripts, which could pass for the portal under its address."""
    for name in ("plot.html", "other.html"):
        (files.directory / name).write_bytes(ATTACK)
    [link] = re.findall(
        r'src="([^"]*raw=[^"]*)"', visitor.open(f"{here}/other.html?scripts=1").text
    )
    other = link.partition("raw=")[2]
    stranger = Browser(files.root)
    stranger.open("/")
    assert "allow-scripts" in _policy(visitor, link)
    assert "allow-scripts" not in _policy(stranger, link)
    for raw in ("scripts", "1", "", other, visitor.form_token()):
        assert "allow-scripts" not in _policy(visitor, f"{here}/plot.html?raw={raw}")


def _policy(browser: Browser, link: str) -> str:
    return str(browser.open(link).headers["Content-Security-Policy"])


@pytest.mark.parametrize("path", ["../../etc/passwd", "%2e%2e/x", "none", "link", "pipe", "a%00b"])
def test_nothing_outside_is_shown(path: str, files: Any, visitor: Browser, here: str) -> None:
    """What is not a regular file of the job is a page with the reason."""
    (files.directory / "link").symlink_to("/etc/passwd")
    os.mkfifo(files.directory / "pipe")
    for query in ("", "?raw=1"):
        page = visitor.open(f"{here}/{path}{query}")
        assert page.status_code in (400, 401, 403, 404), page.text
        assert "root:" not in page.text


def test_a_large_directory_comes_in_pages(files: Any, visitor: Browser, here: str) -> None:
    """A directory with many files has a link to the next ones, and no file is left out."""
    for number in range(701):
        (files.directory / f"f{number:04}").touch()
    page = visitor.open(here)
    assert "701 entries" in text_of(page)
    [more] = re.findall(r'rel="next" href="([^"]*)"', page.text)
    rest = visitor.open(more.replace("&amp;", "&"))
    assert _names(page) + _names(rest) == [f"f{number:04}" for number in range(701)]


def test_a_large_directory_is_filtered(files: Any, visitor: Browser, here: str) -> None:
    """A part of a name leads to its files among many, page by page; a small directory has no
    filter."""
    (files.directory / "a.txt").touch()
    assert "Name <input" not in visitor.open(here).text
    for number in range(1201):
        (files.directory / f"Step&{number:04}").touch()
    assert "1 to 500 of 1,202." in text_of(visitor.open(here))
    page = visitor.open(f"{here}?name=p%260")
    assert "1 to 500 of 1,000 with that in the name." in text_of(page)
    [more] = re.findall(r'rel="next" href="([^"]*)"', page.text)
    rest = visitor.open(more.replace("&amp;", "&"))
    assert "501 to 1,000 of 1,000" in text_of(rest)
    assert _names(page) + _names(rest) == [f"Step&amp;{number:04}" for number in range(1000)]
    assert 'rel="next"' not in rest.text
    assert "No name is like that." in text_of(visitor.open(f"{here}?name=none"))


def test_any_names_are_in_the_archive(files: Any, visitor: Browser, here: str) -> None:
    """The archive of all files, which the page links to, has each under its name."""
    names = [b"a'b\"c", b"line\nbreak", "\u202egnp.exe".encode(), b"x" * 255, "größe".encode()]
    for name in names:
        with open(os.path.join(os.fsencode(files.directory), name), "wb") as file:
            file.write(name)
    [link] = re.findall(r'href="([^"]*archive.zip[^"]*)"', visitor.open(here).text)
    with zipfile.ZipFile(io.BytesIO(visitor.open(link).content)) as archive:
        found = {entry.filename.encode(): archive.read(entry) for entry in archive.infolist()}
    assert found == {name: name for name in names}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a file system")
def test_a_full_file_system_is_a_sentence(files: Any, visitor: Browser, here: str) -> None:
    """When there is no room for an upload, the page says so in the system's words."""
    small = files.directory / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=True)
    try:
        sent = {"file": ("big.bin", bytes(2 << 20))}
        path = here.replace("/files", "/upload")
        page = visitor.fill_in(path, {"path": "small"}, files=sent)
        assert (page.status_code, os.listdir(small)) == (507, [])
        assert "No space left on device" in alerts(page)[0]
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_a_file_is_uploaded(files: Any, visitor: Browser, here: str) -> None:
    """A file of the form is in the directory that was shown, and replaces another one only if that
    is wanted."""
    (files.directory / "sub").mkdir()
    url, token = here.replace("/files", "/upload"), visitor.form_token()

    def upload(data: bytes, **fields: str) -> Any:
        sent = {"form_token": token, "path": "sub"} | fields
        return visitor.post(
            files.root + url,
            data=sent,
            files={"file": ("in put.dat", data)},
            headers={"Origin": files.root},
        )

    assert _names(upload(b"one")) == ["in put.dat"]
    refused = upload(b"two")
    assert refused.status_code == 409
    assert (files.directory / "sub/in put.dat").read_bytes() == b"one"
    upload(b"two", overwrite="on")
    assert (files.directory / "sub/in put.dat").read_bytes() == b"two"
    assert upload(b"x", form_token="wrong").status_code == 403


def test_an_upload_needs_a_file(visitor: Browser, here: str) -> None:
    """A form without a file is answered with what to do."""
    answer = visitor.fill_in(here.replace("/files", "/upload"))
    assert (answer.status_code, alerts(answer)) == (400, ["Choose a file first."])


def test_a_file_that_is_too_large_says_what_to_do(files: Any, visitor: Browser, here: str) -> None:
    """A file of more than the form takes is refused with the largest size."""
    answer = visitor.post(
        files.root + here.replace("/files", "/upload"),
        data={"form_token": visitor.form_token()},
        files={"file": ("big", bytes(9 << 20))},
        headers={"Origin": files.root},
    )
    assert answer.status_code == 413
    assert alerts(answer)[0].startswith("The request is larger than the 8 MB that this call takes")
