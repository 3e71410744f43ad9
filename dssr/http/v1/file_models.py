"""What the calls of files take and return."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from dssr.http.v1.models import Aged, Model, Time
from dssr.http.v1.queries import ListQuery, Query
from dssr.http.v1.rendering import time_text
from dssr.seams import FileEntry

_PATH = "A directory, relative to the job's working directory; empty: that directory."


class FileListQuery(ListQuery):
    """Which part of which directory."""

    path: str = Field("", description=_PATH)
    after: str = Field(
        "",
        description="The member `next` of the page before.",
        # Base64 that begins with 'd' or 'f': what read_cursor refuses is no valid request.
        json_schema_extra={"pattern": "^(Z[A-Pg-v]([A-Za-z0-9_-]{4})*[A-Za-z0-9_-]{0,2})?$"},
    )


class ArchiveQuery(Query):
    """Which directory."""

    path: str = Field("", description=_PATH)


class File(Model):
    """A file or a directory."""

    path: str = Field(description="Relative to the job's working directory.")
    is_directory: bool
    size_bytes: int = Field(ge=0)
    modified_at: Time


class FileList(Aged):
    """A page of the list of a directory."""

    items: list[File]
    next: str | None = Field(description="`after` of the next page; null: this is the last one.")

    @staticmethod
    def text(entries: Sequence[FileEntry], following: str | None) -> str:
        """The JSON of a page, without its age."""
        return json.dumps({"items": [members(entry) for entry in entries], "next": following})


def members(entry: FileEntry) -> Mapping[str, Any]:
    """The members of a file."""
    return {
        "path": entry.path,
        "is_directory": entry.is_directory,
        "size_bytes": entry.size,
        "modified_at": time_text(entry.modified),
    }
