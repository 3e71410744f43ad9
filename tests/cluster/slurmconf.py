"""The cluster's configuration files, as text. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tests.cluster.generations import Generation
from tests.cluster.layout import LOGIN, NODES, PLACES, Network
from tests.cluster.options import Options

NODE_CPUS = 8
NODE_MEMORY_MB = 3000
NODE_GPUS = 2
GPU_FILES = (
    "/dev/gpu[0-1]"  # slurmd leaves out GPUs that have no file; it only looks whether there is one
)
LICENSES = "abaqus:4"


@dataclass(frozen=True)
class File:
    """What a file of the cluster holds, and who may read it."""

    text: str | bytes
    mode: int = 0o644
    owner: str = "root"


def configuration(
    generation: Generation, options: Options, network: Network, *, memory_cgroups: bool
) -> dict[str, File]:
    """The files that make the daemons what they are: path -> content."""
    files = {
        "/etc/hosts": File(_hosts(network)),
        "/etc/slurm/slurm.conf": File(_slurm_conf(options, network, memory_cgroups)),
        "/etc/slurm/gres.conf": File(f"NodeName=node[1-2] Name=gpu File={GPU_FILES}\n"),
        "/etc/ssh/sshd_config": File(_sshd_config(generation, options)),
    }
    if memory_cgroups:
        files["/etc/slurm/cgroup.conf"] = File("CgroupPlugin=cgroup/v1\nConstrainRAMSpace=yes\n")
    elif generation.name != "22.05":
        files["/etc/slurm/cgroup.conf"] = File("CgroupPlugin=disabled\n")
    if options.accounting:
        files["/etc/slurm/slurmdbd.conf"] = File(_slurmdbd_conf(options), mode=0o600, owner="slurm")
    return files


def _hosts(network: Network) -> str:
    lines = [f"{network.address(place.octet)} {place.name}" for place in PLACES]
    return "\n".join(["127.0.0.1 localhost", *lines, ""])


def _slurm_conf(options: Options, network: Network, memory_cgroups: bool) -> str:
    nodes = "\n".join(
        f"NodeName={node.name} NodeAddr={network.address(node.octet)} CPUs={NODE_CPUS} Boards=1 "
        f"SocketsPerBoard=1 "
        f"CoresPerSocket={NODE_CPUS} ThreadsPerCore=1 RealMemory={NODE_MEMORY_MB} "
        f"Gres=gpu:{NODE_GPUS} State=UNKNOWN"
        for node in NODES
    )
    daemons = _DAEMONS.format(address=network.address(LOGIN.octet))
    blocks = [daemons, _RESOURCES, _memory(memory_cgroups), nodes, _partitions(options)]
    return "\n".join([*blocks, *_accounting(options), *_policy(options), ""])


def _memory(memory_cgroups: bool) -> str:
    # Only task/cgroup reports OUT_OF_MEMORY. Without it Slurm measures the memory itself, and a job
    # over its limit has FAILED by signal 9.
    return (
        "TaskPlugin=task/cgroup"
        if memory_cgroups
        else "TaskPlugin=task/none\nJobAcctGatherParams=OverMemoryKill"
    )


def _partitions(options: Options) -> str:
    lines = ["PartitionName=batch Nodes=ALL Default=YES MaxTime=INFINITE State=UP"]
    lines.append("PartitionName=short Nodes=ALL MaxTime=10 State=UP")
    if options.job_submit:
        lines.append("PartitionName=forbidden Nodes=ALL State=UP")
    return "\n".join(lines)


def _accounting(options: Options) -> list[str]:
    if not options.accounting:
        return ["AccountingStorageType=accounting_storage/none"]
    lines = [
        "AccountingStorageType=accounting_storage/slurmdbd",
        "AccountingStorageHost=login",
        "AccountingStorageEnforce=associations,limits",
        "AccountingStorageTRES=gres/gpu",
    ]
    if options.keep_scripts:
        lines.append("AccountingStoreFlags=job_script,job_env")
    return lines


def _policy(options: Options) -> list[str]:
    lines = [
        f"MinJobAge={options.min_job_age}",
        f"Licenses={LICENSES}{',frozen:1' if options.job_submit else ''}",
    ]
    if options.job_submit:
        lines.append("JobSubmitPlugins=lua")
    if options.private_data:
        lines.append("PrivateData=jobs")
    return lines


def _slurmdbd_conf(options: Options) -> str:
    return f"""\
AuthType=auth/munge
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=/etc/slurm/jwt.key
DbdHost=login
SlurmUser=slurm
StorageType=accounting_storage/mysql
StorageHost=localhost
StorageUser=slurm
StorageLoc=slurm_acct_db
LogFile=/var/log/slurm/slurmdbd.log
PidFile=/run/slurm/slurmdbd.pid
{"PrivateData=jobs" if options.private_data else ""}
"""


def _sshd_config(generation: Generation, options: Options) -> str:
    # OpenSSH 9.8 and later shut out an address that failed to log in; one refused test would shut
    # out all the others.
    penalties = "" if generation.name == "22.05" else "PerSourcePenalties no"
    return f"""\
Port 22
UsePAM no
UseDNS no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
PidFile /run/sshd.pid
MaxSessions {options.max_sessions}
MaxStartups {options.max_startups}
{penalties}
Subsystem sftp internal-sftp
"""


# SlurmdTimeout: one round of pings takes 13 s when a node is silent. With 10 s slurmctld 24.11 now
# and then set down, with that node, one that had answered in the round that was just ending.
_DAEMONS = """\
ClusterName=dssr
SlurmctldHost=login({address})
SlurmUser=slurm
AuthType=auth/munge
AuthAltTypes=auth/jwt
AuthAltParameters=jwt_key=/etc/slurm/jwt.key
StateSaveLocation=/var/spool/slurmctld
SlurmdSpoolDir=/var/spool/slurmd
SlurmctldPidFile=/run/slurm/slurmctld.pid
SlurmdPidFile=/run/slurm/slurmd.pid
SlurmctldLogFile=/var/log/slurm/slurmctld.log
SlurmdLogFile=/var/log/slurm/slurmd.log
SlurmdTimeout=30
KillWait=2
ReturnToService=2
MpiDefault=none
"""

# Without systemd; nodes may claim more than this machine has (config_overrides).
_RESOURCES = f"""\
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU={NODE_MEMORY_MB // NODE_CPUS}
GresTypes=gpu
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
"""
