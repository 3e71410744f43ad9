"""A real Slurm cluster on this machine, for the tests and to try things by hand.

Its hosts are namespaces of this kernel with one shared root file system: ``login`` (sshd,
slurmctld, slurmdbd, mariadbd, slurmrestd), ``login2`` (sshd and Slurm's commands), ``node1``,
``node2`` (8 CPUs, 3000 MB, 2 GPUs each), ``jump`` (only sshd) and ``registry``. It needs root and
Linux. A root file system is built once (a minute or two) and kept in ``$DSSR_CLUSTER_CACHE``,
default ``~/.cache/dssr-cluster``.

By hand::

    eval "$(python -m tests.cluster up)"   # boots one that stays, exports the bridge's settings
    python -m tests.cluster shell node1
    python -m tests.cluster status
    python -m tests.cluster down

In tests, the fixtures of ``tests.cluster.fixtures``, or::

    cluster = Cluster.up(generation="24.11", options=Options(chatty_shell=True))

    address, port, user                          what a client needs to connect
    private_key, host_key                        and to log in
    address_of(host), host_key_of(host)          the same for the other hosts
    settings()                                   the bridge's environment
    run(host, argv, user=, input=, timeout=)     runs a command on a host
    argv(host, argv, user=)                      the same as words for a Popen
    path("/home/jarvice/x")                      a shared file as this machine sees it
    stop / start / pause / resume(host, daemon)  real signals to real daemons
    link(host, up)                               the network cable: out, packets are lost silently
    processes(host)                              what ps shows there
    wait_idle(timeout)                           no job left, all nodes idle
    has_apptainer, image                         a container image; 22.05 has no Apptainer
    registry                                     a registry to pull docker:// images from
    detach()                                     lets it outlive this process
    down()                                       leaves nothing

Errors are :class:`ClusterError`, one sentence each, and :class:`ImpossibleHere` when this machine
cannot run a cluster.
"""

from tests.cluster.cluster import Cluster
from tests.cluster.errors import ClusterError, ImpossibleHere
from tests.cluster.generations import DEFAULT_GENERATION, GENERATIONS
from tests.cluster.options import Options

__all__ = [
    "DEFAULT_GENERATION",
    "GENERATIONS",
    "Cluster",
    "ClusterError",
    "ImpossibleHere",
    "Options",
]
