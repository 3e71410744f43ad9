"""Slurm's reason words that are not about limits of an account or a QOS. Pure."""

_OPERATOR = "Report it to the operator: the cause is in the cluster, not in the job."
_OTHER_ACCOUNT = "Submit it again with another account (--account), QOS (--qos) or partition."
_END_OR_LESS = "Wait until other jobs end, or ask for less."

# What keeps a job waiting: word -> (sentence, cure).
_QUEUE = {
    "None": (
        "Slurm gives no reason: the scheduler has not looked at the job yet, or is about to start "
        "it.",
        "Wait for the scheduler's next pass, usually less than a minute.",
    ),
    "Priority": (
        "Jobs with a higher priority are ahead of it in the queue.",
        "Wait. A shorter time limit or fewer nodes let a job start in a gap (backfill).",
    ),
    "Resources": (
        "The job is next in the queue, and what it asks for is not free yet.",
        "Wait until running jobs end. A job that asks for less starts earlier.",
    ),
    "Dependency": (
        "It depends on another job (--dependency).",
        "Wait for that job; scontrol update JobId=... Dependency= takes the dependency away.",
    ),
    "DependencyNeverSatisfied": (
        "It depends on another job that did not end as the dependency asks, so it never starts.",
        "Cancel it and submit it again, or take the dependency away "
        "(scontrol update JobId=... Dependency=).",
    ),
    "JobHeldUser": (
        "Its user, or a coordinator of its account, holds it.",
        "Release the job; until then Slurm does not start it.",
    ),
    "JobHeldAdmin": (
        "An operator of the cluster holds it, or Slurm itself after a failure.",
        "Ask the operator why; a user cannot release it.",
    ),
    "BeginTime": (
        "The job's start time (--begin) is in the future, or Slurm delays it shortly after it was "
        "put back "
        "into the queue.",
        "Wait, or change it with scontrol update JobId=... StartTime=now.",
    ),
    "Licenses": (
        "Licences that it asks for are in use.",
        "Wait until jobs that hold them end, or ask for fewer (--licenses).",
    ),
    "JobArrayTaskLimit": (
        "As many tasks of the job array run as its own limit (%) allows.",
        "Wait, or raise the limit with scontrol update JobId=... ArrayTaskThrottle=N.",
    ),
    "JobHoldMaxRequeue": (
        "The job was put back into the queue more often than the site allows (max_batch_requeue), "
        "so Slurm "
        "holds it.",
        "Find out why it does not start on its nodes, with the operator, then release it.",
    ),
    "Cleaning": (
        "The job was put back into the queue, and its previous run is still being cleaned up.",
        "Wait; if it lasts for more than a few minutes, report it to the operator.",
    ),
    "Prolog": (
        "The site's prolog program is still running for it.",
        "Wait; if it lasts for more than a few minutes, report it to the operator.",
    ),
    "FedJobLock": (
        "The job waits for the clusters of the federation to agree on which of them runs it.",
        "Wait; if it lasts for more than a few minutes, report it to the operator.",
    ),
    "SchedDefer": (
        "The job asks to start at once, and the site defers each start to the scheduler's next "
        "pass.",
        "Submit it again without --immediate.",
    ),
    "MpiPortsBusy": (
        "The network ports that Slurm reserves for MPI are in use on its nodes.",
        _END_OR_LESS,
    ),
    "NvidiaImexChannels": (
        "All NVIDIA IMEX channels that its nodes could give it are in use.",
        _END_OR_LESS,
    ),
    "MaxPoweredUpNodes": (
        "As many nodes are powered up as the site allows (MaxPoweredUpNodes).",
        _END_OR_LESS,
    ),
    "PowerNotAvail": ("The cluster's power limit leaves no room for it.", _END_OR_LESS),
    "PowerReserved": ("The power that it needs is reserved for other jobs.", _END_OR_LESS),
    "BurstBufferResources": ("The burst buffer does not have enough free space.", _END_OR_LESS),
    "BurstBufferStageIn": (
        "The job's data are being copied into the burst buffer.",
        "Wait until the copy is complete.",
    ),
    "BurstBufferOperation": (
        "An operation of the burst buffer failed for it.",
        "Check its burst buffer lines (#BB, #DW), or report it to the operator.",
    ),
}
_NODES = {
    "PartitionNodeLimit": (
        "The job asks for more (or fewer) nodes than its partition allows, or more than are in "
        "service.",
        "Submit it again with a number of nodes that the partition allows, or in another "
        "partition.",
    ),
    "PartitionTimeLimit": (
        "The job's time limit is longer than its partition allows.",
        "Submit it again with a shorter time limit (--time), or in another partition.",
    ),
    "PartitionDown": (
        "The job's partition is DOWN: it takes jobs and starts none.",
        "Wait until the operator opens the partition, or submit in another one.",
    ),
    "PartitionInactive": (
        "The job's partition is INACTIVE: it takes no jobs and starts none.",
        "Wait until the operator opens the partition, or submit in another one.",
    ),
    "PartitionConfig": (
        "The job does not fit a rule of its partition.",
        "Compare what it asks for with scontrol show partition, or submit in another partition.",
    ),
    "ReqNodeNotAvail": (
        "A node that it needs is not available: in use, reserved, down, drained or not responding.",
        "Do without naming nodes (--nodelist), or wait until the node is available.",
    ),
    "NodeDown": (
        "A node that it needs, or that it ran on, is down.",
        "Submit it again without that node (--exclude); the operator has to repair it.",
    ),
    "FrontEndDown": ("No front end node is available for it.", _OPERATOR),
    "BadConstraints": (
        "No node can ever give it what it asks for.",
        "Compare its --constraint, --gres, --mem and --ntasks-per-node with scontrol show node, "
        "and "
        "submit it again.",
    ),
    "Constraints": (
        "No node can give it at present what its --constraint asks for.",
        "Wait until such nodes are in service, or ask for other features.",
    ),
    "Reservation": (
        "The job waits for its reservation to begin.",
        "Wait until then, or submit it without --reservation.",
    ),
    "ReservationDeleted": (
        "The reservation that it asks for was deleted.",
        "Submit it again without --reservation, or with another one.",
    ),
    "ReservationInvalid": (
        "The reservation that it asks for cannot be used by it.",
        "Submit it again without --reservation, or ask the operator who may use it.",
    ),
    "MaxMemPerLimit": (
        "The job asks for more memory per core or per node than its partition allows.",
        "Ask for less memory (--mem, --mem-per-cpu), or for more nodes with less memory each.",
    ),
    "BlockMaxError": ("Too many errors occurred in its block of nodes (BlueGene).", _OPERATOR),
    "BlockFreeAction": ("The job's block of nodes is being freed (BlueGene).", _OPERATOR),
}
_ACCOUNTS = {
    "InvalidAccount": ("The job's account is not valid.", _OTHER_ACCOUNT),
    "InvalidQOS": ("The job's QOS is not valid.", _OTHER_ACCOUNT),
    "AccountNotAllowed": ("The job's account may not use its partition.", _OTHER_ACCOUNT),
    "QOSNotAllowed": ("The job's account or its partition may not use its QOS.", _OTHER_ACCOUNT),
    "QOSUsageThreshold": (
        "The job's account has used so much that its share is below what the QOS requires.",
        "Wait until the recorded usage decays, or submit it with another QOS.",
    ),
    "AccountingPolicy": (
        "The job does not fit a limit of its account or QOS; Slurm does not say which.",
        "Compare what it asks for with scontrol show assoc_mgr flags=assoc,qos, or ask the "
        "operator.",
    ),
    "AssociationJobLimit": ("The job's account has as many jobs as it may have.", _END_OR_LESS),
    "AssociationResourceLimit": ("The job's account uses as much as it may use.", _END_OR_LESS),
    "AssociationTimeLimit": (
        "The job's account has used up its time.",
        "Wait until the recorded usage decays, or ask the operator for more.",
    ),
    "QOSJobLimit": ("The job's QOS has as many jobs as it may have.", _END_OR_LESS),
    "QOSResourceLimit": ("The jobs of its QOS use as much as they may use.", _END_OR_LESS),
    "QOSTimeLimit": (
        "The job's QOS has used up its time.",
        "Wait until the recorded usage decays, or ask the operator for more.",
    ),
}
# What ended a job.
_ENDED = {
    "TimeLimit": (
        "The job reached its time limit.",
        "Ask for a longer time limit (--time), or let the job save its state and go on from there.",
    ),
    "OutOfMemory": (
        "The job used more memory than it asked for.",
        "Ask for more memory (--mem), or let the job use less.",
    ),
    "NonZeroExitCode": (
        "The job ended with an exit code other than 0.",
        "Look at the end of its output.",
    ),
    "RaisedSignal": ("A signal ended it.", "Look at the end of its output."),
    "JobLaunchFailure": (
        "The job could not be started, or a signal ended its batch script at once (Slurm 22.05 "
        "says the "
        "same for both).",
        "Look at its output and at its working directory; if both are fine, report it to the "
        "operator.",
    ),
    "SystemFailure": ("Slurm, a file system or the network failed.", _OPERATOR),
    "InactiveLimit": (
        "The job did nothing for longer than the site allows (InactiveLimit).",
        "Run the job's work inside job steps (srun), or ask the operator.",
    ),
    "DeadLine": (
        "The job can no longer end before its deadline (--deadline), so Slurm removed it.",
        "Submit it again with a later deadline or a shorter time limit.",
    ),
}

HOLDING = frozenset({"JobHeldUser", "JobHeldAdmin", "JobHoldMaxRequeue", "ReservationDeleted"})
WORDS = {**_QUEUE, **_NODES, **_ACCOUNTS, **_ENDED}
