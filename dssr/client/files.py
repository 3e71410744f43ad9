"""The files of a job: list, download, upload, take an archive. Transfers that break go on."""

import os
import tempfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, cast

from dssr.client.documents import File
from dssr.client.download import Download, Progress, copy
from dssr.client.goal import goal_of, place
from dssr.client.session import Session
from dssr.client.upload import Upload
from dssr.client.urls import quoted_path
from dssr.seams.files import SECRET

_PAGE = 1000


def _no_progress(_done: int, _total: int | None) -> None:
    return


class Files:
    """The files below a job's working directory. A path here is relative to that.

    ``progress``, of all transfers: is called with the bytes that are done and those of the whole
    file, ``None`` where that is not known. What goes wrong with a file of this machine is an
    ``OSError``.
    """

    def __init__(self, session: Session, job_path: str, job_name: str) -> None:
        self._session, self._path, self._name = session, job_path, job_name

    def list(self, path: str = "") -> Iterator[File]:
        """What is in a directory, its directories first."""
        query: dict[str, Any] = {"path": path, "limit": _PAGE}
        while True:
            page = self._session.json("GET", f"{self._path}/files", query=query)
            yield from cast(Iterator[File], page["items"])
            if page["next"] is None:
                return
            query["after"] = page["next"]

    def download(
        self,
        path: str,
        to: str | os.PathLike[str] = ".",
        progress: Progress = _no_progress,
        *,
        overwrite: bool = False,
    ) -> Path:
        """Copy a file to this machine: into a directory, or under the name ``to``. Returns where.

        The file has its name when it is complete. One that broke off is continued by the next call,
        if it is still the same file on the cluster. Without ``overwrite``: raises
        ``FileExistsError`` where there is a file already that differs.
        """
        goal = goal_of(to, PurePosixPath(path).name)
        download = Download(self._session, self._url(path), goal, overwrite, progress)
        download.run()
        return goal

    def upload(
        self,
        local: str | os.PathLike[str],
        path: str = "",
        *,
        overwrite: bool = True,
        resume: bool = False,
        progress: Progress = _no_progress,
    ) -> None:
        """Copy a file of this machine to ``path``, or to its own name; directories are made. A
        program can be run there, too.

        ``resume``: go on with an upload of the same file that an earlier call has begun. Without
        ``overwrite``: raises ``Conflict`` where there is a file of that name.
        """
        url = self._url(path or Path(local).name)
        with open(local, "rb") as file:
            upload = Upload(self._session, url, file, overwrite, progress)
            upload.run(upload.arrived() if resume else 0)

    def archive(
        self,
        to: str | os.PathLike[str] = ".",
        path: str = "",
        progress: Progress = _no_progress,
        *,
        overwrite: bool = False,
    ) -> Path:
        """A directory with all that is in it as a zip archive on this machine. Returns where.

        In a directory, it has the name of the one on the cluster, or the job's name, of which only
        what is behind the last '/' is used. Without ``overwrite``: as with ``download``.
        """
        name = PurePosixPath(path).name or PurePosixPath(self._name).name
        goal = goal_of(to, name and f"{name}.zip")
        response = self._session.call(
            "GET", f"{self._path}/archive.zip", query={"path": path}, stream=True
        )
        with tempfile.TemporaryDirectory(prefix=".dssr-", dir=goal.parent) as directory:
            part = Path(directory) / "archive"
            with part.open("wb") as file:
                copy(response, file, 0, None, progress)
            place(part, goal, overwrite=overwrite)
        return goal

    def _url(self, path: str) -> str:
        return f"{self._path}/files/{quoted_path(path)}"


def is_withheld(path: str) -> bool:
    """Whether no bridge takes or serves the file: by a name in its path, it is a key or holds
    credentials."""
    return any(fnmatchcase(part, name) for part in PurePosixPath(path).parts for name in SECRET)
