"""What is asked of Slurm about one job in order to explain its state. Pure.

First the job, with the partitions or the accounting, then what their answers point at.

Every command is one that an ordinary user may run, and every one prints times as seconds since the
epoch (``SLURM_TIME_FORMAT``, squeue(1), in Slurm 22.05 and later), so that no time zone matters.
"""

import re
from collections.abc import Mapping

from connectors.slurm.words.fields import fields
from connectors.slurm.words.limits import limit_of
from connectors.slurm.words.reasons import head_of
from connectors.slurm.words.states import state_of
from dssr.job import JobState

SACCT_FIELDS = (
    "JobIDRaw,State,ExitCode,DerivedExitCode,ElapsedRaw,TimelimitRaw,Start,End,ReqMem,MaxRSS,"
    "NodeList,Reason"
)
_EPOCH = ("env", "SLURM_TIME_FORMAT=%s")
_WAITS_FOR_NODES = frozenset({
    "Resources", "Priority", "ReqNodeNotAvail", "PartitionNodeLimit", "NodeDown", "Nodes",
    "MaxPoweredUpNodes", "Reservation", "PartitionDown", "PartitionInactive",
})  # fmt: skip
_RESERVED = ("Reservation", "ReservationDeleted", "ReservationInvalid")


def job_question(native_id: str) -> list[str]:
    """The first question. ``-dd`` adds the nodes' parts and the derived exit code."""
    return [*_EPOCH, "scontrol", "show", "job", "-dd", native_id]


def accounting_question(native_id: str) -> list[str]:
    """For a job that has ended: its steps too, because they carry the memory that was used."""
    return [*_EPOCH, "sacct", "-n", "-P", "-D", "-j", native_id, "-o", SACCT_FIELDS]


def first_questions(native_id: str, has_ended: bool) -> dict[str, list[str]]:
    """Section of ``Findings`` -> command. The controller sends all partitions even where one is
    asked for, so that the job's need not be known yet."""
    job = {"job": job_question(native_id)}
    if has_ended:
        return job | {"accounting": accounting_question(native_id)}
    return job | {"partition": [*_EPOCH, "scontrol", "-a", "show", "partition"]}


def partition_of(job: Mapping[str, str], shown: str) -> Mapping[str, str]:
    """The fields of the job's partition, the first where it names several, among all partitions;
    empty where it is not shown."""
    name = job.get("Partition", "").split(",")[0]
    for block in re.split(r"^(?=PartitionName=)", shown, flags=re.MULTILINE):
        found = fields(block)
        if name and found.get("PartitionName") == name:
            return found
    return {}


def more_questions(job: Mapping[str, str], partition: Mapping[str, str]) -> dict[str, list[str]]:
    """Section of ``Findings`` -> command, for what the fields of ``scontrol show job`` and
    ``scontrol show partition`` point at; at most six.

    Empty for most jobs that run or have ended: nothing else can explain them.
    """
    state = state_of(job.get("JobState", ""))
    if state in (JobState.NODE_FAIL, JobState.BOOT_FAIL):
        return _node_question(job, job.get("FailedNode") or job.get("NodeList", ""))
    if state is JobState.PREEMPTED:
        return _successor_question(job)
    if not state.is_queued:
        return {}
    head = head_of(job.get("Reason", ""))
    asked = _dependency_question(job.get("Dependency", ""))
    if head in ("Resources", "Priority") and job.get("Partition"):
        asked["free"] = ["sinfo", "-h", "-p", job["Partition"], "-o", "%C|%F"]
        if "gres/gpu" in job.get("ReqTRES", job.get("TRES", "")):
            columns = "Nodes:8,StateLong:24,Gres:120,GresUsed:120"
            asked["gpus"] = ["sinfo", "-h", "-p", job["Partition"], "-O", columns]
    if head == "Priority" and job.get("Partition"):
        waiting = ["squeue", "-h", "-a", "-t", "PENDING", "-p", job["Partition"]]
        asked["queue"] = [*waiting, "-o", "%A|%Q"]
    if head in _WAITS_FOR_NODES:
        asked |= _node_question(job, _named_nodes(job))
    if limit_of(head):
        asked["limits"] = _limits_question(job, partition)
    if head == "Licenses":
        asked["licenses"] = [*_EPOCH, "scontrol", "show", "licenses"]
    if head in _RESERVED or "eserved" in job.get("Reason", ""):
        asked["reservations"] = [*_EPOCH, "scontrol", "show", "reservation"]
    return asked


def _dependency_question(dependency: str) -> dict[str, list[str]]:
    others = [match[0] for match in re.finditer(r"(?<=:)\d+(?=[_(+*])", dependency)]
    if not others:
        return {}
    ids = ",".join(dict.fromkeys(others[:100]))
    return {"others": ["squeue", "-h", "-a", "-t", "all", "-j", ids, "-o", "%A|%T|%r"]}


def _named_nodes(job: Mapping[str, str]) -> str:
    match = re.search(r"UnavailableNodes:(\S+)", job.get("Reason", ""))
    return match[1] if match else job.get("ReqNodeList", "")


def _node_question(job: Mapping[str, str], nodes: str) -> dict[str, list[str]]:
    """sinfo(1): %N node, %T state, %u and %H who set its reason and when, %E the reason, last
    because it is free text. Without names: the nodes of the partition that are away (``-R``)."""
    partition = ["-p", job["Partition"]] if job.get("Partition") else []
    which = ["-n", nodes] if nodes else ["-R"]
    asked = [*_EPOCH, "sinfo", "-h", "-N", *partition, *which, "-o", "%N|%T|%u|%H|%E"]
    return {"nodes": asked} if nodes or partition else {}


def _successor_question(job: Mapping[str, str]) -> dict[str, list[str]]:
    """Which jobs are on the nodes that this one had to leave: Slurm does not record whom it made
    room for. %S is when each has started."""
    nodes = job.get("NodeList", "")
    columns = "%A|%S|%P|%q|%u"
    words = [*_EPOCH, "squeue", "-h", "-a", "-t", "all", "-w", nodes, "-o", columns]
    return {"successors": words} if nodes else {}


def _limits_question(job: Mapping[str, str], partition: Mapping[str, str]) -> list[str]:
    """The controller's own limits, each with what is used of it: those of the user, of their
    account and of the QOS of the job and of its partition."""
    qos = [name for name in (job.get("QOS"), partition.get("QoS")) if name]
    of = [f"users={job.get('UserId', '').partition('(')[0]}", f"accounts={job.get('Account', '')}"]
    words = [*_EPOCH, "scontrol", "show", "assoc_mgr", *of]
    return [*words, *([f"qos={','.join(qos)}"] if qos else []), "flags=assoc,qos"]
