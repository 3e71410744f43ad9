"""The files of a service that a bridge starts: where they are, and small ones that come with it."""

from collections.abc import Mapping

from dssr.errors import NotFound
from dssr.job import JobRef
from dssr.seams import PART, Connector, KeepsServiceFiles, Upload
from dssr.seams.services import Place, ServiceFiles

_PROGRAM = b"#!"  # what begins with it can be run


def directory_of(connector: Connector, place: Place, make: bool, owner: str) -> ServiceFiles:
    """The directory of a service's files. Raises ``NotFound`` for a connector that takes none."""
    if not isinstance(connector, KeepsServiceFiles):
        raise NotFound(f"This bridge takes no files of services ({type(connector).__name__}).")
    return connector.service_files(place, make, owner)


def write(directory: ServiceFiles, contents: Mapping[str, bytes]) -> None:
    """Write files as a whole, in place of those that are there. Each is at most ``PART`` bytes."""
    for path, data in contents.items():
        assert len(data) <= PART
        is_program = data.startswith(_PROGRAM)
        upload = Upload(path, 0, len(data), len(data), overwrite=True, is_program=is_program)
        directory.files.write_file(JobRef("", 0), upload, data)
