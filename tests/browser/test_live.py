"""Live updates: one of all tabs listens, and an update takes nothing away from the user."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.pages import PageServer, Stream
from tests.end_to_end.service import eventually

EVENTS = 'data-events="/events"'
COUNTS = """
window.heard = window.loads = 0;
document.addEventListener("dssr:heard", () => window.heard += 1);
const load = window.fetch;
window.fetch = (...words) => {
    window.loads += 1;
    return load(...words);
};
"""


def rows(*names: str, state: str = "PENDING") -> str:
    """A list of jobs."""
    items = (
        f'<tr data-job="{name}"><td><input type="checkbox" value="{name}"></td>'
        f'<td><a href="/{name}">{name}</a></td><td>{state}</td></tr>'
        for name in names
    )
    return (
        '<p id="away">elsewhere</p>'
        f'<div id="jobs" data-live><table><tbody>{"".join(items)}</tbody></table></div>'
    )


def changed(stream: Stream, job: str = "a", id: str = "") -> None:
    """An event of this job."""
    stream.send("job", {"job": {"id": job}, "before": None}, id)


def counted(page: Page) -> list[int]:
    """How many events the page has heard of, and how many loads it has begun."""
    found: list[int] = page.evaluate("[window.heard, window.loads]")
    return found


def listed(page: Page) -> list[str]:
    """The names of the jobs on the page."""
    return page.locator("tr a").all_text_contents()


def test_one_of_ten_tabs_listens_and_all_are_up_to_date(
    pages: PageServer, tabs: Callable[[str, int], list[Page]]
) -> None:
    """Ten tabs load, although a browser has six connections to a host, and one listens for all.
    The updates say that no user asked for them, so that they do not keep the session."""
    stream = pages.stream("/events")
    url = pages.page("/jobs", rows("a"), "live.js", attributes=EVENTS)
    opened = tabs(url, 10)
    opened[0].locator("body[data-listens]").wait_for()
    pages.page("/jobs", rows("a", state="RUNNING"), "live.js", attributes=EVENTS)
    changed(stream)
    for tab in opened:
        expect(tab.locator("tr")).to_contain_text("RUNNING")
    assert stream.listeners == 1
    assert pages.unattended.count("/jobs") >= 10


def test_another_tab_listens_when_the_first_is_closed(
    pages: PageServer, tabs: Callable[[str, int], list[Page]]
) -> None:
    """The next tab goes on behind the last event, so that nothing is missed."""
    stream = pages.stream("/events")
    url = pages.page("/jobs", rows("a"), "live.js", attributes=EVENTS)
    first, second = tabs(url, 2)
    first.locator("body[data-listens]").wait_for()
    second.evaluate(
        "() => {new BroadcastChannel('dssr-events /events').onmessage"
        " = ({data}) => window.last = data.id}"
    )
    changed(stream, id="41")
    eventually(lambda: second.evaluate("window.last"), lambda last: last == "41")
    first.close()
    second.locator("body[data-listens]").wait_for()
    expect(second.locator("tr")).to_have_count(1)
    changed(stream)
    assert [query.get("after") for query in stream.asked] == [None, "41"]


def test_a_stream_that_is_cut_loads_the_page_when_it_is_back(page: Page, pages: PageServer) -> None:
    """What has changed while the stream was cut is on the page afterwards."""
    stream = pages.stream("/events")
    page.goto(pages.page("/jobs", rows("a"), "live.js", attributes=EVENTS))
    page.locator("body[data-listens]").wait_for()
    pages.page("/jobs", rows("b", "a"), "live.js", attributes=EVENTS)
    stream.cut()
    expect(page.locator("tr")).to_have_count(2)


def test_an_update_keeps_what_the_user_has_done(page: Page, pages: PageServer) -> None:
    """Selection, focus and scroll position survive twenty updates with jobs that come before."""
    stream = pages.stream("/events")
    names = [f"job{number}" for number in range(60)]
    page.goto(pages.page("/jobs", rows(*names), "live.js", attributes=EVENTS))
    page.locator("body[data-listens]").wait_for()
    page.locator("[value=job40]").check()
    page.locator("[value=job41]").focus()
    page.locator("#away").hover()
    before = page.locator("[value=job41]").evaluate("box => scrollY")
    page.clock.install()
    for number in range(20):
        names = [f"new{number}", *names]
        pages.page("/jobs", rows(*names, state=f"S{number}"), "live.js", attributes=EVENTS)
        changed(stream)
        page.clock.run_for(1000)  # which pass between two loads
        expect(page.locator("tr").first).to_contain_text(f"S{number}")
    assert listed(page) == names
    assert page.locator("[value=job40]").is_checked()
    assert page.locator("input:checked").count() == 1
    assert page.locator("[value=job41]").evaluate("box => box === document.activeElement")
    assert page.evaluate("scrollY") >= before


def test_nothing_moves_under_the_pointer(page: Page, pages: PageServer) -> None:
    """While the pointer is over the list its rows stay where they are, with their new states; what
    has come in the meantime appears when the pointer has left."""
    stream = pages.stream("/events")
    page.goto(pages.page("/jobs", rows("a", "b"), "live.js", attributes=EVENTS))
    page.locator("body[data-listens]").wait_for()
    page.locator("[data-job=b]").hover()
    pages.page("/jobs", rows("c", "a", "b", state="RUNNING"), "live.js", attributes=EVENTS)
    changed(stream)
    expect(page.locator("[data-job=b]")).to_contain_text("RUNNING")
    assert listed(page) == ["a", "b"]
    page.locator("#away").hover()
    expect(page.locator("tr")).to_have_count(3)
    assert listed(page) == ["c", "a", "b"]


def test_a_page_of_one_job_loads_for_that_job_alone(page: Page, pages: PageServer) -> None:
    """A page that shows one job is not loaded anew for another."""
    stream = pages.stream("/events")
    part = '<div id="job" data-live data-job="a">PENDING</div>'
    page.clock.install()
    page.add_init_script(COUNTS)
    page.goto(pages.page("/jobs/a", part, "live.js", attributes=EVENTS))
    eventually(lambda: counted(page), lambda seen: seen == [1, 1])  # for what was missed before
    changed(stream, "b")
    eventually(lambda: counted(page)[0], lambda heard: heard == 2)
    page.clock.run_for(10_000)
    assert counted(page) == [2, 1]
    pages.page("/jobs/a", part.replace("PENDING", "RUNNING"), "live.js", attributes=EVENTS)
    changed(stream, "a")
    eventually(lambda: counted(page)[0], lambda heard: heard == 3)
    page.clock.run_for(10_000)
    expect(page.locator("#job")).to_have_text("RUNNING")


def test_a_part_may_be_loaded_every_few_seconds(page: Page, pages: PageServer) -> None:
    """A part whose changes are no events is loaded anew again and again, as often as it says."""
    pages.stream("/events")
    part = '<div id="services" data-live data-every="200">{}</div>'
    page.goto(pages.page("/services", part.format("starting"), "live.js", attributes=EVENTS))
    pages.page("/services", part.format("ready"), "live.js", attributes=EVENTS)
    expect(page.locator("#services")).to_have_text("ready")
    pages.page("/services", part.format("stopped"), "live.js", attributes=EVENTS)
    expect(page.locator("#services")).to_have_text("stopped")


def test_an_opened_part_stays_open_and_times_are_local(page: Page, pages: PageServer) -> None:
    """What a user has opened stays open, and a time that comes with an update is a local one."""
    stream = pages.stream("/events")
    part = '<div id="job" data-live><details><summary>More</summary>{}</details></div>'
    page.goto(pages.page("/a", part.format(1), "live.js", attributes=EVENTS))
    page.locator("body[data-listens]").wait_for()
    page.locator("summary").click()
    page.mouse.move(600, 700)
    time = '<time datetime="2026-05-01T12:00:00Z">2026-05-01T12:00:00Z</time>'
    pages.page("/a", part.format(time), "live.js", attributes=EVENTS)
    changed(stream)
    expect(page.locator("time")).to_contain_text("2026")
    assert "T12" not in page.locator("time").inner_text()
    assert page.locator("details").get_attribute("open") is not None


def test_text_of_an_update_is_no_code(page: Page, pages: PageServer) -> None:
    """A script or a handler that came into the page would not run: the policy refuses it."""
    stream = pages.stream("/events")
    page.goto(pages.page("/jobs", rows("a"), "live.js", attributes=EVENTS))
    page.locator("body[data-listens]").wait_for()
    name = "&lt;img src=x onerror=&quot;document.title=1&quot;&gt;"
    pages.page("/jobs", rows("a", state=name), "live.js", attributes=EVENTS)
    changed(stream)
    expect(page.locator("tr")).to_contain_text("<img src=x")
    assert page.locator("img").count() == 0


def test_a_part_is_loaded_again_as_long_as_it_says(page: Page, pages: PageServer) -> None:
    """Without any event, a part of a job that runs is loaded every so often; a plot in it stays as
    it is, and learns when it grows no more."""
    figure = '<figure id="plot" data-chart="/chart"{grows}><p>{text}</p></figure>'
    body = '<div id="results" data-live{every}><p>{text}</p>' + figure + "</div>"
    first = body.format(every=' data-every="1000"', grows=" data-grows", text="one")
    pages.stream("/events")
    page.goto(pages.page("/results", first, "live.js", attributes=EVENTS))
    page.locator("body[data-listens]").wait_for()
    pages.page(
        "/results", body.format(every="", grows="", text="two"), "live.js", attributes=EVENTS
    )
    expect(page.locator("#results > p")).to_have_text("two")
    expect(page.locator("#plot p")).to_have_text("one")
    expect(page.locator("#plot")).not_to_have_attribute("data-grows", "")


def test_the_end_of_the_session_keeps_a_form(page: Page, pages: PageServer) -> None:
    """A page with a form of a job or a service stays when the session has ended, with what a user
    has written so far."""
    pages.stream("/events")
    body = '<div id="all" data-live data-every="200"></div><form data-job-form><input></form>'
    page.goto(pages.page("/services", body, "live.js", attributes=EVENTS))
    page.locator("input").fill("half written")
    page.route("**/services", lambda route: route.fulfill(status=401))
    for _ in range(2):
        page.wait_for_event("response", lambda response: response.status == 401)
    expect(page.locator("input")).to_have_value("half written")
