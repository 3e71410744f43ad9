"""The state directory: which jobs there are, under which ids, and who holds a name and number.

lock             held for every change but those of one job's own facts
last             the native id given out last
jobs/7/7531/     one folder a job, a thousand in each directory
names/ab/ab12..  name and number -> the job that has them, and its token
keys/cd/cd34..   the digest of a caller's key -> the same
active/7531      there from the moment in which the job exists until its end is in ``ends``
ends/42          the native id of the job whose final state has that serial number
last-end         the serial number given out last
"""

import hashlib
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
        self._ends = root / "ends"

    def prepare(self) -> None:
        """Make the directories. Raises ``OSError``."""
        for name in ("jobs", "names", "keys", "ends", "active"):
            (self.root / name).mkdir(mode=0o700, parents=True, exist_ok=True)

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
        native_id = ref.native_id or _claim(self._name(ref))[0]
        folder = self.with_id(native_id)
        job = None if folder is None else folder.job()
        return folder if job and (job.name, job.number) == (ref.name, ref.number) else None

    def with_id(self, native_id: str) -> Folder | None:
        """The job of that native id, if it exists."""
        if not _NATIVE_ID.fullmatch(native_id):
            return None
        folder = self.folder(native_id)
        return folder if self.exists(folder) else None

    def holder(self, ref: JobRef, now: float) -> tuple[Folder, str] | None:
        """The job that has this name and number, and its token; ``None`` when they are free."""
        native_id, token = _claim(self._name(ref))
        if not native_id or not self.exists(folder := self.folder(native_id)):
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

    def keyed(self, idempotency: str) -> tuple[Folder, str] | None:
        """The job that was submitted with this digest of a caller's key, and its token."""
        native_id, token = _claim(self._key(idempotency)) if idempotency else ("", "")
        if not native_id or not self.exists(folder := self.folder(native_id)):
            return None
        return folder, token

    def enlist(self, folder: Folder, spec: JobSpec) -> None:
        """Give the name and number, and the caller's key, to the job in that folder: the job exists
        when this returns, and not before."""
        claims = [self._name(spec.ref)]
        claims += [self._key(spec.idempotency)] if spec.idempotency else []
        for path in claims:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            files.write_json(path, {"id": folder.native_id, "token": spec.token})
        files.create(self._active / folder.native_id)

    def close(self, folder: Folder) -> None:
        """Give the final state of a job that has a record its serial number, once, and take the job
        off the list of active ones. Needs the lock.

        The number is taken before it is used: after a crash it is not given out again.
        """
        serial = folder.serial()
        if serial is None or not (self._ends / str(serial)).exists():
            serial = int(files.read(self.root / "last-end") or b"0") + 1
            files.write(self.root / "last-end", str(serial).encode())
            folder.write_serial(serial)
            files.create(self._ends / str(serial), folder.native_id.encode())
        self.strike(folder)

    def ends(self, after: int) -> list[tuple[int, Folder]]:
        """The jobs whose final states have higher serial numbers than ``after``, in order."""
        serials = sorted(n for n in _numbers(self._ends) if n > after)
        found = ((serial, files.read(self._ends / str(serial))) for serial in serials)
        return [
            (serial, self.folder(native_id.decode())) for serial, native_id in found if native_id
        ]

    def strike(self, folder: Folder) -> None:
        """Take it off the list of active jobs."""
        (self._active / folder.native_id).unlink(missing_ok=True)

    def active(self) -> list[Folder]:
        """The jobs whose end is not written down yet, first come first."""
        return [self.folder(str(number)) for number in sorted(_numbers(self._active))]

    def submitted(self) -> list[Folder]:
        """The folders of all jobs, the newest first, and of submissions that are under way."""
        return sorted(self._folders(), key=lambda folder: -int(folder.native_id))

    def exists(self, folder: Folder) -> bool:
        """Whether there is such a job."""
        # The mark goes only after the record has come, so looking for the mark first misses no job.
        return (self._active / folder.native_id).exists() or os.path.exists(folder.path / "record")

    def purge(self, before: float) -> None:
        """Forget the jobs that were cleaned before that time, those that keep their files and ended
        before it, and the files of submissions that broke off. Needs the lock."""
        for folder in list(self._folders()):
            if not self.exists(folder) or _is_over(folder, before):
                self._forget(folder)

    def _forget(self, folder: Folder) -> None:
        job = folder.job()
        if job is not None:
            for directory in filter(None, (job.directory, job.own_directory)):
                shutil.rmtree(directory, ignore_errors=True)
            if folder.cleaned() is None:  # after that, the file may be another job's
                Path(job.output).unlink(missing_ok=True)
            for claim in (self._name(job.ref), self._key(job.idempotency)):
                if _claim(claim)[0] == folder.native_id:
                    claim.unlink(missing_ok=True)
        (self._ends / str(folder.serial())).unlink(missing_ok=True)
        shutil.rmtree(folder.path, ignore_errors=True)

    def _folders(self) -> Iterator[Folder]:
        for shard in (self.root / "jobs").iterdir():
            yield from (Folder(path) for path in shard.iterdir())

    def _name(self, ref: JobRef) -> Path:
        return self.root / "names" / ref.key[:2] / ref.key

    def _key(self, idempotency: str) -> Path:
        name = hashlib.sha256(idempotency.encode()).hexdigest()
        return self.root / "keys" / name[:2] / name


def _claim(path: Path) -> tuple[str, str]:
    """The native id and the token of the job that has this name and number, or this key."""
    value = files.read_json(path)
    return (value["id"], value["token"]) if value else ("", "")


def _numbers(directory: Path) -> Iterator[int]:
    return (int(name) for name in os.listdir(directory) if _NATIVE_ID.fullmatch(name))


def _is_over(folder: Folder, before: float) -> bool:
    if (cleaned := folder.cleaned()) is not None:
        return cleaned < before
    job, record = folder.job(), folder.record()
    return bool(job and job.about.keeps_files and record and record.ended < before)
