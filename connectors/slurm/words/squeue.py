"""squeue(1): the jobs of this bridge that the controller lists. Pure.

A job is recognised by the path of its batch script, which cannot be changed: users, plugins and the
job itself may change its name and its comment. The path is last in its row, because a user can
choose a part of it freely.
"""

import re
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from connectors.slurm.words.commands import words_of
from connectors.slurm.words.figures import megabytes
from connectors.slurm.words.journal import DIRECTORY, job_id
from connectors.slurm.words.states import (
    epoch_of,
    expected_start,
    listed_state,
    nodes_of,
    number_of,
    seconds_of,
    time_limit_of,
)
from dssr.errors import Unavailable
from dssr.job import NAME, JobRef, JobStatus, Resources
from dssr.seams import Completed

# %A id, %T state, %e end time, %M time used, %N nodes, %r reason, %u user, %V submission, %S start
# (of a job that waits: the expected one), %l time limit, %P partition, %a account, %q QOS, %D
# number of nodes, %C cores, %b GPUs per node, %m memory per node or per core, %o command.
_COLUMNS = "%A|%T|%e|%M|%N|%r|%u|%V|%S|%l|%P|%a|%q|%D|%C|%b|%m|%o"
# Older squeues print the batch script's arguments after it.
_BATCH = re.compile(rf"({DIRECTORY})/batch\.(\d{{1,18}})\.({NAME.pattern})(?: .*)?", re.DOTALL)
_DEFAULT_STATE = re.compile(r"(/\S+)?/\.jarvice/state/(?=jobs/)")  # in the home directory
_GPUS = re.compile(r"gres[:/]gpu(?:[:=][^,:=]*[A-Za-z][^,:=]*)?[:=](\d{1,9})")


@dataclass(frozen=True)
class Squeue:
    """All jobs of this bridge that the controller still lists, in all states.

    They are the jobs of ``user`` or, where ``owners`` is given, those of all these users. A batch
    script is below ``state_dir``, or in its default place in the user's home directory; that of
    an owner other than ``user`` is below a directory of the owner's name in ``state_dir``.
    """

    user: str
    state_dir: str = ""
    owners: Collection[str] | None = None
    mark: str = field(default_factory=lambda: secrets.token_hex(8))

    def argv(self) -> list[str]:
        """Times come as seconds since the epoch. All users' jobs are asked for where there are
        several owners, who may be more than a command line holds. Without --all, squeue leaves out
        jobs in hidden partitions, and in partitions that the user who asks may not use."""
        whose = ["-u", self.user] if self.owners is None else []
        columns = f"{self.mark}|{_COLUMNS}{self.mark}"
        return ["squeue", "-h", "-t", "all", *whose, "--all", "-o", columns]

    def parse(self, done: Completed) -> Mapping[str, JobStatus]:
        """Native id -> status, without the jobs that this bridge did not submit.

        Of several jobs with one batch script the first is the bridge's: a job can submit its own
        batch script again. Raises ``Unavailable`` with squeue's words when squeue failed: an answer
        without jobs is empty, and silence is not.
        """
        if done.returncode != 0:
            raise Unavailable(f"squeue failed on the cluster: {words_of(done)}")
        rows = done.stdout.decode("utf-8", "replace").split(self.mark)[1::2]
        found: dict[str, JobStatus] = {}
        for row in rows:
            path, status = self._row(row)
            if status and (path not in found or _id(status) < _id(found[path])):
                found[path] = status
        return {status.ref.native_id: status for status in found.values()}

    def _row(self, row: str) -> tuple[str, JobStatus | None]:
        columns = row.split("|", 18)
        if len(columns) < 19 or not columns[1].isdecimal():
            return "", None
        native_id, word, end, used, nodes, reason, user, submitted, start = columns[1:10]
        batch = self._batch(user, columns[18])
        if batch is None or (self.owners is not None and user not in self.owners):
            return "", None
        state = listed_state(word, end)
        is_queued = state.is_queued
        status = JobStatus(
            JobRef(batch[3], int(batch[2]), native_id),
            state,
            seconds_of(used),
            () if is_queued else nodes_of(nodes),
            reason,
            user if self.owners is not None else "",
            job_id(batch[1]),
            epoch_of(submitted),
            None if is_queued else epoch_of(start),
            epoch_of(end) if state.is_final else None,
            expected_start(start, epoch_of(submitted)) if is_queued else None,
            _resources(*columns[10:18]),
        )
        return user + batch[1], status

    def _batch(self, user: str, command: str) -> re.Match[str] | None:
        """The parts of a command that is a batch script in the user's state directory."""
        own = self.owners is None or user == self.user
        top = self.state_dir if own or not self.state_dir else f"{self.state_dir}{user}/"
        if not top and (default := _DEFAULT_STATE.match(command)):
            top = default[0]
        in_state = top and command.startswith(top)
        return _BATCH.fullmatch(command.removeprefix(top)) if in_state else None


def _id(status: JobStatus) -> int:
    return int(status.ref.native_id)


_NOTHING = ("(null)", "N/A")  # what squeue prints where there is no word


@lru_cache(maxsize=4096)  # most jobs ask for what others ask for, too
def _resources(
    limit: str, partition: str, account: str, qos: str, nodes: str, cores: str, gres: str, each: str
) -> Resources:
    count = number_of(nodes)
    memory = megabytes(each)
    # squeue does not say whether it is per node or per core; 0 is all that a node has.
    is_certain = count == number_of(cores)
    gpus = _GPUS.search(gres)
    return Resources(
        partition=partition,
        account="" if account in _NOTHING else account,
        qos="" if qos in _NOTHING else qos,
        nodes=count,
        cores=number_of(cores),
        memory_mb=round(memory * count) if memory and count and is_certain else None,
        memory_each=round(memory) if memory and not is_certain else None,
        gpus=int(gpus[1]) * count if gpus and count else None,
        walltime=time_limit_of(limit),
    )
