"""The files of a service, copied to the cluster with progress on a terminal."""

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from dssr.cli import transfers
from dssr.cli.failure import Failure
from dssr.cli.status_line import StatusLine
from dssr.cli.wording import size
from dssr.client.own_services import OwnServices
from dssr.client.served_services import AnyServices
from dssr.seams.services import Place


def copied(
    services: AnyServices, wanted: Mapping[str, Any], script: Path, copy: str | None, to: str | None
) -> dict[str, Any]:
    """The service's members, which run in the copied directory; as they were where nothing is to
    be copied. ``copy``: a directory of this machine; '': the script's own."""
    if copy is None:
        if to:
            raise Failure("--to says where to copy to: say what to copy, by --copy.")
        return dict(wanted)
    directory = Path(copy) if copy else script if script.is_dir() else script.parent
    if not directory.is_dir():
        raise Failure(f"{directory} is no directory that could be copied.")
    place = Place(wanted["name"], wanted.get("directory", ""))
    shown = "copies files"

    def progress(done: int, total: int | None) -> None:
        nonlocal shown
        shown = f"copies {size(done)} of {size(total or 0)}"

    with StatusLine(lambda: f"{place.name}  {shown}"):
        if isinstance(services, OwnServices):
            where = services.copy(directory, to or place.files, progress)
            return {**wanted, "working_directory": where}
        if to:
            raise Failure("A bridge keeps the files of each service in one place: leave --to out.")
        services.upload(place, transfers.files_in(directory, PurePosixPath()), progress)
        return {**wanted, "files": {}}
