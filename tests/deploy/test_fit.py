"""The example of a site's template: a fit by least squares."""

import csv
import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from dssr.templates.site import SiteTemplates
from tests.source_tree import ROOT

EXAMPLES = ROOT / "deploy/examples/templates"
FIT = EXAMPLES / "fit"
TRUE = {"height": 12, "centre": 4.2, "width": 0.7, "level": 2, "slope": 0.3}


def fit(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the fit in a directory."""
    return subprocess.run(
        [sys.executable, FIT / "files/fit.py", *words],
        cwd=place,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def pixels(data: bytes) -> bytes:
    """The pixels of a PNG of one IDAT chunk, whose sums are right."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    place, found = 8, b""
    while place < len(data):
        [size] = struct.unpack(">I", data[place : place + 4])
        chunk = data[place + 4 : place + 8 + size]
        assert struct.unpack(">I", data[place + 8 + size : place + 12 + size]) == (
            zlib.crc32(chunk),
        )
        found += zlib.decompress(chunk[4:]) if chunk.startswith(b"IDAT") else b""
        place += 12 + size
    return found


def test_the_templates_of_the_examples_are_right() -> None:
    """All examples are templates that a site can use."""
    site = SiteTemplates(f"{EXAMPLES}/")
    assert site.problems() == []
    assert [(one.name, sorted(one.files)) for one in site.all()] == [
        ("fit", ["fit.py", "picture.py"])
    ]


@pytest.mark.parametrize("method", ["levenberg-marquardt", "random-walk"])
def test_a_fit_finds_what_the_data_were_made_with(method: str, tmp_path: Path) -> None:
    """Each method finds the parameters within their errors, and writes a table of its steps, a
    curve, a picture and a page."""
    done = fit(tmp_path, "--method", method, "--steps", "20000", str(FIT / "peak.csv"))
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((tmp_path / "results.json").read_text())
    for name, value in TRUE.items():
        assert abs(found[name] - value) < 4 * found[f"{name} error"]
    assert 0.7 < found["reduced chi2"] < 1.4
    with (tmp_path / "progress.csv").open() as file:
        steps = [float(row["chi2"]) for row in csv.DictReader(file)]
    assert steps == sorted(steps, reverse=True)
    assert len(pixels((tmp_path / "fit.png").read_bytes())) == 400 * (1 + 3 * 640)
    assert "<script" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "needs the columns x and y"),
        ("x,y\n1,two\n", "line 2"),
        ("x,y\n1,2\n", "more than 5 rows"),
        ("x,y,dy\n" + "1,2,-1\n" * 9, "above zero"),
        ("", "needs the columns"),
    ],
)
def test_a_table_that_is_wrong_is_a_sentence(text: str, words: str, tmp_path: Path) -> None:
    """The job's last line says what is wrong with its data."""
    (tmp_path / "data.csv").write_text(text)
    done = fit(tmp_path, "data.csv")
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr
    assert "Traceback" not in done.stderr
