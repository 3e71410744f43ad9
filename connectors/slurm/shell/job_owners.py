"""The owner of a job: from the submission just made, from squeue, or from sacct, in this order. The
bridge keeps no file of owners."""

import threading
import time
from collections import OrderedDict

from connectors.slurm.shell.remote import NO_JOB, Call, unknown_job
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from connectors.slurm.words.commands import SacctOwner
from connectors.slurm.words.visibility import Lines, cure, sees_all, sees_nothing
from dssr.errors import TransportError, Unavailable
from dssr.job import JobRef, Snapshot

_MOST = 20_000  # jobs whose owners are remembered: the longest ago asked for are forgotten first
_VISIBILITY_AGE = 60.0  # seconds for which the answer about what Slurm hides is used


class OwnerLookup:
    """Finds the owner of a job, and remembers it. May be used from many threads."""

    def __init__(self, snapshot: SharedSnapshot, service_user: str) -> None:
        self._snapshot, self._service_user = snapshot, service_user
        self._lock = threading.Lock()
        self._known: OrderedDict[JobRef, str] = OrderedDict()
        # When the service user was last found to see all jobs, and any of other users.
        self._saw_all = self._saw_some = float("-inf")

    def note(self, ref: JobRef, owner: str) -> None:
        """Remember the owner of a job."""
        with self._lock:
            self._known[ref] = owner
            self._known.move_to_end(ref)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)

    def find(self, ref: JobRef, call: Call) -> str:
        """The owner of the job; ``call``: the service user's. Raises ``NotFound`` for a job that
        Slurm never had, or had under another name or number, and ``Unavailable`` with the reason
        when the owner is not known."""
        with self._lock:
            owner = self._known.get(ref)
        owner = owner or self._search(ref, call)
        self.note(ref, owner)
        return owner

    def check_visibility(self, call: Call) -> None:
        """Raise ``Unavailable``, with the cure, when Slurm shows no other user's jobs: then they
        are in no list."""
        if time.monotonic() - self._saw_some < _VISIBILITY_AGE:
            return
        if sees_nothing(_visibility(call)):
            user = self._service_user
            raise Unavailable(
                f"Slurm shows {user!r} no jobs of other users, so theirs are in no list. "
                f"{cure(user)}"
            )
        self._saw_some = time.monotonic()

    def _search(self, ref: JobRef, call: Call) -> str:
        if not (ref.native_id.isascii() and ref.native_id.isdecimal()):
            raise unknown_job(ref)
        began, troubles = time.monotonic(), []
        for source in (self._listed, self._accounted, self._listed_since):
            try:
                if owner := source(ref, call, began):
                    return owner
            except TransportError:  # the next queries would fail in the same way
                raise
            except Unavailable as error:
                troubles.append(error.message)
        if troubles:
            raise _unknown_owner(ref, " ".join(dict.fromkeys(troubles)))
        # Only if Slurm hides no jobs, one that it shows nowhere does not exist.
        if time.monotonic() - self._saw_all >= _VISIBILITY_AGE:
            if not sees_all(_visibility(call)):
                user = self._service_user
                raise _unknown_owner(ref, f"Slurm may hide it from {user!r}. {cure(user)}")
            self._saw_all = time.monotonic()
        raise unknown_job(ref)

    def _listed(self, ref: JobRef, call: Call, began: float) -> str:
        return _owner_in(self._snapshot.get(call.deadline), ref)

    def _accounted(self, ref: JobRef, call: Call, began: float) -> str:
        """Ask sacct, for half of the time that is left: a daemon that hangs would leave no time to
        ask squeue again."""
        command, limit = SacctOwner(ref), f"{call.left() / 2:.1f}"
        return command.parse(call.run("sacct", ["timeout", limit, *command.argv()])) or ""

    def _listed_since(self, ref: JobRef, call: Call, began: float) -> str:
        """Ask squeue again: the job may have been submitted by another bridge since the
        last query."""
        return _owner_in(self._snapshot.get(call.deadline, newer_than=began), ref)


def _visibility(call: Call) -> Lines:
    return call.run_program("visibility", NO_JOB, f"{call.left() / 4:.1f}").lines


def _owner_in(jobs: Snapshot, ref: JobRef) -> str:
    status = jobs.find(ref)
    return status.owner if status else ""


def _unknown_owner(ref: JobRef, reason: str) -> Unavailable:
    return Unavailable(
        f"The owner of job {ref.native_id} is not known, so nothing was done for it: neither "
        "squeue nor sacct shows it to this bridge, which was started after it was submitted. "
        f"{reason} On a cluster without accounting (slurmdbd), a longer MinJobAge in slurm.conf "
        "lets squeue show jobs for longer after their end.",
        retry_after=60,
    )
