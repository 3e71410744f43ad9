"""What holds for all tests: the real cluster's fixtures, `--long`, and that nothing is skipped
unnoticed in CI."""

import os
import signal
from collections.abc import Generator
from typing import Any

import pytest

FIGURE = "figure"  # the property of a test's report that holds a sentence for the summary

pytest_plugins = [
    "tests.browser.fixtures",
    "tests.cluster.fixtures",
    "tests.connectors.transports.ssh.impostor",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--long` runs the tests that take minutes, too."""
    parser.addoption("--long", action="store_true", help="run the tests that take minutes, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs the cluster, so that `-m "not cluster"` leaves it out, and leave out what is
    long."""
    for item in items:
        if "cluster_possible" in getattr(item, "fixturenames", ()):
            item.add_marker("cluster")
        if item.get_closest_marker("long") and not config.getoption("--long"):
            item.add_marker(pytest.mark.skip(reason="takes minutes: run it with --long"))


def pytest_configure() -> None:
    """Undo what `nohup` and a shell's `&` do to their children: tests send these signals, and mean
    them."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skipped test is a failure in CI, unless it is a long one."""
    report = yield
    if not item.get_closest_marker("long"):
        _fail_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So is a file of tests that is skipped as a whole."""
    report = yield
    _fail_in_ci(report)
    return report


def _fail_in_ci(report: Any) -> None:
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        report.outcome = "failed"
        report.longrepr = f"skipped, which CI does not allow: {report.longrepr}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have measured, on which none of them rests; whichever process ran them."""
    reports = [
        r
        for found in terminalreporter.stats.values()
        for r in found
        if getattr(r, "when", "") == "teardown"
    ]
    figures = [
        f"{what} ({report.nodeid})"
        for report in reports
        for name, what in report.user_properties
        if name == FIGURE
    ]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write("\n".join([*sorted(figures), ""]))
