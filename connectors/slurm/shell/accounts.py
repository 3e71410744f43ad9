"""Under which account the connector works for a job: the service user for all jobs, or each job's
owner for their own jobs."""

import logging
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from connectors.slurm.settings import SlurmSettings
from connectors.slurm.shell.job_owners import OwnerLookup
from connectors.slurm.shell.remote import NO_JOB, Call, Remote
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from connectors.slurm.shell.trial import Trial
from connectors.slurm.shell.user_connections import UserConnections
from connectors.slurm.words.squeue import Squeue
from dssr.errors import Denied, Unavailable
from dssr.job import JobRef
from dssr.seams import Figure, Users

log = logging.getLogger(__name__)

# The name is a part of a path. useradd(8) makes only such names; directory services add the '@' of
# a domain.
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._@-]{0,63}\$?")
_RESERVED = ("names", "jobs", "keys", "journal")  # the service user's own in the state directory


class Accounts(Protocol):
    """Selects the account for a job."""

    def for_owner(self, owner: str, ref: JobRef) -> Call:
        """The call for submitting a job of this owner (empty: the service user's). Raises
        ``Denied`` for an owner whom the bridge does not act for."""
        ...

    def for_job(self, ref: JobRef, share: float = 1.0) -> Call:
        """The call for work on a submitted job. ``share``: how much of the time for an answer it
        may take. Raises ``NotFound`` when no such job was submitted here."""
        ...

    def for_user(self, user: str, share: float = 1.0) -> Call:
        """The call for work on several jobs of one user (empty: the service user). ``share``: as
        for ``for_job``. Raises ``Unavailable`` when the bridge no longer acts for that user."""
        ...

    def submitted(self, ref: JobRef, owner: str) -> None:
        """Note a job that was submitted for this owner."""
        ...

    def squeue(self) -> Squeue:
        """The command that lists the jobs of all accounts."""
        ...

    def check_submission(self, call: Call) -> None:
        """Raise ``Unavailable`` when no job could be submitted. ``call``: the service user's."""
        ...

    def check_visibility(self, call: Call) -> None:
        """Raise ``Unavailable`` when Slurm hides the accounts' jobs from the service user.
        ``call``: the service user's."""
        ...

    def figures(self) -> Sequence[Figure]:
        """Figures about the accounts' connections, without the service user's."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


class ServiceAccount:
    """All jobs are the service user's."""

    def __init__(self, remote: Remote, settings: SlurmSettings, trial: Trial) -> None:
        self._remote, self._settings, self._trial = remote, settings, trial

    def for_owner(self, owner: str, ref: JobRef) -> Call:
        """See ``Accounts``."""
        if owner:
            raise Denied(f"This bridge does not act for users, so it submits nothing as {owner!r}.")
        return self._remote.call()

    def for_job(self, ref: JobRef, share: float = 1.0) -> Call:
        """See ``Accounts``."""
        return self._remote.call(share)

    def for_user(self, user: str, share: float = 1.0) -> Call:
        """See ``Accounts``."""
        return self._remote.call(share)

    def submitted(self, ref: JobRef, owner: str) -> None:
        """See ``Accounts``."""

    def squeue(self) -> Squeue:
        """See ``Accounts``."""
        return Squeue(self._settings.ssh_user, self._settings.state_dir)

    def check_submission(self, call: Call) -> None:
        """See ``Accounts``."""
        self._trial.check(call)

    def check_visibility(self, call: Call) -> None:
        """See ``Accounts``: Slurm always shows users their own jobs."""

    def figures(self) -> Sequence[Figure]:
        """See ``Accounts``."""
        return ()

    def close(self) -> None:
        """See ``Accounts``: the service user's connection is the connector's."""


class OwnerAccounts:
    """The connector works for each job as its owner, over a connection and in directories of the
    owner's own."""

    def __init__(
        self,
        remote: Remote,
        settings: SlurmSettings,
        users: Users,
        connections: UserConnections,
        snapshot: SharedSnapshot,
    ) -> None:
        """``remote``: the service user's."""
        self._remote, self._settings = remote, settings
        self._users, self._connections = users, connections
        self._owners = OwnerLookup(snapshot, settings.ssh_user)
        self._lock = threading.Lock()
        self._with_directories: set[str] = set()  # users whose directories have been checked
        self._unmapped: set[str] = set()  # owners who are no users any more, each logged once
        self._ever: frozenset[str] = frozenset()

    def for_owner(self, owner: str, ref: JobRef) -> Call:
        """See ``Accounts``. Raises ``Denied`` for an owner who is not mapped, even one with the
        name of the service user, and ``Unavailable`` when the owner has no directory of their own.
        """
        if owner:
            self._users.private_key(owner)
        return self._call_as(owner, self._remote.call(), ref)

    def for_job(self, ref: JobRef, share: float = 1.0) -> Call:
        """See ``Accounts``. Raises ``Unavailable`` when the owner is not known, or when the bridge
        no longer acts for them."""
        call = self._remote.call(share)
        owner = self._owners.find(ref, call)
        if owner != self._settings.ssh_user:
            self._check_is_user(owner, f"job {ref.native_id}")
        return self._call_as(owner, call, ref)

    def for_user(self, user: str, share: float = 1.0) -> Call:
        """See ``Accounts``."""
        if user not in ("", self._settings.ssh_user):
            self._check_is_user(user, "a job")
        return self._call_as(user, self._remote.call(share), NO_JOB)

    def submitted(self, ref: JobRef, owner: str) -> None:
        """See ``Accounts``."""
        self._owners.note(ref, owner or self._settings.ssh_user)
        self._owners_ever(owner)

    def squeue(self) -> Squeue:
        """See ``Accounts``. Includes former users, whose jobs may still be running."""
        service = self._settings.ssh_user
        return Squeue(service, self._settings.state_dir, self._owners_ever(service))

    def check_submission(self, call: Call) -> None:
        """See ``Accounts``: the service user submits nothing, and may not be allowed to. Each
        user's directories are checked before their first job."""

    def check_visibility(self, call: Call) -> None:
        """See ``Accounts``."""
        self._owners.check_visibility(call)

    def figures(self) -> Sequence[Figure]:
        """See ``Accounts``."""
        about = "Users' SSH connections that are open or about to be"
        return [Figure("dssr_ssh_user_connections", about, self._connections.open)]

    def close(self) -> None:
        """See ``Accounts``."""
        self._connections.close()

    def _owners_ever(self, owner: str) -> frozenset[str]:
        """All users of the mapping while this bridge has run, and this owner."""
        with self._lock:
            self._ever = self._ever.union(self._users.names(), (owner,))
            return self._ever

    def _check_is_user(self, owner: str, what: str) -> None:
        try:
            self._users.private_key(owner)
        except Denied as error:
            with self._lock:
                is_news, self._unmapped = owner not in self._unmapped, self._unmapped | {owner}
            if is_news:
                about = "%s belongs to %r, for whom the bridge cannot work: %s"
                log.warning(about, what, owner, error.message)
            raise Unavailable(
                f"{what.capitalize()} belongs to the local user {owner!r}, for whom the bridge "
                "cannot work any more, so nothing was done: put that user back into the mapping "
                f"of users, or end the job on the cluster. {error.message}",
                retry_after=60,
            ) from error

    def _call_as(self, owner: str, call: Call, ref: JobRef) -> Call:
        """The owner's call instead of the service user's."""
        if owner in ("", self._settings.ssh_user):
            return replace(call, user=self._settings.ssh_user)
        if not _USER.fullmatch(owner) or owner in _RESERVED:
            raise Denied(f"{owner!r} cannot be the name of a local user here.")
        own = Call(
            self._connections.transport(owner),
            call.deadline,
            owner,
            call.state_dir and f"{call.state_dir}{owner}/",
            call.scratch_dir and f"{call.scratch_dir}{owner}/",
            call.queries,
        )
        if (own.state_dir or own.scratch_dir) and owner not in self._with_directories:
            self._check_directories(own, ref)
        return own

    def _check_directories(self, call: Call, ref: JobRef) -> None:
        """Check once for each user that no other user can write to, or swap, their directories."""
        reply = call.run_program("check_directories", ref, call.state_dir, call.scratch_dir)
        if reply.verdict == "own":
            with self._lock:
                self._with_directories.add(call.user)
            return
        directory = reply.value(reply.verdict)
        wrong = _WRONG.get(reply.verdict, "").format(directory=directory, user=call.user)
        raise Unavailable(
            f"On the cluster {wrong} Nothing was submitted or changed. JARVICE_STATE_DIR and "
            "JARVICE_JOB_SCRATCH_DIR need a directory for each user that only that user can write "
            "to, or must let all users make theirs (mode 1777).",
            retry_after=60,
        )


_WRONG = {
    "missing": "{directory} does not exist, and {user} cannot make it: "
    "install -d -m 700 -o {user} {directory}.",
    "foreign": "{directory} does not belong to {user}: remove it, and "
    "install -d -m 700 -o {user} {directory}.",
    "writable": "{directory} can be written by others than {user}: chmod go-w {directory}.",
    "unguarded": "{directory} lets all users swap the directories of others: chmod +t {directory}.",
}
