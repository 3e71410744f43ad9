"""Tables that are read once, and then only as far as they have grown."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dssr.errors import NotFound
from dssr.http.web import kept_tables
from dssr.http.web.kept_tables import KeptTables
from dssr.http.web.results.unreadable import Unreadable
from dssr.jobs import Jobs
from dssr.jobs.files import HasFiles, JobFiles
from dssr.record import JobRecord

ROWS = "".join(f"{number},{number * number}\n" for number in range(3000))


class Table:
    """The table of a job that runs. ``sizes``: how many bytes were read each time."""

    def __init__(self, files: Any) -> None:
        self.files, self.sizes = JobFiles.of(files.bridge), list[int]()
        self.path: Path = files.directory / "a.csv"
        self.job = replace(Jobs(files.bridge).find(files.job["id"]), is_final=False)
        self.kept = KeptTables(self.files)
        begin = self.files.begin

        def counted(job: HasFiles, path: str, bounds: Any) -> Any:
            file, found = begin(job, path, bounds)
            self.sizes += [stop - start for start, stop in bounds(file)]
            return file, found

        self.files.begin = counted  # type: ignore[method-assign]

    def rows(self, job: JobRecord | None = None, name: str = "a.csv") -> list[float]:
        """The first column as it is now."""
        with self.kept.reading(job or self.job, name) as reader:
            return list(reader.columns[0].values) if reader.columns else []


@pytest.fixture
def table(files: Any) -> Table:
    """A table of a job, which no caller has read."""
    return Table(files)


def test_only_what_is_new_is_read(table: Table) -> None:
    """A table that has not changed is not read again, and one that has grown from its end on, less
    some kilobytes by which it is known."""
    table.path.write_text("x,y\n" + ROWS)
    assert len(table.rows()) == len(table.rows()) == 3000
    with table.path.open("a") as file:
        file.write("1,2\n3,")
    assert table.rows()[-2:] == [2999, 1]
    with table.path.open("a") as file:
        file.write("4\n5,6\n")
    assert table.rows()[-3:] == [1, 3, 5]
    size = len("x,y\n" + ROWS)
    assert table.sizes == [size, 0, 4096 + 6, 4096 + 6]


@pytest.mark.parametrize("text", ["a,b\n7,8\n", "a,b\n" + "7,8\n" * 9000])
def test_another_file_is_read_anew(table: Table, text: str) -> None:
    """A file that has taken the place of the first one, shorter or longer, is a table of its
    own."""
    table.path.write_text("x,y\n" + ROWS)
    table.rows()
    table.path.write_text(text)
    assert set(table.rows()) == {7}
    assert len(table.rows()) == text.count("7")


def test_the_last_line_is_read_when_the_job_has_ended(table: Table) -> None:
    """A line without an end waits while the job runs; a file that changes afterwards is read
    anew."""
    ended = replace(table.job, is_final=True)
    table.path.write_text("x,y\n1,2\n3,4")
    assert table.rows() == [1]
    assert table.rows(ended) == table.rows(ended) == [1, 3]
    with table.path.open("a") as file:
        file.write("5\n6,7\n")
    assert table.rows(ended) == [1, 3, 6]


def test_a_table_that_cannot_be_read_can_be_read_later(table: Table) -> None:
    """After a fault the table is read from the beginning."""
    with pytest.raises(NotFound):
        table.rows()
    table.path.write_text("1,2\n")
    for _ in range(2):
        with pytest.raises(Unreadable):
            table.rows()
    table.path.write_text("x,y\n1,2\n")
    assert table.rows() == [1]


def test_tables_that_were_not_used_for_long_are_forgotten(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tables that are kept have a bounded size; the last one is always kept."""
    monkeypatch.setattr(kept_tables, "MOST_KEPT", 500)
    for name in ("a.csv", "b.csv"):
        (table.path.parent / name).write_text("x,y\n1,2\n3,4\n")
        table.rows(name=name)
    table.sizes.clear()
    table.rows(name="b.csv")
    table.rows(name="a.csv")
    assert table.sizes == [0, 12]


def test_a_name_without_a_table_is_not_kept(table: Table) -> None:
    """A request for a file that is not there, or is no table, leaves nothing in memory."""
    (table.path.parent / "numbers.csv").write_text("1,2\n")
    with pytest.raises(NotFound):
        table.rows(name="none.csv")
    with pytest.raises(Unreadable):
        table.rows(name="numbers.csv")
    assert table.kept.count == 0


def test_a_number_of_tables_is_kept(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many tables are kept, however small they are, also where their use has failed."""
    monkeypatch.setattr(kept_tables, "MOST_TABLES", 3)
    for number in range(5):
        (table.path.parent / f"{number}.csv").write_text("x,y\n1,2\n")
        with pytest.raises(ZeroDivisionError), table.kept.reading(table.job, f"{number}.csv"):
            raise ZeroDivisionError
    assert table.kept.count == 3


def test_a_table_of_tabs(table: Table) -> None:
    """A file *.tsv has TABs between its cells, and may have commas in them."""
    (table.path.parent / "a.tsv").write_text("x\ty,z\n1\t2,3\n")
    assert table.rows(name="a.tsv") == [1]
