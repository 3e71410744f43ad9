"""The checks of an examination depend on each other."""

from connectors.shared.checks import Check, examined, export, failure, ok, skipped, with_advice
from dssr.errors import Unavailable
from dssr.seams import Finding, Status


def raises() -> Finding:
    """A check whose cluster does not answer."""
    raise Unavailable("No answer.")


def test_what_depends_on_a_failure_is_skipped() -> None:
    """A check after one that failed is not made, nor is one after that; each names the first
    failure."""
    checks = [
        Check("one", lambda: failure("Broken.")),
        Check("two", raises, ("one",)),
        Check("three", raises, ("two",)),
        Check("four", lambda: ok("Fine.")),
    ]
    found = list(examined(checks))
    assert [finding.name for finding in found] == ["one", "two", "three", "four"]
    assert [finding.status.value for finding in found] == ["failure", "skipped", "skipped", "ok"]
    assert found[2].detail == "Not examined, because one failed."


def test_what_need_not_be_examined_stops_nothing() -> None:
    """A check that was not needed does not keep those after it from being made."""
    checks = [
        Check("one", lambda: skipped("Not needed.")),
        Check("two", lambda: ok("Fine."), ("one",)),
    ]
    assert [finding.status for finding in examined(checks)] == [Status.SKIPPED, Status.OK]


def test_an_error_is_a_failure() -> None:
    """What a check raises is a failure with the words of the error."""
    (found,) = examined([Check("one", raises)])
    assert found == Finding("one", Status.FAILURE, "No answer.")


def test_advice() -> None:
    """Advice is a line of the cure that a shell takes, and a setting of the profile."""
    found = with_advice(failure("Broken.", "Set this:"), "JARVICE_X", "it's")
    assert found.cure == "Set this:\nexport JARVICE_X='it'\\''s'"
    assert found.advised == (("JARVICE_X", "it's"),)
    assert found.setting == "JARVICE_X"
    assert with_advice(failure("Broken."), "A", "b").cure == export("A", "b")
