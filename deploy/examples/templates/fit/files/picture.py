"""Draws points and a curve: as a PNG with the standard library alone, and as a page that moves."""

import html
import json
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

WIDTH, HEIGHT, EDGE = 640, 400, 24  # pixels
WHITE, GREY, BLUE, ORANGE = (255, 255, 255), (150, 150, 150), (0, 114, 178), (213, 94, 0)
Point = tuple[float, float]
Place = tuple[int, int]
Colour = tuple[int, int, int]
Canvas = list[bytearray]


def png(points: Sequence[Point], line: Sequence[Point]) -> bytes:
    """Points and a curve, each a list of (x, y), as the bytes of a PNG."""
    canvas = [bytearray(WHITE * WIDTH) for _ in range(HEIGHT)]
    place = _scale([*points, *line])
    right, low = WIDTH - EDGE, HEIGHT - EDGE
    corners = [(EDGE, EDGE), (right, EDGE), (right, low), (EDGE, low), (EDGE, EDGE)]
    for begin, end in pairwise(corners):
        _line(canvas, begin, end, GREY)
    for x, y in map(place, points):
        for dx in range(-2, 3):
            for dy in range(-2, 3):
                _dot(canvas, x + dx, y + dy, BLUE)
    ends = [place(point) for point in line]
    for begin, end in pairwise(ends):
        _line(canvas, begin, end, ORANGE)
    rows = b"".join(b"\0" + bytes(row) for row in canvas)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*chunk) for chunk in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _scale(points: Sequence[Point]) -> Callable[[Point], Place]:
    """From values to pixels."""
    xs, ys = zip(*points, strict=True)
    left, low = min(xs), min(ys)
    across, up = (max(xs) - left) or 1, (max(ys) - low) or 1

    def place(point: Point) -> Place:
        x, y = point
        return (
            round(EDGE + (WIDTH - 2 * EDGE) * (x - left) / across),
            round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (y - low) / up),
        )

    return place


def _line(canvas: Canvas, begin: Place, end: Place, colour: Colour) -> None:
    (x0, y0), (x1, y1) = begin, end
    count = max(abs(x1 - x0), abs(y1 - y0), 1)
    for n in range(count + 1):
        x, y = round(x0 + (x1 - x0) * n / count), round(y0 + (y1 - y0) * n / count)
        _dot(canvas, x, y, colour)
        _dot(canvas, x, y + 1, colour)


def _dot(canvas: Canvas, x: int, y: int, colour: Colour) -> None:
    if 0 <= x < WIDTH and 0 <= y < HEIGHT:
        canvas[y][3 * x : 3 * x + 3] = bytes(colour)


def page(rows: Sequence[tuple[float, float, float]], found: Mapping[str, object]) -> str:
    """A page without anything from elsewhere: the pointer reads the curve off. ``rows``: (x, y,
    fit); ``found``: values by their names."""
    values = "".join(
        f"<tr><th>{html.escape(name)}<td>{html.escape(str(value))}" for name, value in found.items()
    )
    data = json.dumps(rows).replace("</", "<\\/")
    return _PAGE.replace("VALUES", values).replace("DATA", data)


_PAGE = """<!doctype html>
<meta charset="utf-8"><title>Fit</title>
<style>body{font:16px sans-serif;margin:1rem}th{text-align:left;padding-right:2rem}</style>
<h1>Fit</h1>
<canvas id="plot" width="640" height="400"></canvas>
<p id="read">Move the pointer over the plot.</p>
<table>VALUES</table>
<script>
const rows = DATA;
const plot = document.getElementById("plot");
const context = plot.getContext("2d");
const xs = rows.map((row) => row[0]);
const ys = rows.flatMap((row) => [row[1], row[2]]);
const [left, right] = [Math.min(...xs), Math.max(...xs)];
const [low, high] = [Math.min(...ys), Math.max(...ys)];
const across = (x) => 20 + 600 * (x - left) / (right - left || 1);
const up = (y) => 380 - 360 * (y - low) / (high - low || 1);
context.fillStyle = "#0072b2";
rows.forEach(([x, y]) => context.fillRect(across(x) - 2, up(y) - 2, 5, 5));
context.strokeStyle = "#d55e00";
context.beginPath();
rows.forEach(([x, , fit]) => context.lineTo(across(x), up(fit)));
context.stroke();
plot.addEventListener("pointermove", (event) => {
  const x = left + (event.offsetX - 20) / 600 * (right - left);
  const near = rows.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a);
  document.getElementById("read").textContent = `x ${near[0]}: data ${near[1]}, fit ${near[2]}`;
});
document.body.dataset.drawn = rows.length;
</script>
"""
