"""The files that come with the form of a job."""

from typing import Any

import pytest
import requests

from dssr.access.scopes import Scope
from dssr.errors import Unavailable
from dssr.seams import PART
from tests.dssr.http.v1.served_files import ServedFiles
from tests.dssr.http.web.browsing import Browser, alerts, hidden, states, text_of


def _send(browser: Browser, form: dict[str, str], *files: tuple[str, str, bytes]) -> Any:
    """Send the form as a browser does, with these files."""
    return browser.fill_in("/jobs", form, files=[(field, (name, d)) for field, name, d in files])


@pytest.mark.parametrize(
    ("data", "fixed"),
    [
        (b"#!/bin/bash\ntrue\n", ""),
        (b"#!/bin/bash\r\ntrue\r\n", "Windows line ends (CRLF)"),
        (b"\xef\xbb\xbf#!/bin/bash\r\ntrue\r\n", "a byte-order mark and Windows line ends (CRLF)"),
    ],
)
def test_a_script_comes_from_a_file(data: bytes, fixed: str, portal: Any, browser: Browser) -> None:
    """A script that is sent as a file is submitted with Unix line ends and without a byte-order
    mark, and the job's page says what was wrong with it."""
    form = browser.new_form(script="#!/bin/bash\r\n")
    page = _send(browser, form, ("script_file", "run.sh", data))
    assert len(states(page)) == 1
    said = text_of(page)
    assert (f"The script had {fixed}: it is submitted without." in said) == bool(fixed)
    path = page.url.removeprefix(portal.root).partition("?")[0]
    assert browser.open(f"/api/v1{path}/script").content == b"#!/bin/bash\ntrue\n"


@pytest.mark.parametrize("query", ["<b>x", "a byte-order mark<script>", "Windows"])
def test_a_link_says_nothing_else_on_a_job_s_page(query: str, browser: Browser) -> None:
    """Only the portal's own words about a script are shown, whatever a link says."""
    page = browser.open(browser.submit(), params={"fixed": query})
    assert "it is submitted without" not in text_of(page)


@pytest.mark.parametrize(
    ("script", "data", "sentence"),
    [
        ("#!/bin/bash\nfalse\n", b"true\n", "There is a script in the field, too"),
        ("", b"\xff\xfe\x00", "run.sh is no text in UTF-8: is it a program?"),
    ],
)
def test_a_file_that_cannot_be_the_script_is_reported(
    script: str, data: bytes, sentence: str, portal: Any, browser: Browser
) -> None:
    """A second script and a program are reported at the field of the file, and nothing is
    submitted."""
    page = _send(browser, browser.new_form(script=script), ("script_file", "run.sh", data))
    assert page.status_code == 400
    assert any(alert.startswith(sentence) for alert in alerts(page))
    assert browser.open("/api/v1/jobs").json()["items"] == []


def _new_form(browser: Browser, files: ServedFiles, **fields: str) -> dict[str, str]:
    """A form of a job in the directory of the files."""
    own = {"name": "reads", "script": "cat a.txt", "working_directory": str(files.directory)}
    return {"key": hidden(browser.open("/submit"), "key"), "submit": "1"} | own | fields


def _written(files: ServedFiles) -> dict[str, bytes]:
    """What is in the directory in which the connector keeps files."""
    return {path.name: path.read_bytes() for path in files.directory.iterdir()}


FILES = (("files", "a.txt", b"1\n"), ("files", "data/b <i>.bin", b"\0\xff"))


def test_a_job_starts_with_its_input_files(files: ServedFiles, visitor: Browser) -> None:
    """The files are in the working directory before the job may start, by their own names, and the
    same form once more is the same job."""
    form = _new_form(visitor, files)
    page = _send(visitor, form, *FILES)
    assert _written(files) == {"a.txt": b"1\n", "b <i>.bin": b"\0\xff"}
    assert states(page) != ["HELD"]
    (files.directory / "a.txt").write_bytes(b"the job's own")
    again = _send(visitor, form, *FILES)
    assert again.url == page.url, alerts(again)
    assert _written(files)["a.txt"] == b"the job's own"


def test_other_files_are_another_job(files: ServedFiles, visitor: Browser) -> None:
    """A form that comes again with another file submits nothing until it is sent once more."""
    form = _new_form(visitor, files)
    _send(visitor, form, *FILES)
    again = _send(visitor, form, ("files", "a.txt", b"2\n"))
    assert (again.status_code, "different now" in alerts(again)[0]) == (409, True)
    assert _written(files)["a.txt"] == b"1\n"


@pytest.mark.parametrize(
    "fields", [{"held": "on"}, {"script": "#!/bin/sh\n#SBATCH --time=1 --hold\n"}]
)
def test_a_job_that_is_to_be_held_stays_so(
    fields: dict[str, str],
    files: ServedFiles,
    visitor: Browser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A job whose user wants it to be held is not released by its files."""
    released: list[object] = []
    monkeypatch.setattr(files.connector, "release", released.append)
    _send(visitor, _new_form(visitor, files, **fields), *FILES)
    assert released == []


def test_files_that_cannot_be_written_leave_the_job_held(
    files: ServedFiles, visitor: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a file is not written, the page says that the job is held without it, and the same form
    goes on with the same job."""
    form = _new_form(visitor, files)

    def fail(*_: object) -> None:
        raise Unavailable("The cluster does not answer.")

    with monkeypatch.context() as failing:
        failing.setattr(files.connector, "write_file", fail)
        page = _send(visitor, form, *FILES)
    assert page.status_code == 503
    assert "is held, because its files are not there: The cluster does not" in alerts(page)[0]
    assert "choose a.txt, b &lt;i&gt;.bin again" in page.text
    job = alerts(page)[0].split()[1]
    done = _send(visitor, form, *FILES)
    assert states(done) != ["HELD"]
    assert job in text_of(done)


def test_a_file_that_is_too_large_submits_nothing(files: ServedFiles, visitor: Browser) -> None:
    """A file that is larger than a form takes is named, with what to do instead."""
    page = _send(visitor, _new_form(visitor, files), ("files", "big", bytes(PART + 1)))
    assert page.status_code == 400
    assert "big is larger than the 8 MB that a form takes" in text_of(page)
    assert _written(files) == {}


def test_two_files_of_one_name_submit_nothing(files: ServedFiles, visitor: Browser) -> None:
    """Of two files with one name none is lost without a word: the form is refused."""
    two = (("files", "one/a.txt", b"1\n"), ("files", "two/a.txt", b"2\n"))
    page = _send(visitor, _new_form(visitor, files), *two)
    assert page.status_code == 400
    assert "Two files are called a.txt" in text_of(page)
    assert _written(files) == {}


def test_a_login_says_which_files_are_to_be_chosen_again(portal: Any) -> None:
    """The form that is back after a login names the files that were in it."""
    browser = portal.browser(Scope.SUBMIT)
    form = browser.new_form(name="kept")
    browser.fill_in("/logout")
    login = _send(browser, form | {"form_token": "x"}, *FILES)
    kept = {f"kept.{name}": text for name, text in form.items()}
    kept["kept.lost"] = hidden_area(login, "kept.lost")
    back = browser.post(
        f"{portal.root}/login",
        data={"token": portal.tokens[Scope.SUBMIT], **kept},
        headers={"Origin": portal.root},
        timeout=30,
    )
    assert 'value="kept"' in back.text
    assert "choose a.txt, b &lt;i&gt;.bin again" in back.text


def hidden_area(page: requests.Response, name: str) -> str:
    """The text of a field that the login keeps."""
    text = page.text.partition(f'name="{name}" hidden>\n')[2].partition("</textarea>")[0]
    return text.replace("&lt;", "<").replace("&gt;", ">")
