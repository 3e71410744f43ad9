"""Names of jobs and files as parts of a URL."""

from posixpath import normpath
from urllib.parse import quote

from dssr.client.errors import BadRequest


def quoted(name: str) -> str:
    """One part of a path."""
    return quote(name, safe="", errors="surrogateescape")


def quoted_path(path: str) -> str:
    """The path of a job's file. A name on the cluster is bytes: those that are no text are lone
    surrogates here, as ``os.fsdecode`` has them. Raises ``BadRequest``."""
    whole = normpath(path)
    if not path or path.startswith("/") or whole.partition("/")[0] in ("..", "."):
        raise BadRequest(
            f"{path[:200]!r} is no path of a job's file: paths begin in the job's working "
            "directory, and do not lead out of it."
        )
    return quote(whole, safe="/", errors="surrogateescape")
