"""Whose job it is: by the submission just made, by squeue, by sacct, in this order; never by a file
of the bridge's."""

import threading
import time
from collections import OrderedDict

from connectors.slurm.shell.remote import Call
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from connectors.slurm.words.commands import SacctOwner
from connectors.slurm.words.visibility import Lines, cure, sees_all, sees_nothing
from dssr.errors import NotFound, TransportError, Unavailable
from dssr.job import JobRef, Snapshot

_MOST = 20_000  # jobs whose owners are remembered: the longest ago asked for are forgotten first
_SIGHT_AGE = 60.0  # seconds for which it stands what the service user may see
_NO_JOB = JobRef("", 0, "")  # for a program that looks at none


class OwnerLookup:
    """Finds the local user that a job belongs to, and remembers him. May be used from many threads."""

    def __init__(self, snapshot: SharedSnapshot, service_user: str) -> None:
        self._snapshot, self._service_user = snapshot, service_user
        self._lock = threading.Lock()
        self._known: OrderedDict[JobRef, str] = OrderedDict()
        self._saw_all = self._saw_some = float(
            "-inf"
        )  # when it was last found that the service user sees that much

    def note(self, ref: JobRef, owner: str) -> None:
        """A job whose owner is certain."""
        with self._lock:
            self._known[ref] = owner
            self._known.move_to_end(ref)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)

    def find(self, ref: JobRef, call: Call) -> str:
        """The owner; ``call``: the service user's. Raises ``NotFound`` for a job that Slurm never
        had, or had under another name or number, and ``Unavailable`` with the reason when nobody
        can tell."""
        with self._lock:
            owner = self._known.get(ref)
        owner = owner or self._search(ref, call)
        self.note(ref, owner)
        return owner

    def check_visibility(self, call: Call) -> None:
        """Raises ``Unavailable``, with the cure, when Slurm shows no other user's jobs: all lists
        lack them then."""
        if time.monotonic() - self._saw_some < _SIGHT_AGE:
            return
        if sees_nothing(_sight(call)):
            user = self._service_user
            raise Unavailable(
                f"Slurm shows {user!r} no jobs of other users, so theirs are in no list. "
                f"{cure(user)}"
            )
        self._saw_some = time.monotonic()

    def _search(self, ref: JobRef, call: Call) -> str:
        unknown = NotFound(
            f"No job {ref.native_id} of name {ref.name!r} and number {ref.number} was submitted "
            f"here."
        )
        if not (ref.native_id.isascii() and ref.native_id.isdecimal()):
            raise unknown
        began, troubles = time.monotonic(), []
        for source in (self._listed, self._accounted, self._listed_since):
            try:
                if owner := source(ref, call, began):
                    return owner
            except TransportError:  # the others would go the same way
                raise
            except Unavailable as error:
                troubles.append(error.message)
        if troubles:
            raise _unknown_owner(ref, " ".join(dict.fromkeys(troubles)))
        self._check_that_all_is_seen(ref, call)
        raise unknown

    def _listed(self, ref: JobRef, call: Call, began: float) -> str:
        return _owner_in(self._snapshot.get(call.deadline), ref)

    def _accounted(self, ref: JobRef, call: Call, began: float) -> str:
        """In half of the time that is left: a daemon that hangs would leave none to look again, and
        the command behind."""
        command = SacctOwner(ref)
        return (
            command.parse(call.command(["timeout", f"{call.left() / 2:.1f}", *command.argv()]))
            or ""
        )

    def _listed_since(self, ref: JobRef, call: Call, began: float) -> str:
        """It may have been submitted after the last look, through another bridge."""
        return _owner_in(self._snapshot.get(call.deadline, newer_than=began), ref)

    def _check_that_all_is_seen(self, ref: JobRef, call: Call) -> None:
        """That Slurm shows a job nowhere means that there is none only if it hides none."""
        if time.monotonic() - self._saw_all < _SIGHT_AGE:
            return
        if not sees_all(_sight(call)):
            raise _unknown_owner(
                ref, f"Slurm may hide it from {self._service_user!r}. {cure(self._service_user)}"
            )
        self._saw_all = time.monotonic()


def _sight(call: Call) -> Lines:
    return call.program("visibility", _NO_JOB, f"{call.left() / 4:.1f}").lines


def _owner_in(jobs: Snapshot, ref: JobRef) -> str:
    status = jobs.find(ref)
    return status.owner if status else ""


def _unknown_owner(ref: JobRef, reason: str) -> Unavailable:
    return Unavailable(
        f"Nobody can tell whose job {ref.native_id} is, so nothing was done for it: neither squeue "
        f"nor sacct shows it to this "
        f"bridge, which was started after it was submitted. {reason} On a cluster without "
        f"accounting (slurmdbd), a longer "
        "MinJobAge in slurm.conf lets squeue show jobs for longer after their end.",
        retry_after=60,
    )
