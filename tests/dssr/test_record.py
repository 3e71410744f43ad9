"""Why a job is in its state, as text."""

from dssr.record import Why


def test_an_explanation_as_text() -> None:
    """The summary comes first, then each block with its sentences; a block without any is left
    out."""
    why = Why(
        "Job 7 waits: nodes are busy.", ("It asks for 2 nodes.",), ("Wait.", "Ask for less."),
        ("squeue: Resources",), 1795753545.6,
    )  # fmt: skip
    assert why.as_text() == (
        "Job 7 waits: nodes are busy.\n"
        "What is known:\n"
        "  It asks for 2 nodes.\n"
        "What to do:\n"
        "  Wait.\n"
        "  Ask for less.\n"
        "Expected start:\n"
        "  2026-11-27T04:25:45Z\n"
        "Evidence:\n"
        "  squeue: Resources\n"
    )
    assert Why("Job 7 completed.").as_text() == "Job 7 completed.\n"
