"""The state directory: which jobs there are, under which ids, and who holds a name and number.

lock             held for every change but those of one job's own facts
last             the native id given out last
jobs/7/7531/     one folder a job, a thousand in each directory
names/ab/ab12..  name and number -> the job that has them, and its token
active/7531      there from the moment in which the job exists until its end is written down
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from connectors.local import files
from connectors.local.folder import Folder
from dssr.job import NAME_FREE_AFTER, JobRef, JobSpec

_SHARD = 1000
_NATIVE_ID = re.compile(r"[1-9][0-9]{0,17}")


class Store:
    """One state directory, shared by any number of bridges and supervisors of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._active = root / "active"

    def prepare(self) -> None:
        """Make the directories. Raises ``OSError``."""
        for path in (self.root / "jobs", self.root / "names", self._active):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def lock(self, timeout: float) -> AbstractContextManager[None]:
        """Hold the lock of the whole directory. Raises ``Unavailable`` when it is not free in that
        many seconds."""
        return files.locked(self.root / "lock", timeout)

    def folder(self, native_id: str) -> Folder:
        """The job's place, whether there is such a job or not."""
        return Folder(self.root / "jobs" / str(int(native_id) // _SHARD) / native_id)

    def find(self, ref: JobRef) -> Folder | None:
        """The job of that name, number and native id (the latest where the native id is empty), if
        it exists."""
        native_id = ref.native_id or self._holder(ref)[0]
        if not _NATIVE_ID.fullmatch(native_id):
            return None
        folder = self.folder(native_id)
        job = folder.job()
        if job is None or (job.name, job.number) != (ref.name, ref.number):
            return None
        return folder if self._exists(folder) else None

    def holder(self, ref: JobRef, now: float) -> tuple[Folder, str] | None:
        """The job that has this name and number, and its token; ``None`` when they are free."""
        native_id, token = self._holder(ref)
        if not native_id or not self._exists(folder := self.folder(native_id)):
            return None
        cleaned = folder.cleaned()
        return None if cleaned is not None and now - cleaned >= NAME_FREE_AFTER else (folder, token)

    def new_folder(self) -> Folder:
        """A folder under a native id that was never given out before. Needs the lock."""
        number = int(files.read(self.root / "last") or b"0")
        while True:
            number += 1
            folder = self.folder(str(number))
            folder.path.parent.mkdir(mode=0o700, exist_ok=True)
            try:
                folder.path.mkdir(mode=0o700)
            except FileExistsError:
                continue
            files.write(self.root / "last", str(number).encode())
            return folder

    def enlist(self, folder: Folder, spec: JobSpec) -> None:
        """Give the name and number to the job in that folder: the job exists when this returns, and
        not before."""
        path = self._name(spec.ref)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        files.write_json(path, {"id": folder.native_id, "token": spec.token})
        files.create(self._active / folder.native_id)

    def dismiss(self, folder: Folder) -> None:
        """Take a job that has a record off the list of active ones."""
        (self._active / folder.native_id).unlink(missing_ok=True)

    def active(self) -> list[Folder]:
        """The jobs whose end is not written down yet, first come first."""
        numbers = sorted(
            int(entry.name) for entry in self._active.iterdir() if _NATIVE_ID.fullmatch(entry.name)
        )
        return [self.folder(str(number)) for number in numbers]

    def purge(self, before: float) -> None:
        """Forget the jobs that were cleaned before that time, and the files of submissions that
        broke off. Needs the lock."""
        for folder in list(self._folders()):
            cleaned = folder.cleaned()
            if (cleaned is not None and cleaned < before) or not self._exists(folder):
                self._forget(folder)

    def _forget(self, folder: Folder) -> None:
        job = folder.job()
        if job is not None:
            shutil.rmtree(job.directory, ignore_errors=True)
            if folder.cleaned() is None:  # a submission that broke off
                Path(job.output).unlink(missing_ok=True)
            if self._holder(job.ref)[0] == folder.native_id:
                self._name(job.ref).unlink(missing_ok=True)
        shutil.rmtree(folder.path, ignore_errors=True)

    def _folders(self) -> Iterator[Folder]:
        for shard in (self.root / "jobs").iterdir():
            yield from (Folder(path) for path in shard.iterdir())

    def _exists(self, folder: Folder) -> bool:
        # the mark goes only after the record has come, so looking for the mark first misses no job
        return (self._active / folder.native_id).exists() or os.path.exists(folder.path / "record")

    def _holder(self, ref: JobRef) -> tuple[str, str]:
        value = files.read_json(self._name(ref))
        return (value["id"], value["token"]) if value else ("", "")

    def _name(self, ref: JobRef) -> Path:
        return self.root / "names" / ref.key[:2] / ref.key
