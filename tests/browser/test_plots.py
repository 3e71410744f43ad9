"""Plots of tables, as the page draws them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from dssr.http.web.results.chart import chart_of
from dssr.http.web.results.plot import Plot
from tests.browser.pages import PageServer
from tests.dssr.http.web.results.tables import table_of
from tests.end_to_end.service import eventually

SCRIPTS = ("vendor/uplot-1.6.32.min.js", "plots.js")
FIGURE = (
    '<link rel="stylesheet" href="/static/vendor/uplot-1.6.32.min.css">'
    '<figure data-chart="/chart"><div data-plot></div><figcaption data-plot-message></figcaption>'
    '<button data-plot-log="y">log y</button><button data-plot-all>all</button>'
    '<button data-plot-save="png">PNG</button><button data-plot-save="csv">CSV</button>'
    "<details data-plot-columns hidden><summary>Columns</summary></details></figure>"
)
# How many loads run at once, at most.
COUNTED = """
const load = fetch;
let running = 0;
window.most = 0;
window.fetch = async (...given) => {
  window.most = Math.max(window.most, ++running);
  try {
    return await load(...given);
  } finally {
    running--;
  }
};
"""
ENERGY = table_of("step,energy,error\n" + "".join(f"{n},{n * n - 50},{n}\n" for n in range(5000)))


@pytest.fixture
def asked(pages: PageServer) -> list[Mapping[str, str]]:
    """A page with a plot; the queries that it sends."""
    queries: list[Mapping[str, str]] = []

    def chart(query: Mapping[str, str]) -> Any:
        queries.append(query)
        ends = [float(query[name]) for name in ("low", "high") if name in query]
        return chart_of(Plot("energy.csv", "Energy"), ENERGY, int(query["width"]), *ends)

    pages.answers["/chart"] = chart
    pages.page("/", FIGURE, *SCRIPTS)
    return queries


def pixels(page: Page) -> int:
    """How many pixels of the plot are not empty."""
    return int(
        page.locator("canvas").evaluate(
            "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)"
            ".data.filter((value, at) => at % 4 === 3 && value > 0).length"
        )
    )


def test_plots_are_loaded_one_after_the_other_and_again_where_that_is_too_many(
    page: Page, pages: PageServer
) -> None:
    """A page of many plots has one load at a time, and one that the bridge refuses for now is
    repeated when it says."""
    refused = list[str]()

    def serve(route: Route) -> None:
        if not refused:
            refused.append(route.request.url)
            route.fulfill(status=429, headers={"Retry-After": "0"}, json={"detail": "Too many."})
        else:
            route.fulfill(json=chart_of(Plot("energy.csv", "Energy"), ENERGY, 100))

    pages.page("/", FIGURE * 4, *SCRIPTS)
    page.route("**/chart?*", serve)
    page.add_init_script(COUNTED)
    page.goto(f"{pages.url}/")
    expect(page.locator("figure[data-ready]")).to_have_count(4)
    assert (len(refused), page.evaluate("window.most")) == (1, 1)


def test_a_plot_is_drawn(page: Page, pages: PageServer, asked: list[Mapping[str, str]]) -> None:
    """A plot has its title, a line for each column, and says that rows are left out."""
    page.goto(f"{pages.url}/")
    page.locator("figure[data-ready]").wait_for()
    expect(page.locator(".u-title")).to_have_text("Energy")
    expect(page.locator(".u-legend")).to_contain_text("energy")
    expect(page.locator("figcaption")).to_contain_text("5000 rows")
    assert pixels(page) > 2000
    assert 500 < int(asked[0]["width"]) <= 1280


def test_a_plot_is_as_wide_as_its_page(
    page: Page, pages: PageServer, asked: list[Mapping[str, str]]
) -> None:
    """A page that becomes narrow, as on a phone that is turned, has narrow plots."""
    page.goto(f"{pages.url}/")
    page.locator("figure[data-ready]").wait_for()
    page.set_viewport_size({"width": 390, "height": 844})
    narrow = "document.querySelector('.u-wrap').getBoundingClientRect().right <= 390"
    page.wait_for_function(narrow)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_dragging_zooms_into_all_rows(
    page: Page, pages: PageServer, asked: list[Mapping[str, str]]
) -> None:
    """A part of the plot is loaded anew with more of its rows; a button shows the whole again."""
    page.goto(f"{pages.url}/")
    page.locator("figure[data-ready]").wait_for()
    box = page.locator(".u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=5)
    page.mouse.up()
    expect(page.locator("figcaption")).to_have_text("")
    assert float(asked[1]["low"]) == pytest.approx(2500, rel=0.02)
    assert float(asked[1]["high"]) == pytest.approx(3000, rel=0.02)
    page.locator("[data-plot-all]").click()
    expect(page.locator("figcaption")).to_contain_text("5000 rows")
    assert "low" not in asked[-1]


def test_a_plot_that_grows_is_loaded_by_itself(
    page: Page, pages: PageServer, asked: list[Mapping[str, str]]
) -> None:
    """The plot of a job that still writes is loaded every ten seconds, and once more after its end.
    It says that no user asked for it, so that it does not keep the session."""
    pages.page("/", FIGURE.replace("<figure", "<figure data-grows"), *SCRIPTS)
    page.clock.install()
    page.goto(pages.url)
    page.locator("[data-ready]").wait_for()
    assert pages.unattended == []
    with page.expect_response("**/chart*"):
        page.clock.fast_forward(10_000)
    assert pages.unattended == ["/chart"]
    page.locator("figure").evaluate("figure => figure.removeAttribute('data-grows')")
    with page.expect_response("**/chart*"):
        page.clock.fast_forward(10_000)
    page.clock.fast_forward(60_000)
    assert pages.unattended == ["/chart", "/chart"]


def test_a_plot_that_cannot_be_loaded_says_so(page: Page, pages: PageServer) -> None:
    """Where the bridge cannot be reached, or a proxy answers in its place, the figure says so, and
    the next figures are drawn."""
    given = iter(("abort", "page"))

    def serve(route: Route) -> None:
        kind = next(given, "")
        if kind == "abort":
            route.abort()
        elif kind == "page":
            route.fulfill(body="<p>Bad gateway</p>", content_type="text/html")
        else:
            route.fulfill(json=chart_of(Plot("energy.csv", "Energy"), ENERGY, 100))

    pages.page("/", FIGURE * 3, *SCRIPTS)
    page.route("**/chart?*", serve)
    page.goto(f"{pages.url}/")
    page.locator("figure[data-ready]").wait_for()
    said = page.locator("figcaption")
    for at in (0, 1):
        expect(said.nth(at)).to_have_text("The plot cannot be loaded now: load the page again.")


def test_of_two_choices_the_last_one_is_drawn(
    page: Page, pages: PageServer, asked: list[Mapping[str, str]]
) -> None:
    """What a user chose before their last choice is not drawn any more, and is not asked for once
    there is a later one."""
    page.goto(f"{pages.url}/")
    page.locator("figure[data-ready]").wait_for()
    page.evaluate(
        """() => {
          const all = document.querySelector("[data-plot-all]");
          window.drawn = [];
          new MutationObserver((changes) => drawn.push(changes.length)).observe(
            document.querySelector("[data-plot]"), {childList: true});
          for (let press = 0; press < 6; press++) all.click();
        }"""
    )
    eventually(lambda: page.evaluate("drawn.length"))
    page.wait_for_load_state("networkidle")
    assert len(asked) <= 3
    assert page.evaluate("drawn.length") == 1


def test_an_axis_becomes_logarithmic(
    page: Page, pages: PageServer, asked: list[Mapping[str, str]]
) -> None:
    """A logarithmic axis leaves out what is zero or below, and the button shows which it is."""
    page.goto(f"{pages.url}/")
    page.locator("figure[data-ready]").wait_for()
    before = pixels(page)
    button = page.locator("[data-plot-log]")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    eventually(lambda: pixels(page), lambda drawn: drawn not in (0, before))
    assert len(asked) == 1


def test_columns_are_chosen(page: Page, pages: PageServer, asked: list[Mapping[str, str]]) -> None:
    """A user chooses which column is x and which are drawn, and the plot is loaded anew."""
    chosen: list[str] = []

    def chart(query: Mapping[str, str]) -> Any:
        chosen.append(f"{query.get('x', '')} {query.get('y', '')}")
        plot = Plot("energy.csv", x=query.get("x", ""), y=tuple(query.get("y", "").split()))
        return chart_of(plot, ENERGY, int(query["width"]))

    pages.answers["/chart"] = chart
    page.goto(f"{pages.url}/")
    page.get_by_text("Columns").click()
    page.get_by_role("combobox", name="x", exact=True).select_option("energy")
    expect(page.locator(".u-legend")).to_contain_text("error")
    page.get_by_role("checkbox", name="error").uncheck()
    page.get_by_role("checkbox", name="energy").uncheck()
    page.get_by_role("checkbox", name="step").check()
    expect(page.locator(".u-legend")).not_to_contain_text("error")
    assert (chosen[0], chosen[-1]) == (" ", "energy step")


def test_a_plot_is_saved(
    page: Page, pages: PageServer, asked: list[Mapping[str, str]], tmp_path: Path
) -> None:
    """The picture is a PNG, and the table has what is drawn."""
    page.goto(f"{pages.url}/")
    page.locator("figure[data-ready]").wait_for()
    for kind, begin in (("png", b"\x89PNG"), ("csv", b"step,energy,error\n0,-50,0\n")):
        with page.expect_download() as waiting:
            page.locator(f"[data-plot-save={kind}]").click()
        assert waiting.value.suggested_filename == f"Energy.{kind}"
        waiting.value.save_as(tmp_path / kind)
        assert (tmp_path / kind).read_bytes().startswith(begin)


@pytest.mark.parametrize(
    ("plot", "table"),
    [
        (Plot("a.csv", kind="points"), "x,y\n1,2\n2,3\n3,\n"),
        (Plot("a.csv", kind="bars"), "method,chi2\ndream,1.5\namoeba,2.5\n"),
        (Plot("a.csv", y=("y",), kind="histogram"), "x,y\n1,2\n2,3\n3,3\n"),
        (Plot("a.csv"), "when,y\n2026-05-01,1\n2026-05-02,2\n"),
        (Plot("a.csv", log=frozenset("xy")), "x,y\n1,10\n10,1000\n"),
    ],
    ids=["points", "bars", "histogram", "times", "log"],
)
def test_all_kinds_are_drawn(page: Page, pages: PageServer, plot: Plot, table: str) -> None:
    """Each kind of plot is drawn, on axes of numbers, words and times."""
    pages.answers["/chart"] = lambda query: chart_of(plot, table_of(table), int(query["width"]))
    page.goto(pages.page("/", FIGURE, *SCRIPTS))
    page.locator("figure[data-ready]").wait_for()
    assert pixels(page) > 100


def test_a_plot_without_rows_says_so(page: Page, pages: PageServer) -> None:
    """The plot of a job that has just begun says that there is nothing to draw yet."""
    pages.answers["/chart"] = lambda query: chart_of(Plot("a.csv"), table_of("x,y\n"), 600)
    page.goto(pages.page("/", FIGURE, *SCRIPTS))
    page.locator("figure[data-ready]").wait_for()
    expect(page.locator("figcaption")).to_have_text("There are no rows yet.")
