"""Fits a Gaussian peak on a sloping background to a table of x, y and perhaps dy, by least squares.

Needs Python 3.10 alone. While it runs it writes, for the portal's page of results:

progress.csv   a line for each step that it reports, drawn as progress.plot.json says
fit.csv        the data and the curve, drawn as fit.plot.json says
fit.png        the same as a picture
results.json   the parameters, their errors, chi squared
report.html    the same as a page, which moves by a script of its own

It ends early once a file called ``stop`` is in its directory.
"""

import argparse
import csv
import json
import math
import operator
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence

import picture  # type: ignore[import-not-found]  # it is beside this file

NAMES = ("height", "centre", "width", "level", "slope")
EVERY = 1.0  # seconds between two pictures
REPORTS = 1000  # lines of progress.csv, about
_TINY = 1e-12
Row = tuple[float, float, float]  # x, y, dy
Values = list[float]


def curve(p: Values, x: float) -> float:
    """The model at x."""
    height, centre, width, level, slope = p
    return height * math.exp(-0.5 * ((x - centre) / width) ** 2) + level + slope * x


def residuals(p: Values, data: Sequence[Row]) -> Values:
    """What is left of each point, in units of its error."""
    return [(y - curve(p, x)) / dy for x, y, dy in data]


def chi2(p: Values, data: Sequence[Row]) -> float:
    """The sum of squares."""
    return math.fsum(r * r for r in residuals(p, data))


def read(path: str) -> list[Row]:
    """The rows of a table as (x, y, dy). Exits with a sentence for what is no such table."""
    with open(path, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        names = [name.strip().lower() for name in reader.fieldnames or ()]
        reader.fieldnames = names
        if not {"x", "y"} <= set(names):
            sys.exit(f"{path} needs the columns x and y; it has {', '.join(names)}.")
        try:
            data = [(float(r["x"]), float(r["y"]), float(r.get("dy") or 1)) for r in reader]
        except (TypeError, ValueError) as error:
            sys.exit(f"{path}, line {reader.line_num}: {error}.")
    if len(data) <= len(NAMES) or not all(dy > 0 for _, _, dy in data):
        sys.exit(f"{path} needs more than {len(NAMES)} rows, and each dy must be above zero.")
    return sorted(data)


def first_guess(data: Sequence[Row]) -> Values:
    """Parameters to begin with: the highest point is the peak."""
    (x0, y0, _), (x1, y1, _) = data[0], data[-1]
    slope = (y1 - y0) / ((x1 - x0) or 1)
    level = y0 - slope * x0
    height, centre = max((y - level - slope * x, x) for x, y, _ in data)
    return [height or 1.0, centre, ((x1 - x0) or 1) / 10, level, slope]


def normal_equations(p: Values, data: Sequence[Row]) -> tuple[list[Values], Values]:
    """J'J and J'r, by finite differences."""
    before, columns = residuals(p, data), []
    for n, value in enumerate(p):
        step = 1e-6 * (abs(value) or 1)
        moved = residuals([*p[:n], value + step, *p[n + 1 :]], data)
        columns.append([(b - a) / step for a, b in zip(before, moved, strict=True)])
    matrix = [[_product(a, b) for b in columns] for a in columns]
    return matrix, [-_product(a, before) for a in columns]


def _product(a: Values, b: Values) -> float:
    return math.fsum(map(operator.mul, a, b))


def solve(matrix: Sequence[Values], right: Values) -> Values | None:
    """The solution of a small linear system, by elimination; ``None``: it is singular."""
    rows, size = [[*row, b] for row, b in zip(matrix, right, strict=True)], len(right)
    for n in range(size):
        best = max(range(n, size), key=lambda k: abs(rows[k][n]))
        rows[n], rows[best] = rows[best], rows[n]
        if abs(rows[n][n]) < _TINY * _TINY:
            return None
        for k in range(size):
            if k != n:
                factor = rows[k][n] / rows[n][n]
                rows[k] = [a - factor * b for a, b in zip(rows[k], rows[n], strict=True)]
    return [rows[n][size] / rows[n][n] for n in range(size)]


def levenberg_marquardt(p: Values, data: Sequence[Row], steps: int) -> Iterator[Values]:
    """Yields the parameters after each step, until they are as good as they get."""
    damping, best = 1e-3, chi2(p, data)
    for _ in range(steps):
        matrix, right = normal_equations(p, data)
        damped = [
            [value * (1 + damping) if k == n else value for k, value in enumerate(row)]
            for n, row in enumerate(matrix)
        ]
        change = solve(damped, right)
        moved = [a + b for a, b in zip(p, change, strict=True)] if change else p
        found = chi2(moved, data) if change and moved[2] else math.inf
        if found < best:
            done = best - found < 1e-9 * best
            p, best, damping = moved, found, damping / 10
            yield p
            if done:
                return
        else:
            damping *= 10
            if damping > 1e12:
                return


def random_walk(p: Values, data: Sequence[Row], steps: int) -> Iterator[Values]:
    """Yields the best parameters after each step: a walk whose steps adapt to its success."""
    chance = random.Random(1)
    best, sizes = chi2(p, data), [0.1 * (abs(value) or 1) for value in p]
    for _ in range(steps):
        n = chance.randrange(len(p))
        moved = [*p[:n], p[n] + chance.gauss(0, sizes[n]), *p[n + 1 :]]
        found = chi2(moved, data) if abs(moved[2]) > _TINY else math.inf
        better = found < best
        sizes[n] = max(sizes[n] * (1.5 if better else 0.95), 1e-9 * (abs(p[n]) or 1))
        if better:
            p, best = moved, found
        yield p


METHODS = {"levenberg-marquardt": levenberg_marquardt, "random-walk": random_walk}


def errors(p: Values, data: Sequence[Row]) -> list[float | None]:
    """The standard error of each parameter; ``None`` where the data do not determine it."""
    matrix, _ = normal_equations(p, data)
    found: list[float | None] = []
    for n in range(len(p)):
        column = solve(matrix, [float(k == n) for k in range(len(p))])
        found.append(math.sqrt(column[n]) if column and column[n] > 0 else None)
    return found


def write(path: str, data: bytes) -> None:
    """A file that is there as a whole or not at all."""
    with open(f".{path}", "wb") as file:
        file.write(data)
    os.replace(f".{path}", path)


def save(p: Values, data: Sequence[Row], method: str, step: int) -> None:
    """Write how the fit is at this step."""
    rows = [(x, y, curve(p, x), (y - curve(p, x)) / dy) for x, y, dy in data]
    lines = [",".join(f"{value:.8g}" for value in row) for row in rows]
    write("fit.csv", "\n".join(["x,data,fit,residual", *lines, ""]).encode())
    write("fit.png", picture.png([(x, y) for x, y, *_ in rows], [(x, f) for x, _, f, _ in rows]))
    best = chi2(p, data)
    found: dict[str, object] = {"method": method, "steps": step, "chi2": best}
    found["reduced chi2"] = best / (len(data) - len(p))
    for name, value, error in zip(NAMES, p, errors(p, data), strict=True):
        found |= {name: value, f"{name} error": error}
    write("results.json", json.dumps(found, indent=1).encode())
    write("report.html", picture.page([(x, y, f) for x, y, f, _ in rows], found).encode())


def describe() -> None:
    """Say how the tables are drawn."""
    progress = {"title": "Chi squared", "x": "step", "y": ["chi2"], "data": "progress.csv"}
    write("progress.plot.json", json.dumps({**progress, "log": ["y"]}).encode())
    fit = {"title": "Data and fit", "x": "x", "y": ["data", "fit"], "data": "fit.csv"}
    write("fit.plot.json", json.dumps(fit).encode())


def follow(method: str, steps: int, data: Sequence[Row]) -> tuple[Values, int]:
    """Fit, and write each step; the parameters at the end, and the number of steps."""
    begin = p = first_guess(data)
    step, saved = 0, 0.0
    every = max(1, steps // REPORTS) if method == "random-walk" else 1
    with open("progress.csv", "w", encoding="utf-8") as progress:
        progress.write(f"step,chi2,{','.join(NAMES)}\n")
        for step, p in enumerate(METHODS[method](begin, data, steps), 1):
            is_due = time.monotonic() - saved > EVERY
            if step % every == 0 or is_due:
                values = (step, chi2(p, data), *p)
                progress.write(",".join(f"{value:.8g}" for value in values) + "\n")
            if is_due:
                progress.flush()
                save(p, data, method, step)
                print(f"step {step}: chi2 {chi2(p, data):.6g}", flush=True)
                saved = time.monotonic()
                if os.path.exists("stop"):
                    print("A file called stop is here: this is the end.")
                    break
    return p, step


def main() -> None:
    """Fit the table that the command line names."""
    parser = argparse.ArgumentParser(description="Fits a peak by least squares.")
    parser.add_argument("--method", choices=METHODS, default="levenberg-marquardt")
    parser.add_argument("--steps", type=int, default=1000, help="at most")
    parser.add_argument("table", help="CSV with the columns x, y and perhaps dy")
    asked = parser.parse_args()
    data = read(asked.table)
    describe()
    p, step = follow(asked.method, asked.steps, data)
    save(p, data, asked.method, step)
    print(f"chi2 {chi2(p, data):.6g} after {step} steps")
    for name, value, error in zip(NAMES, p, errors(p, data), strict=True):
        print(f"{name:8} {value:12.6g} +- {'unknown' if error is None else format(error, '.3g')}")


if __name__ == "__main__":
    main()
