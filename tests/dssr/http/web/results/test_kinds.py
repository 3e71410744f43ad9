"""Which files of a job are results."""

import pytest

from dssr.http.web.results.kinds import Kind, found, kind_of, missing


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a.png", Kind.PICTURE),
        ("out/B.JPG", Kind.PICTURE),
        ("a.jpeg", Kind.PICTURE),
        ("a.webp", Kind.PICTURE),
        ("a.svg", Kind.PICTURE),
        ("a.gif", Kind.PICTURE),
        ("run/a b.csv", Kind.TABLE),
        ("a.tsv", Kind.TABLE),
        ("energy.plot.json", Kind.PLOT),
        ("results.json", Kind.VALUES),
        ("fit/results.json", Kind.VALUES),
        ("fit.html", Kind.PAGE),
        ("my-results.json", None),
        ("a.json", None),
        (".plot.json", None),
        (".csv", None),
        ("png", None),
        ("a.png/b", None),
        ("a.png\n", None),
        ("", None),
    ],
)
def test_the_kind_of_a_file(path: str, kind: Kind | None) -> None:
    """A file is a result by the end of its name, in any directory and in letters of any size."""
    assert kind_of(path) is kind


def test_what_was_found_and_what_was_not() -> None:
    """The results are sorted by kind and name, and words say what there is none of."""
    results = found(["b.csv", "a.csv", "log.txt", "x/fit.html"])
    assert results[Kind.TABLE] == ["a.csv", "b.csv"]
    assert results[Kind.PAGE] == ["x/fit.html"]
    assert [words.split(" ")[0] for words in missing(results)] == [
        *("pictures", "descriptions", "values"),
    ]
