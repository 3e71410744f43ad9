"""The result files of a job, read as far as a page shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dssr.http.web.results.kinds import Kind, found, kind_of
from dssr.http.web.results.plot import Plot, read_plot
from dssr.http.web.results.values import Value, read_values
from dssr.jobs.files import JobFiles
from dssr.record import JobRecord

_LARGEST = 1 << 20  # bytes of a file that describes something


@dataclass(frozen=True)
class FoundFiles:
    """The results of one job. ``stamps``: by path, what changes when a file is written to."""

    names: Mapping[Kind, list[str]] = field(default_factory=lambda: found(()))
    stamps: Mapping[str, str] = field(default_factory=dict)


class ResultFiles:
    """The results of one job: files of its working directory."""

    def __init__(self, files: JobFiles, job: JobRecord) -> None:
        self._files, self._job = files, job

    def found(self) -> FoundFiles:
        """The results that there are."""
        entries = self._files.listing(self._job, "").entries
        files = {
            one.path: f"{one.modified:.6f}-{one.size}" for one in entries if not one.is_directory
        }
        return FoundFiles(found(files), files)

    def plot(self, path: str) -> Plot:
        """What a file describes, or the plot of a table as it is. Raises ``Unreadable``."""
        if kind_of(path) is Kind.PLOT:
            return read_plot(self._head(path))
        return Plot(data=path)

    def values(self) -> dict[str, Value]:
        """The values of ``results.json``. Raises ``Unreadable`` and ``NotFound``."""
        return read_values(self._head("results.json"))

    def _head(self, path: str) -> bytes:
        _, [pieces] = self._files.begin(
            self._job, path, lambda file: [(0, min(file.size, _LARGEST))]
        )
        return b"".join(pieces)
