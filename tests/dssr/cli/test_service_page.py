"""Services in lines for people."""

from typing import Any

import click

from dssr.cli import service_page
from dssr.seams.services import Generation
from dssr.services.chain import chain
from dssr.services.documents import document
from dssr.services.sight import Sight
from tests.dssr.services.views import NOW, generation, view, waiting


def page(*generations: Generation, **more: Any) -> dict[str, Any]:
    """The document of such a service."""
    seen = view(*generations)
    return {**document(Sight(seen, chain(seen))), **more}


def test_a_page_has_what_people_ask_for() -> None:
    """State, addresses, job, node, successor and incidents are on the page."""
    found = page(waiting(2), generation(1), url="http://x/", browser_url="http://demo.x/")
    text = click.unstyle("\n".join(service_page.lines(found)))
    assert text.startswith("demo  ready\n")
    for words in ("for browsers  http://demo.x/", "job           1", "node          node1"):
        assert words in text
    assert "successor     job 2  PENDING" in text
    assert "generation 1: job 1 began on node1" in text


def test_a_line_says_what_is_waited_for() -> None:
    """A service that waits has its job, the reason and the expected start on one line, and nothing
    in it can control the terminal."""
    line = service_page.waiting(page(waiting(1, reason="Priority\x1b[2J", expected_start=NOW)))
    assert line.startswith("demo  starting  job 1  waits (Priority?[2J)  expected to start ")
    assert "waits" not in service_page.waiting(page(waiting(1, reason="")))


def test_a_table_has_a_service_a_line() -> None:
    """The table fits where it is shown, and the name and the state are never left out."""
    rows = service_page.table([page(generation(1))], 14)
    assert [click.unstyle(row).split() for row in rows] == [["NAME", "STATE"], ["demo", "ready"]]
