"""Reads the output of several jobs with one command for each user whose jobs they are."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping

from connectors.slurm.shell.accounts import Accounts
from connectors.slurm.shell.records import JobRecords
from connectors.slurm.shell.remote import NO_JOB, Call
from connectors.slurm.shell.shared_snapshot import SharedSnapshot
from connectors.slurm.words.journal import Submission
from dssr.errors import Unavailable
from dssr.job import JobRef
from dssr.record import OutputPart


class Outputs:
    """The outputs of one connector's jobs. May be used from many threads."""

    def __init__(self, records: JobRecords, snapshot: SharedSnapshot) -> None:
        self._records, self._snapshot = records, snapshot
        self._ending: set[JobRef] = set()  # of those that were read last

    def read(
        self, accounts: Accounts, offsets: Mapping[JobRef, int], limit: int
    ) -> Mapping[JobRef, OutputPart]:
        """See ``dssr.seams.ReadsOutput``. When the script of a job has ended, the controller is
        asked once more, so that its end is known soon."""
        known = self._records.submissions(offsets)
        if len(known) < len(offsets):
            self._records.get(accounts)
            known = self._records.submissions(offsets)
        found = read_outputs(accounts, ((known[ref], offsets[ref]) for ref in known), limit)
        ending = {ref for ref, part in found.items() if part.is_ending}
        if ending - self._ending:
            self._snapshot.changed()
            self._records.changed()
        self._ending = ending
        return found


def read_outputs(
    accounts: Accounts, jobs: Iterable[tuple[Submission, int]], limit: int
) -> Mapping[JobRef, OutputPart]:
    """See ``dssr.seams.ReadsOutput``. ``jobs``: each with the place to begin at. Jobs of a user
    whose output cannot be read are left out, as long as another one's can."""
    by_owner: dict[str, dict[str, tuple[JobRef, int]]] = defaultdict(dict)
    for submission, offset in jobs:
        by_owner[submission.owner][submission.directory] = submission.ref, offset
    found: dict[JobRef, OutputPart] = {}
    troubles: list[Unavailable] = []
    for owner, asked in by_owner.items():
        try:
            found |= _of_one_user(accounts.for_user(owner), asked, limit)
        except Unavailable as error:  # the others' output can be read
            troubles.append(error)
    if troubles and not found:
        raise troubles[0]
    return found


def _of_one_user(
    call: Call, asked: Mapping[str, tuple[JobRef, int]], limit: int
) -> dict[JobRef, OutputPart]:
    mark = secrets.token_hex(16)
    words = [word for name, (_, offset) in asked.items() for word in (name, str(offset))]
    reply = call.run_program("outputs", NO_JOB, mark, str(limit), *words)
    found = {}
    for part in reply.rest.split(mark.encode())[:-1]:
        head, _, data = part.partition(b"\n")
        name, begin, size, ended = head.decode("utf-8", "replace").split(" ")
        is_complete = ended == "yes" and int(begin) + len(data) >= int(size)
        is_ending = ended == "soon"
        found[asked[name][0]] = OutputPart(data, int(begin), int(size), is_complete, is_ending)
    return found
