"""Listeners without the server: an application in a test client answers by itself."""

import threading
import time

import pytest
from flask import Flask

from dssr.bridge import Bridge
from dssr.http import live
from dssr.http.app import create_app
from dssr.http.call import Catalogue
from dssr.settings import Settings
from tests.dssr.http.serving.listening import Listening


@pytest.fixture
def api(request: pytest.FixtureRequest) -> Listening:
    """Calls whose waits take a second at most, or as long as a test says."""
    return Listening(seconds=getattr(request, "param", 1.0))


@pytest.fixture
def app(bridge: Bridge, api: Listening) -> Flask:
    """An application with them."""
    app = create_app(bridge, Settings())
    Catalogue.of(app).add(api.calls)
    return app


def test_a_stream_is_read_by_its_own_thread(app: Flask, api: Listening) -> None:
    """The response has what the feed returns, until it ends."""
    threading.Thread(target=lambda: api.feed().give(b"data: 1\n\n", b"data: 2\n\n", None)).start()
    response = app.test_client().get("/test/events")
    assert response.mimetype == "text/event-stream"
    assert response.text == "data: 1\n\ndata: 2\n\n"
    assert api.feed().closed.is_set()


def test_a_stream_without_an_end_is_ended(
    app: Flask, api: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread is held for a bounded time only."""
    monkeypatch.setattr(live, "_LONGEST", 0.3)
    assert app.test_client().get("/test/events").text == ""
    assert api.feed().closed.is_set()


@pytest.mark.parametrize("api", [60.0], indirect=True)
def test_a_wait_ends_with_news(app: Flask, api: Listening) -> None:
    """The call runs again as soon as its feed says so."""
    threading.Thread(target=lambda: api.feed().give(None)).start()
    began = time.monotonic()
    assert app.test_client().get("/test/news").json == {"news": 1}
    assert time.monotonic() - began < 30.0
    assert api.feed().closed.is_set()


def test_a_wait_ends_with_its_time(app: Flask, api: Listening) -> None:
    """The call runs again after the time, without news."""
    began = time.monotonic()
    assert app.test_client().get("/test/news").json == {"news": 1}
    assert 1.0 <= time.monotonic() - began < 20.0


def test_head_opens_no_feed(app: Flask, api: Listening) -> None:
    """HEAD has the headers of the stream, at once."""
    response = app.test_client().head("/test/events")
    assert response.mimetype == "text/event-stream"
    assert not api.feeds[0].opened.is_set()
