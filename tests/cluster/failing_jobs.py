"""Scripts of jobs that fail in every way that can be caused, for ``record_why``."""

from __future__ import annotations

from tests.cluster.cluster import Cluster
from tests.cluster.record import EAT


def failing_jobs(cluster: Cluster) -> dict[str, str]:
    """Situation -> what the job's script does."""
    full = "mount -t tmpfs -o size=64k,mode=777 tmpfs /media"
    for node in ("node1", "node2"):
        cluster.run(node, ["sh", "-c", full])
    bodies = {
        "COMPLETED": "true",
        "exit_3": "exit 3",
        "exit_127": "no-such-program --fast",
        "exit_126": "/etc/passwd",
        "signal_11": "kill -SEGV $$",
        "child_segfault": "bash -c 'sh -c \"kill -SEGV \\$\\$\"; exit 139'",
        "step_killed": "srun sh -c 'kill -KILL $$'",
        "step_unknown_program": "srun no-such-program",
        "OUT_OF_MEMORY": EAT,
        "missing_library": "sed s/libslurmfull/libslurmmiss/ $(readlink -f /usr/bin/squeue) >lost\n"
        "chmod +x lost\n./lost",
        "crlf": "printf '#!/bin/bash\\r\\ntrue\\r\\n' >crlf.sh\nchmod +x crlf.sh\nexec bash -c "
        "./crlf.sh",
        "no_space": "exec head -c 1000000 /dev/zero >/media/data.$SLURM_JOB_ID",
        "perl_dies": "perl -e 'die qq(no convergence)'",
    }
    if cluster.has_apptainer:
        registry = cluster.registry
        pull = "export APPTAINER_NOHTTPS=1; apptainer exec docker://"
        bodies["image_missing"] = "apptainer exec /images/none.sif true"
        bodies["image_unauthorized"] = f"{pull}{registry.image} true"
        bodies["image_no_host"] = f"{pull}127.0.0.1:9/none:latest true"
    return bodies
