"""The files of a service, copied to the cluster with progress on a terminal."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dssr.cli.failure import Failure
from dssr.cli.status_line import StatusLine
from dssr.cli.wording import size
from dssr.client.served_services import AnyServices


def copied(
    own: AnyServices, wanted: Mapping[str, Any], script: Path, copy: str | None, to: str | None
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
    shown = "copies files"

    def progress(done: int, total: int) -> None:
        nonlocal shown
        shown = f"copies {size(done)} of {size(total)}"

    with StatusLine(lambda: f"{wanted['name']}  {shown}"):
        place = own.copy(directory, to or _usual(wanted), progress)
    return {**wanted, "working_directory": place}


def _usual(wanted: Mapping[str, Any]) -> str:
    name, parent = wanted["name"], wanted.get("directory", "")
    return f"{parent}/{name}.files" if parent else f"dssr-services/{name}"
