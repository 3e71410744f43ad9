"""What is said about files that are not served."""

from collections.abc import Sequence

import pytest

from connectors.shared.job_files import JobDirectory, ServesJobFiles
from dssr.errors import Denied
from dssr.job import JobRef
from dssr.seams import Completed, Purpose, Sink


class Refusing(ServesJobFiles):
    """A connector none of whose files is served."""

    def directory_of(self, ref: JobRef) -> JobDirectory:
        return JobDirectory(self._run, "/elsewhere/run7", False, ["/data"], "")

    def _run(
        self, argv: Sequence[str], input: bytes | None, purpose: Purpose, sink: Sink | None = None
    ) -> Completed:
        return Completed(tuple(argv), 0, b"", b"outside\n")


@pytest.mark.parametrize(("path", "named"), [("", "/elsewhere/run7"), ("a/b", "a/b")])
def test_what_is_not_served_is_named(path: str, named: str) -> None:
    """The error names what was asked for: with an empty path that is the working directory."""
    with pytest.raises(Denied, match=f"^'{named}' is not served"):
        Refusing().list_files(JobRef("name", 1, "7"), path)
