"""What the explanations of the recorded situations contain, for the tests of ``words.why``."""

# Situation -> what the explanation contains: of the summary, of what is known, of what to do.
WAITING = {
    "Resources": (
        "not free yet",
        "It asks for 2 nodes, 2 cores, 750 MB of memory for 30 min",
        "Wait",
    ),
    "Priority": ("higher priority", "0 of 16 cores, 0 of 2 nodes are idle", "shorter time limit"),
    "hostile": ("(Priority)", "It asks for 1 node, 1 core", "Wait"),
    "Dependency": (
        "depends on another job",
        "with exit code 0; that job is RUNNING.",
        "Dependency=",
    ),
    "DependencyNeverSatisfied": ("never starts", "job is FAILED. That can no longer", "Cancel it"),
    "JobHeldUser": ("is held (JobHeldUser): its user", "It asks for 1 node", "Release"),
    "JobHeldAdmin": (
        "is held (JobHeldAdmin): an operator",
        "It asks for 1 node",
        "Ask the operator",
    ),
    "BeginTime": ("start time (--begin)", "It may start from 20", "StartTime=now"),
    "PartitionTimeLimit": (
        "longer than its partition",
        "MaxTime is 30 min; its time limit is 1 h.",
        "--time",
    ),
    "PartitionNodeLimit": (
        "nodes than its partition",
        "allows 1 to 1 nodes for a job",
        "partition",
    ),
    "QOSNotAllowed": ("QOS may not be used in the job's partition", "QOS normal", "another"),
    "PartitionDown": ("DOWN", "Partition closed: State is DOWN", "another one"),
    "PartitionInactive": ("INACTIVE", "Partition closed: State is INACTIVE", "another one"),
    "ReqNodeNotAvail": ("not available", "by root: fan broken, call bob|ext 12.", "--nodelist"),
    "nodes_drained": ("are down, drained", "Node node2 is drained since 20", "repaired"),
    "reserved_for_maintenance": (
        "reserved for maintenance",
        "Reservation service (for maintenance) holds the nodes node[1-2] from 20",
        "before the maintenance",
    ),
    "Reservation": (
        "reservation to begin",
        "Reservation course holds the nodes node1 from 20",
        "Wait",
    ),
    "Licenses": (
        "in use",
        "Licence abaqus: the job asks for 2; 1 of 4 are free, 3 are in use.",
        "Wait",
    ),
    "JobArrayTaskLimit": ("its own limit", "At most 1 of its tasks run at a time.", "Throttle"),
    "AssocMaxJobsLimit": (
        "how many of one user's jobs",
        "the limit for jobs is 1; 1 in use.",
        "Wait",
    ),
    "AssocGrpCpuLimit": ("limits the cores", "the limit for cores is 2; 2 in use.", "sacctmgr"),
    "QOSMaxJobsPerUserLimit": (
        "the QOS limits how many",
        "user alice: the limit for jobs is 1",
        "Wait",
    ),
    "QOSMaxWallDurationPerJobLimit": ("time limit is longer", "is 5 min.", "--time"),
    "requeued_held": ("is held", "An earlier run on node1 ended after", "Release"),
    "requeued_after_node_fail": ("put back into the queue", "NODE_FAIL.", "Wait"),
}
RUNNING = {
    "running": ("is running since 20", "of its time limit of 30 min are left.", ""),
    "SUSPENDED": ("is suspended: it keeps its nodes", "It was suspended at 20", "operator"),
}
ENDED = {
    "DEADLINE": ("before its deadline", "Its deadline was 20", "--deadline"),
    "COMPLETED": ("completed after", "It ran on node", ""),
    "TIMEOUT": (
        "reached its time limit of 1 min.",
        "its time limit was 1 min.",
        "longer time limit",
    ),
    "OUT_OF_MEMORY": ("used more memory", "It asked for 60 MB of memory.", "--mem"),
    "NODE_FAIL": ("its node node2 failed", "Node node2 is down and does not respond", "--exclude"),
    "PREEMPTED": (
        "(preempted)",
        "(user alice, partition urgent, QOS normal) started on its nodes",
        "--requeue",
    ),
    "cancelled_by_user": ("by its own user alice after", "It ran on node", "Submit it again"),
    "cancelled_by_root": ("by an operator of the cluster (root) after", "It ran on", "Submit"),
    "cancelled_before_its_start": ("(root) before it started.", "", "Submit it again"),
    "exit_3": ("exit code 3", "It ran on node", "end of its output"),
    "exit_126": ("may not be read, written or executed", "Exit code 126", "chmod"),
    "exit_127": (
        "command no-such-program was not found",
        "slurm_script: 2: no-such-program",
        "PATH",
    ),
    "signal_11": ("signal 11 (SIGSEGV)", "It ran on node", "debugger"),
    "child_segfault": ("not its own (segmentation fault)", "Exit code 139 is 128 + 11", "debugger"),
    "step_killed": ("killed from outside", "Signal 9 (SIGKILL)", "--mem"),
    "step_unknown_program": ("srun did not find", "srun: error: node", "PATH"),
    "missing_library": ("libslurmmiss.so", "Exit code 127", "LD_LIBRARY_PATH"),
    "crlf": ("failed after", "crlf.sh: ", "CRLF|dos2unix"),
    "no_space": ("file system is full", "Its output shows: head: error writing", "Free space"),
    "perl_dies": ("exit code 255", "The last line of its output: no convergence", "output"),
}
EXPECTED = {**WAITING, **RUNNING, **ENDED}
