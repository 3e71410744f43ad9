"""The process that watches over one job: ``python -m connectors.local.supervisor ROOT ID LOCK
CORES``.

It is in a session of its own and needs no bridge. It has inherited the job's lock (descriptor
``LOCK``), which ends with it: by the lock, and not by a pid, other processes see whether it is
alive. Its last act for the job is the record; then it moves the queue on.
"""

import logging
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from connectors.local import processes
from connectors.local.folder import Folder, LocalJob, Record
from connectors.local.queue import Queue, end
from connectors.local.run import Run
from connectors.local.store import Store
from dssr.errors import Unavailable

_LOCK_SECONDS = 60.0
_AGAIN_SECONDS = 5.0
_log = logging.getLogger("connectors.local.supervisor")


def main(words: list[str]) -> None:
    """Start the job, wait for its end, write the end down, and let the next one start."""
    root, native_id, lock, cores = Path(words[0]), words[1], int(words[2]), int(words[3])
    os.set_inheritable(lock, False)
    os.chdir("/")
    logging.basicConfig(format="%(asctime)s %(message)s")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, _pass_over)
    processes.adopt_orphans()
    store = Store(root)
    folder = store.folder(native_id)
    _supervise(folder)
    try:
        with store.lock(_LOCK_SECONDS):
            store.close(folder)
            Queue(store, cores).advance()
    except Unavailable as error:
        _log.warning("The next jobs must wait for the bridge to start them: %s", error)


def _pass_over(number: int, frame: FrameType | None) -> None:
    """Ignore the signal. A handler does it, because the job would inherit SIG_IGN."""


def _supervise(folder: Folder) -> None:
    job = folder.job()
    if job is None:
        raise FileNotFoundError(folder.path)
    run = Run(folder, job)  # from here on SIGTERM ends the job
    folder.mark_started(time.time())
    record = run.to_its_end()
    while folder.path.exists() and not _written(folder, job, record):
        time.sleep(_AGAIN_SECONDS)


def _written(folder: Folder, job: LocalJob, record: Record) -> bool:
    try:
        end(folder, job, record)
    except OSError as error:
        # A full disk, say. While this process is alive the job is running, which is better than an
        # end without evidence.
        _log.warning(
            "The end of job %s (%s) cannot be written down yet: %s",
            *(folder.native_id, record.state, error),
        )
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
